//! API keys: minted once, found by their hash, revoked. The key itself is never stored.

use crate::crypto::mac::hex;
use crate::crypto::random::random_bytes;
use crate::crypto::tokens;
use crate::domain::audit::{Action, Actor, Deed};
use crate::domain::ids::{ApiKeyId, MemberId, TenantId};
use crate::domain::limits::{Counted, LimitReached};
use crate::domain::permission::Grants;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::admin::{Admin, AdminError, AuditEntry, bump, check_name, is_taken, limits};
use crate::store::people::api_keys::KeyHolder;
use crate::store::people::members::change::active;
use crate::store::scope::Role;
use crate::store::time::{instant, timestamp};
use entities::api_key::{Column, Entity, Model};
use entities::instant::Instant;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use secrecy::{ExposeSecret, SecretString};

/// Most keys of a tenant that are accepted at a time, whatever its plan says.
const MOST_KEYS: u64 = 500;

/// A key that was just made. This is the only time that it can be shown.
#[derive(Debug)]
pub struct MintedKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The key.
    pub key: SecretString,
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The id that it gets.
    pub id: ApiKeyId,
    /// What it is called.
    pub name: String,
    /// What it may do, as it is spelled.
    pub scopes: Vec<String>,
}

/// A key as people see it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ApiKeyView {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is called.
    pub name: String,
    /// Its last four characters.
    pub last4: String,
    /// What it may do, as it is spelled.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used; coarse.
    pub last_used_at: Option<Timestamp>,
    /// Since when it is refused.
    pub revoked_at: Option<Timestamp>,
}

impl From<Model> for ApiKeyView {
    fn from(row: Model) -> Self {
        Self {
            id: ApiKeyId(row.id),
            name: row.name,
            last4: row.last4,
            scopes: serde_json::from_str(&row.scopes).unwrap_or_default(),
            created_at: timestamp(row.created_at),
            last_used_at: row.last_used_at.map(timestamp),
            revoked_at: row.revoked_at.map(timestamp),
        }
    }
}

impl Admin {
    /// Makes a key that may do everything.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for the name; [`AdminError::Limit`].
    pub async fn mint_api_key(&self, tenant: TenantId, name: &str) -> Result<MintedKey, AdminError> {
        let id = ApiKeyId(self.store.inner.ids.uuid());
        let made = self.make_api_key(tenant, NewKey { id, name: name.to_owned(), scopes: vec!["*".to_owned()] }).await?;
        made.ok_or_else(|| AdminError::Store(StoreError::Refused("unique".to_owned())))
    }

    /// Makes a key; `None` if there is one with this id already.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for the name and the scopes.
    pub async fn make_api_key(&self, tenant: TenantId, new: NewKey) -> Result<Option<MintedKey>, AdminError> {
        let NewKey { id, name, scopes } = new;
        let name = check_name("name", &name)?;
        let grants = Grants::parse(&scopes).map_err(|error| AdminError::invalid("scopes", &error.to_string()))?;
        let (key, hash) = tokens::mint(random_bytes()?);
        let shown: Vec<char> = key.expose_secret().chars().collect();
        let last4: String = shown.iter().skip(shown.len().saturating_sub(4)).collect();
        let at = instant(self.store.inner.clock.now());
        // What is stored is short, however often a scope was named.
        let scopes =
            if grants == Grants::everything() { vec!["*".to_owned()] } else { grants.highest().map(|one| one.to_string()).collect() };
        let deed = Deed::new(Action::ApiKeyCreated, id).fields(scopes.iter().map(|scope| format!("scopes:{scope}")));
        let stored = serde_json::Value::from(scopes).to_string();
        let by = match self.by.actor {
            Actor::Member(member) => Some(MemberId(member)),
            Actor::ApiKey(_) | Actor::Operator | Actor::System => None,
        };
        let row = Row { tenant, id, name, hash: hex(&hash), last4, scopes: stored, grants, by, at };
        let entry = self.entry(tenant, deed);
        match self.store.solo(Role::Engine, move |tx| Box::pin(async move { insert(tx, row, entry).await })).await {
            Ok(within) => {
                within?;
                Ok(Some(MintedKey { id, key }))
            }
            Err(error) if is_taken(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the tenant's keys with an id above `after`, in the order of their ids, revoked ones too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_api_keys(&self, tenant: TenantId, after: Option<ApiKeyId>, limit: u64) -> Result<Vec<ApiKeyView>, StoreError> {
        let all = Entity::find().filter(Column::TenantId.eq(tenant.0)).order_by_asc(Column::Id).limit(limit);
        let own = after.map_or(all.clone(), |after| all.filter(Column::Id.gt(after.0)));
        let rows = self.store.tenant(tenant).read(|tx| Box::pin(own.all(tx))).await?;
        Ok(rows.into_iter().map(ApiKeyView::from).collect())
    }

    /// Refuses a key from now on; returns false if the tenant has no such key that is still accepted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_api_key(&self, tenant: TenantId, id: ApiKeyId) -> Result<bool, StoreError> {
        let at = instant(self.store.inner.clock.now());
        let entry = self.entry(tenant, Deed::new(Action::ApiKeyRevoked, id));
        let revoked = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let revoked = revoke(tx, tenant, id, at).await?;
                entry.write_if(tx, revoked > 0).await?;
                Ok(revoked)
            })
        });
        let revoked = revoked.await?;
        Ok(revoked > 0)
    }
}

