//! Asks a server for a word, to tell whoever set it up what is wrong. Nothing is remembered: no breaker, no budget, no metric.

use crate::domain::ids::{ConversationId, InboxId, TenantId};
use crate::domain::language::Language;
use crate::ports::clock::Clock;
use crate::ports::llm::{ChatMessage, ChatRequest, Drafts, LlmError, Origin, Purpose};
use crate::ports::models::ModelServer;
use crate::providers::llm::route::{PATIENCE, Router, SetBy};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Most time for it.
const CHECK: Duration = Duration::from_secs(15);

impl Router {
    /// Asks for the word as often as a tenant may ask.
    pub(super) async fn ask_for_a_word(&self, tenant: TenantId, server: &ModelServer, set_by: SetBy) -> Result<(), LlmError> {
        let partner = self.connect.connect(server, set_by)?;
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
        messages: Arc::new(vec![ChatMessage::User { text: "Answer with the word: ok".to_owned(), at: clock.now() }]),
        tools: Arc::default(),
        format: None,
        booking: None,
        deadline: CHECK,
        drafts: Drafts::none(),
    }
}
