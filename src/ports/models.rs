//! Which models answer for whom: the tenants' providers with their opened keys, what was spent, and how the providers stand.

use crate::domain::ids::{InboxId, ModelProviderId, TenantId};
use crate::domain::model::{Budget, BudgetState, Day, Manner, ModelKind, Prices, Spent};
use crate::domain::time::Timestamp;
use crate::ports::llm::LlmError;
use crate::ports::store::StoreError;
use async_trait::async_trait;
use secrecy::SecretString;
use std::sync::Arc;

/// A server that answers, with all that is needed to ask it. Debug shows no key.
#[derive(Clone, Debug)]
pub struct ModelServer {
    /// The dialect.
    pub kind: ModelKind,
    /// Without a slash at the end.
    pub base_url: String,
    /// The model asked for.
    pub model: String,
    /// Its owner's key; `None`: the server wants none.
    pub key: Option<SecretString>,
    /// What tokens cost; `None`: unknown, unless the server says it itself.
    pub prices: Option<Prices>,
    /// Most calls at once.
    pub parallel: u32,
    /// How it wants to be asked.
    pub manner: Manner,
}

/// A provider that a tenant has set up.
#[derive(Clone, Debug)]
pub struct OwnProvider {
    /// Its id.
    pub id: ModelProviderId,
    /// Changes whenever the provider does: what was learned about an older one is not held against it.
    pub revision: i64,
    /// The tenant's name for it; shown in traces.
    pub name: String,
    /// The inbox that it answers for alone; `None`: all.
    pub inbox: Option<InboxId>,
    /// The server.
    pub server: ModelServer,
}

/// All that decides about a tenant's models.
#[derive(Clone, Debug)]
pub struct TenantModels {
    /// The tenant.
    pub tenant: TenantId,
    /// Its zone: days are its own.
    pub timezone: String,
    /// Its enabled providers in the order in which they are asked, inboxes' own ones among them.
    pub providers: Vec<Arc<OwnProvider>>,
    /// True if it has set up any provider, enabled and readable or not: then it decides whose key is used.
    pub has_own: bool,
    /// True if the platform's key may stand in where its own providers fail.
    pub allow_platform_fallback: bool,
    /// What it wants to spend a day.
    pub budget: Budget,
    /// Most calls at once over all providers; `None`: the platform's default.
    pub parallel: Option<u32>,
}

/// The tenants' models, cached.
#[async_trait]
pub trait Models: Send + Sync {
    /// Finds what a tenant has set up; `None`: there is no such tenant.
    async fn of_tenant(&self, tenant: TenantId) -> Result<Option<Arc<TenantModels>>, StoreError>;

    /// Adds up what a tenant has used since an instant, as it is stored.
    async fn spent_since(&self, tenant: TenantId, since: Timestamp) -> Result<Spent, StoreError>;
}

/// Whether a provider is asked.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Standing {
    /// It is.
    #[default]
    Well,
    /// It has failed too often, or has asked for a pause.
    Resting {
        /// When it is tried again.
        until: Timestamp,
        /// Why, in words that name no key and no address.
        reason: String,
    },
    /// One call finds out whether it is well again.
    Trying,
}

/// How far a tenant's day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayReport {
    /// The day.
    pub day: Day,
    /// What was used in it.
    pub spent: Spent,
    /// How far the tenant's own budget is used.
    pub state: BudgetState,
}

/// What people may ask about the models.
#[async_trait]
pub trait ModelDesk: Send + Sync {
    /// Tells how a tenant's provider stands.
    fn standing(&self, tenant: TenantId, provider: ModelProviderId, revision: i64) -> Standing;

    /// Tells how far the tenant's day is; `None`: there is no such tenant.
    async fn day(&self, tenant: TenantId) -> Result<Option<DayReport>, StoreError>;

    /// Tells whether the operator offers a model of its own.
    fn has_platform(&self) -> bool;

    /// Asks a server for a word and forgets it.
    ///
    /// # Errors
    /// What is wrong with it.
    async fn check(&self, tenant: TenantId, server: &ModelServer) -> Result<(), LlmError>;

    /// Asks the operator's own model for a word, wherever it stands; `None`: there is none.
    async fn check_platform(&self) -> Option<Result<(), LlmError>>;
}
