//! The tenants' models from the database: [`Models`] over the same cache as the rest of the directory, and the sums of the usage.

use crate::crypto::envelope::{EnvelopeError, dek_id_of};
use crate::crypto::keyring::KeyRing;
use crate::domain::ids::{InboxId, ModelProviderId, TenantId};
use crate::domain::model::{Manner, ModelKind, Prices, Spent};
use crate::domain::time::Timestamp;
use crate::ports::models::{ModelServer, Models, OwnProvider, TenantModels};
use crate::ports::store::StoreError;
use crate::store::admin::data_keys;
use crate::store::admin::model_settings::ModelSettings;
use crate::store::directory::StoreDirectory;
use crate::store::scope::{Role, read_as};
use crate::store::time::instant;
use async_trait::async_trait;
use entities::{data_key, model_provider, tenant, usage_fact};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Calls at once at a tenant's provider, where the tenant says nothing.
const PARALLEL: u32 = 16;

/// What is stored of a provider beside its columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::store) struct Extras {
    /// What tokens cost.
    pub(in crate::store) prices: Option<Prices>,
    /// Most calls at once.
    pub(in crate::store) parallel: Option<u32>,
}

impl Extras {
    /// Reads what is stored; what cannot be read counts as nothing.
    pub(in crate::store) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// A tenant with its providers and the keys that open theirs.
struct Rows {
    tenant: tenant::Model,
    providers: Vec<model_provider::Model>,
    keys: Vec<data_key::Model>,
}

#[async_trait]
impl Models for StoreDirectory {
    async fn of_tenant(&self, tenant: TenantId) -> Result<Option<Arc<TenantModels>>, StoreError> {
        self.models.get(self.stamp(), tenant, self.read_models(tenant)).await
    }

    async fn spent_since(&self, tenant: TenantId, since: Timestamp) -> Result<Spent, StoreError> {
        let sums = read_as(&self.store, Role::Engine, |tx| Box::pin(usage(tx, tenant, since))).await?;
        let sum = |kind: &str| {
            let found = sums.iter().find(|(known, _)| known == kind).map_or(0, |(_, sum)| *sum);
            u64::try_from(found).unwrap_or(0)
        };
        Ok(Spent { tokens: sum(TOKENS), cost_micros: sum(COST) })
    }
}

impl StoreDirectory {
    async fn read_models(&self, tenant: TenantId) -> Result<Option<Arc<TenantModels>>, StoreError> {
        let rows = read_as(&self.store, Role::Engine, |tx| Box::pin(rows(tx, tenant))).await?;
        Ok(rows.map(|rows| Arc::new(models_of(&self.ring, rows))))
    }
}

/// The kinds of usage that a turn writes for its calls of models.
const TOKENS: &str = "model_tokens";
const COST: &str = "model_cost_micros";

async fn usage(tx: &DatabaseTransaction, tenant: TenantId, since: Timestamp) -> Result<Vec<(String, i64)>, DbErr> {
    use usage_fact::Column as C;
    let since = instant(since).value(tx.get_database_backend());
    let sums = usage_fact::Entity::find().select_only().column(C::Kind).column_as(Expr::col(C::Amount).sum().cast_as("bigint"), "total");
    let own = sums.filter(C::TenantId.eq(tenant.0)).filter(C::At.gte(since)).filter(C::Kind.is_in([TOKENS, COST]));
    own.group_by(C::Kind).into_tuple().all(tx).await
}

async fn rows(tx: &DatabaseTransaction, tenant: TenantId) -> Result<Option<Rows>, DbErr> {
    use model_provider::Column as C;
    let Some(row) = tenant::Entity::find_by_id(tenant.0).one(tx).await? else {
        return Ok(None);
    };
    let own = model_provider::Entity::find().filter(C::TenantId.eq(tenant.0));
    let providers = own.order_by_asc(C::Position).order_by_asc(C::Id).all(tx).await?;
    let keys = if providers.is_empty() {
        Vec::new()
    } else {
        data_key::Entity::find().filter(data_key::Column::TenantId.eq(tenant.0)).all(tx).await?
    };
    Ok(Some(Rows { tenant: row, providers, keys }))
}

/// Parses the rows and opens the keys. A provider that cannot be read is left out, but it still is the tenant's own: nobody else's key
/// stands in for it unasked.
fn models_of(ring: &KeyRing, rows: Rows) -> TenantModels {
    let Rows { tenant, providers, keys } = rows;
    let settings = ModelSettings::read(&tenant.limits);
    let has_own = !providers.is_empty();
    let readable = providers.into_iter().filter(|row| row.enabled).filter_map(|row| {
        let id = ModelProviderId(row.id);
        let read = own_provider(ring, &keys, row);
        if read.is_err() {
            tracing::error!(provider.id = %id, "a model provider cannot be read");
        }
        read.ok().map(Arc::new)
    });
    TenantModels {
        tenant: TenantId(tenant.id),
        providers: readable.collect(),
        has_own,
        allow_platform_fallback: settings.allow_platform_fallback,
        budget: settings.budget(),
        parallel: settings.parallel,
        timezone: tenant.timezone,
    }
}

/// Parses a row and opens its key.
pub(in crate::store) fn own_provider(
    ring: &KeyRing,
    keys: &[data_key::Model],
    row: model_provider::Model,
) -> Result<OwnProvider, EnvelopeError> {
    let (tenant, id) = (TenantId(row.tenant_id), ModelProviderId(row.id));
    let key = match &row.secret {
        Some(sealed) => Some(open(ring, keys, tenant, id, sealed)?),
        None => None,
    };
    let extras = Extras::read(&row.settings);
    let server = ModelServer {
        kind: ModelKind::parse(&row.kind).ok_or(EnvelopeError::Malformed)?,
        base_url: row.base_url,
        model: row.model,
        key,
        prices: extras.prices,
        parallel: extras.parallel.unwrap_or(PARALLEL),
        manner: Manner::default(),
    };
    Ok(OwnProvider { id, revision: row.revision, name: row.name, inbox: row.inbox_id.map(InboxId), server })
}

fn open(
    ring: &KeyRing,
    keys: &[data_key::Model],
    tenant: TenantId,
    id: ModelProviderId,
    sealed: &[u8],
) -> Result<SecretString, EnvelopeError> {
    let number = dek_id_of(sealed)?;
    let key = keys.iter().find(|key| key.dek_id == i64::from(number)).ok_or(EnvelopeError::WrongDek(number))?;
    data_keys::open_one(ring, key, &data_keys::model_key_of(tenant, id), sealed)
}
