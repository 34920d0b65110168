//! Endpoints of a business that are told what happens: checked, their secrets sealed and changed, disabled ones let go on.
//!
//! A secret is made here and shown once. Never calls an endpoint: what is to be told is a row, and the engine's.

mod check;
mod replay;
mod rows;

pub use replay::{Replayed, Stretch};

use self::check::check;
use self::rows::Change;
use crate::crypto::random::random_bytes;
use crate::crypto::standard_webhooks::new_secret;
use crate::domain::audit::{Action, Deed};
use crate::domain::ids::{InboxId, TenantId, WebhookId};
use crate::domain::membership::Visibility;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{BOTH_SECRETS, Kinds, MOST};
use crate::ports::store::StoreError;
use crate::store::admin::data_keys::{open_one, seal_one, webhook_secret_of};
use crate::store::admin::{Admin, AdminError, bump, is_taken};
use crate::store::scope::{Role, read_as};
use crate::store::time::{instant, timestamp};
use entities::webhook_endpoint::{Column as C, Entity, Model};
use entities::{data_key, tenant_feed};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};
use secrecy::SecretString;

/// An endpoint as a business writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookForm {
    /// Where it is.
    pub url: String,
    /// What the business calls it.
    pub description: String,
    /// The kinds of events that it gets.
    pub events: Vec<String>,
    /// The inboxes whose events it gets; `None`: all.
    pub inboxes: Option<Vec<InboxId>>,
    /// Private notes too.
    pub notes: bool,
    /// False: kept, but told nothing.
    pub enabled: bool,
}

/// An endpoint as people see it, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookView {
    /// Its id.
    pub id: WebhookId,
    /// Where it is.
    pub url: String,
    /// What it is called.
    pub description: String,
    /// The kinds of events that it gets.
    pub kinds: Kinds,
    /// The inboxes whose events it gets.
    pub inboxes: Visibility,
    /// Private notes too.
    pub notes: bool,
    /// False: told nothing.
    pub enabled: bool,
    /// Why the product gave it up.
    pub disabled_reason: Option<String>,
    /// When.
    pub disabled_at: Option<Timestamp>,
    /// Since when it does nothing but fail.
    pub failing_since: Option<Timestamp>,
    /// When it last took something.
    pub succeeded_at: Option<Timestamp>,
    /// Until when it is left alone.
    pub rests_until: Option<Timestamp>,
    /// Until when the secret before signs too.
    pub old_secret_until: Option<Timestamp>,
    /// The number of the last event that it was asked about.
    pub cursor: i64,
    /// Events that were too old when their turn came.
    pub expired: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl From<Model> for WebhookView {
    fn from(row: Model) -> Self {
        Self {
            id: WebhookId(row.id),
            url: row.url,
            description: row.description,
            kinds: Kinds::stored(&row.events),
            inboxes: Visibility::stored(row.inboxes.as_deref()),
            notes: row.notes,
            enabled: row.enabled,
            disabled_reason: row.disabled_reason,
            disabled_at: row.disabled_at.map(timestamp),
            failing_since: row.failing_since.map(timestamp),
            succeeded_at: row.succeeded_at.map(timestamp),
            rests_until: row.rests_until.map(timestamp),
            old_secret_until: row.old_until.map(timestamp).filter(|_| row.old_secret.is_some()),
            cursor: row.cursor,
            expired: row.expired,
            created_at: timestamp(row.created_at),
            updated_at: timestamp(row.updated_at),
        }
    }
}

/// An endpoint with its secret, which is shown this once.
#[derive(Debug)]
pub struct NewWebhook {
    /// The endpoint.
    pub view: WebhookView,
    /// The secret.
    pub secret: SecretString,
}

/// One of a tenant's endpoints.
fn own(tenant: TenantId, id: WebhookId) -> Select<Entity> {
    Entity::find().filter(C::TenantId.eq(tenant.0)).filter(C::Id.eq(id.0))
}

