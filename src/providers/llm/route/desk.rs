//! What people may ask the router: how a provider stands, how far a tenant's day is, whether a server answers at all.

use super::breaker::Admission;
use super::plan::Owner;
use super::{CHECK, PATIENCE, Router, SetBy};
use crate::domain::ids::{ConversationId, InboxId, ModelProviderId, TenantId};
use crate::domain::language::Language;
use crate::ports::clock::Clock;
use crate::ports::llm::{ChatMessage, ChatRequest, Drafts, LlmError, Origin, Purpose};
use crate::ports::models::{DayReport, ModelDesk, ModelServer, Standing};
use crate::ports::store::StoreError;
use async_trait::async_trait;
use uuid::Uuid;

#[async_trait]
impl ModelDesk for Router {
    fn standing(&self, tenant: TenantId, provider: ModelProviderId, revision: i64) -> Standing {
        let now = self.clock.moment();
        let (admission, reason) = self.breakers.look(Owner::Tenant(tenant, provider, revision), now);
        match admission {
            Admission::Open => Standing::Well,
            Admission::Trial | Admission::Trying => Standing::Trying,
            Admission::Resting(until) => Standing::Resting { until: self.clock.now().after(until.0.saturating_sub(now.0)), reason },
        }
    }

    async fn day(&self, tenant: TenantId) -> Result<Option<DayReport>, StoreError> {
        match self.models.of_tenant(tenant).await? {
            Some(models) => self.ledger.today(self.models.as_ref(), &models, self.clock.now(), self.clock.moment()).await.map(Some),
            None => Ok(None),
        }
    }

    fn has_platform(&self) -> bool {
        self.platform.is_some()
    }

    async fn check(&self, tenant: TenantId, server: &ModelServer) -> Result<(), LlmError> {
        let partner = self.connect.connect(server, SetBy::Tenant)?;
        let place = tokio::select! {
            place = self.tenants.enter(tenant, self.limits.tenant_parallel) => place,
            () = self.clock.sleep_until(self.clock.moment().after(PATIENCE)) => None,
        };
        if place.is_none() {
            return Err(LlmError::Deadline);
        }
        self.within(CHECK, partner.complete(a_word(tenant, self.clock.as_ref()))).await.map(drop)
    }
}

/// The smallest request that a model can answer.
fn a_word(tenant: TenantId, clock: &dyn Clock) -> ChatRequest {
    let nobody = Uuid::nil();
    ChatRequest {
        origin: Origin { tenant, inbox: InboxId(nobody), conversation: ConversationId(nobody) },
        purpose: Purpose::SideJob,
        language: Language::En,
        business: String::new(),
        first_answer: false,
        disclose: false,
        messages: vec![ChatMessage::User { text: "Answer with the word: ok".to_owned(), at: clock.now() }],
        tools: Vec::new(),
        format: None,
        deadline: CHECK,
        drafts: Drafts::none(),
    }
}
