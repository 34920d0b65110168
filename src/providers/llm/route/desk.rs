//! What people may ask the router: how a provider stands, how far a tenant's day is, whether a server answers at all.

use super::breaker::Admission;
use super::plan::Owner;
use super::{Router, SetBy};
use crate::domain::ids::{ModelProviderId, TenantId};
use crate::ports::llm::LlmError;
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
        self.ask_for_a_word(tenant, server, SetBy::Tenant).await
    }

    async fn check_platform(&self) -> Option<Result<(), LlmError>> {
        let platform = self.platform.as_ref()?;
        // Of no tenant: nothing is counted against anybody.
        Some(self.ask_for_a_word(TenantId(Uuid::nil()), &platform.server, SetBy::Operator).await)
    }
}