impl Admin {
    /// Adds an endpoint, which is told what happens from now on; `None` if there is one with this id already.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] names the field; [`AdminError::NoInbox`].
    pub async fn add_webhook(&self, tenant: TenantId, id: WebhookId, form: WebhookForm) -> Result<Option<NewWebhook>, AdminError> {
        let checked = check(&form, &self.outbound)?;
        self.check_webhook_inboxes(tenant, form.inboxes.as_deref()).await?;
        let secret = new_secret(&random_bytes()?);
        let sealed = seal_one(&self.sealing_key(tenant).await?, &webhook_secret_of(tenant, id, "secret"), &secret)?;
        let at = instant(self.store.inner.clock.now());
        let entry = self.entry(tenant, Deed::new(Action::WebhookAdded, id));
        let made = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                bump(tx).await?;
                if Entity::find().filter(C::TenantId.eq(tenant.0)).count(tx).await? >= MOST as u64 {
                    return Ok(false);
                }
                rows::insert(tx, (tenant, id), checked, sealed, at).await?;
                entry.write(tx).await?;
                Ok(true)
            })
        });
        match made.await {
            Ok(true) => {
                let view = self.find_webhook(tenant, id).await?.ok_or(AdminError::NoWebhook(id))?;
                Ok(Some(NewWebhook { view, secret }))
            }
            Ok(false) => Err(AdminError::invalid("url", &format!("cannot be added: a business has at most {MOST} webhooks"))),
            Err(error) if is_taken(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Replaces what an endpoint is; its secret, its cursor and its deliveries stay. One that was disabled goes on where it stood.
    ///
    /// # Errors
    /// As [`Admin::add_webhook`]; also [`AdminError::NoWebhook`].
    pub async fn replace_webhook(&self, tenant: TenantId, id: WebhookId, form: WebhookForm) -> Result<WebhookView, AdminError> {
        let known = self.find_webhook(tenant, id).await?;
        known.ok_or(AdminError::NoWebhook(id))?;
        let checked = check(&form, &self.outbound)?;
        self.check_webhook_inboxes(tenant, form.inboxes.as_deref()).await?;
        let fields = ["url", "description", "events", "inboxes", "notes", "enabled"];
        self.change_webhook(tenant, id, Change::Form(checked), Deed::new(Action::WebhookReplaced, id).fields(fields)).await
    }

    /// Lets a disabled endpoint go on: where it stood, or with what happens from now on.
    ///
    /// # Errors
    /// [`AdminError::NoWebhook`].
    pub async fn enable_webhook(&self, tenant: TenantId, id: WebhookId, skip_missed: bool) -> Result<WebhookView, AdminError> {
        let how = if skip_missed { "from_now" } else { "where_it_stood" };
        let deed = Deed::new(Action::WebhookEnabled, id).after("events", how);
        self.change_webhook(tenant, id, Change::Enable { skip_missed }, deed).await
    }

    /// Gives an endpoint another secret; for a day the one before signs too.
    ///
    /// # Errors
    /// [`AdminError::NoWebhook`]; [`AdminError::Sealing`].
    pub async fn rotate_webhook_secret(&self, tenant: TenantId, id: WebhookId) -> Result<NewWebhook, AdminError> {
        let (query, keys) = (own(tenant, id), data_key::Entity::find().filter(data_key::Column::TenantId.eq(tenant.0)));
        let read = read_as(&self.store, Role::Engine, |tx| Box::pin(async move { Ok((query.one(tx).await?, keys.all(tx).await?)) }));
        let (row, keys) = read.await?;
        let row = row.ok_or(AdminError::NoWebhook(id))?;
        let number = i64::from(crate::crypto::envelope::dek_id_of(&row.secret)?);
        let key = keys.iter().find(|key| key.dek_id == number).ok_or(crate::crypto::envelope::EnvelopeError::Malformed)?;
        let before = open_one(&self.ring, key, &webhook_secret_of(tenant, id, "secret"), &row.secret)?;
        let (secret, dek) = (new_secret(&random_bytes()?), self.sealing_key(tenant).await?);
        let change = Change::Secret {
            was: row.secret,
            new: seal_one(&dek, &webhook_secret_of(tenant, id, "secret"), &secret)?,
            old: seal_one(&dek, &webhook_secret_of(tenant, id, "old_secret"), &before)?,
            until: instant(self.store.inner.clock.now().after(BOTH_SECRETS)),
        };
        let view = self.change_webhook(tenant, id, change, Deed::new(Action::WebhookSecretRotated, id)).await?;
        Ok(NewWebhook { view, secret })
    }

    async fn change_webhook(&self, tenant: TenantId, id: WebhookId, change: Change, deed: Deed) -> Result<WebhookView, AdminError> {
        let (at, entry) = (instant(self.store.inner.clock.now()), self.entry(tenant, deed));
        let changed = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                bump(tx).await?;
                let changed = rows::change(tx, (tenant, id), change, at).await?;
                entry.write_if(tx, changed).await?;
                Ok(changed)
            })
        });
        let changed = changed.await?;
        let view = self.find_webhook(tenant, id).await?.ok_or(AdminError::NoWebhook(id))?;
        if changed { Ok(view) } else { Err(StoreError::Busy.into()) }
    }

    /// Forgets an endpoint with its secret and its deliveries.
    ///
    /// # Errors
    /// [`AdminError::NoWebhook`].
    pub async fn remove_webhook(&self, tenant: TenantId, id: WebhookId) -> Result<(), AdminError> {
        let entry = self.entry(tenant, Deed::new(Action::WebhookRemoved, id));
        let gone = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                bump(tx).await?;
                let own = Entity::delete_many().filter(C::TenantId.eq(tenant.0)).filter(C::Id.eq(id.0));
                let gone = own.exec(tx).await?.rows_affected > 0;
                entry.write_if(tx, gone).await?;
                Ok(gone)
            })
        });
        if gone.await? { Ok(()) } else { Err(AdminError::NoWebhook(id)) }
    }

    /// Returns the tenant's endpoints, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_webhooks(&self, tenant: TenantId) -> Result<Vec<WebhookView>, StoreError> {
        let query = Entity::find().filter(C::TenantId.eq(tenant.0)).order_by_asc(C::CreatedAt).order_by_asc(C::Id);
        let rows = self.store.tenant(tenant).read(|tx| Box::pin(query.all(tx))).await?;
        Ok(rows.into_iter().map(WebhookView::from).collect())
    }

    /// Finds one of the tenant's endpoints.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_webhook(&self, tenant: TenantId, id: WebhookId) -> Result<Option<WebhookView>, StoreError> {
        let query = own(tenant, id);
        let row = self.store.tenant(tenant).read(|tx| Box::pin(query.one(tx))).await?;
        Ok(row.map(WebhookView::from))
    }

    async fn check_webhook_inboxes(&self, tenant: TenantId, inboxes: Option<&[InboxId]>) -> Result<(), AdminError> {
        let Some(wanted) = inboxes else { return Ok(()) };
        let known = self.list_inboxes(tenant).await?;
        match wanted.iter().find(|id| !known.iter().any(|inbox| inbox.id == **id)) {
            Some(stranger) => Err(AdminError::NoInbox(*stranger)),
            None => Ok(()),
        }
    }
}

/// Returns the last number of a tenant's timeline, under the lock of the transaction.
async fn last_number(tx: &DatabaseTransaction, tenant: TenantId) -> Result<i64, DbErr> {
    // The lock on the counter: an event that is being committed is either before or after.
    use tenant_feed::{Column, Entity};
    let lock = Entity::update_many().col_expr(Column::Last, Expr::col(Column::Last)).filter(Column::TenantId.eq(tenant.0));
    lock.exec(tx).await?;
    Ok(Entity::find_by_id(tenant.0).one(tx).await?.map_or(0, |feed| feed.last))
}