/// Finds whom a presented key speaks for; a revoked key speaks for nobody.
///
/// # Errors
/// [`StoreError`].
pub async fn find_api_key(store: &Store, presented: &SecretString) -> Result<Option<KeyHolder>, StoreError> {
    store.find_key_holder(&hex(&tokens::hash(presented.expose_secret()))).await
}

/// What is stored of a new key.
struct Row {
    tenant: TenantId,
    id: ApiKeyId,
    name: String,
    hash: String,
    last4: String,
    scopes: String,
    grants: Grants,
    /// The person who makes it.
    by: Option<MemberId>,
    at: Instant,
}

/// Why a key was not made.
enum NotMade {
    Limit(LimitReached),
    /// Whoever makes it has lost what the key was to hold.
    MoreThanHeld,
    /// So many are there that no plan means it.
    TooMany,
}

impl From<NotMade> for AdminError {
    fn from(why: NotMade) -> Self {
        match why {
            NotMade::Limit(reached) => Self::Limit(reached),
            NotMade::MoreThanHeld => Self::invalid("scopes", "go beyond what you may do"),
            NotMade::TooMany => Self::invalid("name", "names one key too many: revoke one first"),
        }
    }
}

async fn insert(tx: &DatabaseTransaction, row: Row, entry: AuditEntry) -> Result<Result<(), NotMade>, DbErr> {
    bump(tx).await?;
    if let Some(by) = row.by {
        let held = active(tx, row.tenant, by).await?.map(|member| member.standing.place);
        if held.is_none_or(|place| !place.grants().cover(row.grants) || !place.visibility.is_everything()) {
            return Ok(Err(NotMade::MoreThanHeld));
        }
    }
    let live = Entity::find().filter(Column::TenantId.eq(row.tenant.0)).filter(Column::RevokedAt.is_null());
    if live.count(tx).await? >= MOST_KEYS {
        return Ok(Err(NotMade::TooMany));
    }
    if let Err(reached) = limits::one_more(tx, row.tenant, Counted::ApiKeys, row.at).await? {
        return Ok(Err(NotMade::Limit(reached)));
    }
    let columns = [Column::TenantId, Column::Id, Column::Name, Column::Hash, Column::Last4, Column::Scopes, Column::CreatedAt];
    let mut statement = Query::insert();
    statement.into_table(Entity).columns(columns).values_panic([
        Expr::val(row.tenant.0),
        Expr::val(row.id.0),
        Expr::val(row.name),
        Expr::val(row.hash),
        Expr::val(row.last4),
        Expr::val(row.scopes),
        Expr::val(row.at.value(tx.get_database_backend())),
    ]);
    tx.execute(&statement).await?;
    entry.write(tx).await?;
    Ok(Ok(()))
}

async fn revoke(tx: &DatabaseTransaction, tenant: TenantId, id: ApiKeyId, at: Instant) -> Result<u64, DbErr> {
    bump(tx).await?;
    let update = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::val(at.value(tx.get_database_backend())))
        .filter(Column::TenantId.eq(tenant.0))
        .filter(Column::Id.eq(id.0))
        .filter(Column::RevokedAt.is_null());
    Ok(update.exec(tx).await?.rows_affected)
}
