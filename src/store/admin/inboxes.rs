//! Inboxes: configured, with their secrets sealed and their account routed.

use crate::crypto::random::random_bytes;
use crate::crypto::standard_webhooks::new_secret;
use crate::domain::ids::{InboxId, TenantId};
use crate::domain::inbox::ChannelKind;
use crate::ports::store::StoreError;
use crate::store::admin::data_keys::seal_secrets;
use crate::store::admin::{Admin, AdminError, bump, check_name, is_taken, settings};
use crate::store::scope::Role;
use crate::store::time::instant;
use entities::instant::Instant;
use entities::{account_route, inbox};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder};
use secrecy::SecretString;
use serde_json::Value;

/// An inbox to be made.
#[derive(Clone, Debug)]
pub struct NewInbox {
    /// Its channel.
    pub channel: ChannelKind,
    /// What the tenant calls it.
    pub name: String,
    /// The configuration, secrets included.
    pub config: Value,
}

/// An inbox that was just made.
#[derive(Debug)]
pub struct CreatedInbox {
    /// As people see it.
    pub view: InboxView,
    /// The secret that was made because none was given; this is the only time that it can be shown.
    pub made_secret: Option<SecretString>,
}

/// An inbox as people see it, without secrets.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct InboxView {
    /// Its id.
    pub id: InboxId,
    /// Its channel.
    pub channel: String,
    /// Its name.
    pub name: String,
    /// Its public settings.
    pub settings: Value,
    /// `active`, `paused` or `disabled`.
    pub state: String,
    /// Why it is not active.
    pub state_reason: Option<String>,
}

impl From<inbox::Model> for InboxView {
    fn from(row: inbox::Model) -> Self {
        let settings = serde_json::from_str(&row.settings).unwrap_or(Value::Null);
        Self { id: InboxId(row.id), channel: row.channel, name: row.name, settings, state: row.state, state_reason: row.state_reason }
    }
}

impl Admin {
    /// Makes an inbox. A generic one without a secret gets one.
    ///
    /// # Errors
    /// [`AdminError::Settings`] names every key that does not fit; [`AdminError::AccountTaken`].
    pub async fn create_inbox(&self, tenant: TenantId, new: NewInbox) -> Result<CreatedInbox, AdminError> {
        let name = check_name("name", &new.name)?;
        let mut parsed = settings::parse(new.channel, &new.config)?;
        let made_secret = match new.channel {
            ChannelKind::Generic if parsed.secrets.is_empty() => Some(new_secret(&random_bytes()?)),
            ChannelKind::Generic | ChannelKind::Whatsapp => None,
        };
        if let Some(secret) = &made_secret {
            parsed.secrets.insert("secret".to_owned(), secret.clone());
        }
        let id = InboxId(self.store.inner.ids.uuid());
        let sealed = seal_secrets(&self.sealing_key(tenant).await?, tenant, id, &parsed.secrets)?;
        let view = InboxView {
            id,
            channel: new.channel.as_str().to_owned(),
            name,
            settings: parsed.public,
            state: "active".to_owned(),
            state_reason: None,
        };
        let row = Row { tenant, view: view.clone(), sealed, account: parsed.account.clone(), at: instant(self.store.inner.clock.now()) };
        match self.store.solo(Role::Engine, move |tx| Box::pin(async move { insert(tx, row).await })).await {
            Ok(()) => Ok(CreatedInbox { view, made_secret }),
            Err(error) if is_taken(&error) => Err(AdminError::AccountTaken(parsed.account.unwrap_or_default())),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the tenant's inboxes, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_inboxes(&self, tenant: TenantId) -> Result<Vec<InboxView>, StoreError> {
        let own = inbox::Entity::find().filter(inbox::Column::TenantId.eq(tenant.0)).order_by_asc(inbox::Column::Id);
        let rows = self.store.tenant(tenant).read(|tx| Box::pin(own.all(tx))).await?;
        Ok(rows.into_iter().map(InboxView::from).collect())
    }

    /// Replaces the public settings of an inbox, keeping its secrets; a new account is not routed by this. Checks nothing: for settings
    /// that the product made itself.
    pub(crate) async fn replace_settings(&self, tenant: TenantId, id: InboxId, public: &Value) -> Result<(), StoreError> {
        let text = public.to_string();
        let at = instant(self.store.inner.clock.now());
        self.store.solo(Role::Engine, move |tx| Box::pin(async move { replace(tx, tenant, id, text, at).await })).await
    }
}

/// What is stored of a new inbox.
struct Row {
    tenant: TenantId,
    view: InboxView,
    sealed: Vec<u8>,
    account: Option<String>,
    at: Instant,
}

async fn insert(tx: &DatabaseTransaction, row: Row) -> Result<(), DbErr> {
    use inbox::Column as C;
    bump(tx).await?;
    let Row { tenant, view, sealed, account, at } = row;
    let at = at.value(tx.get_database_backend());
    let columns = [C::TenantId, C::Id, C::Channel, C::Name, C::Settings, C::Secrets, C::CreatedAt, C::UpdatedAt];
    let mut statement = Query::insert();
    statement.into_table(inbox::Entity).columns(columns).values_panic([
        Expr::val(tenant.0),
        Expr::val(view.id.0),
        Expr::val(view.channel.as_str()),
        Expr::val(view.name),
        Expr::val(view.settings.to_string()),
        Expr::val(sealed),
        Expr::val(at.clone()),
        Expr::val(at),
    ]);
    tx.execute(&statement).await?;
    let Some(account) = account else { return Ok(()) };
    use account_route::Column as R;
    let mut route = Query::insert();
    route.into_table(account_route::Entity).columns([R::Channel, R::Account, R::TenantId, R::InboxId]).values_panic([
        Expr::val(view.channel),
        Expr::val(account),
        Expr::val(tenant.0),
        Expr::val(view.id.0),
    ]);
    tx.execute(&route).await?;
    Ok(())
}

async fn replace(tx: &DatabaseTransaction, tenant: TenantId, id: InboxId, text: String, at: Instant) -> Result<(), DbErr> {
    bump(tx).await?;
    let update = inbox::Entity::update_many()
        .col_expr(inbox::Column::Settings, Expr::val(text))
        .col_expr(inbox::Column::UpdatedAt, Expr::val(at.value(tx.get_database_backend())))
        .filter(inbox::Column::TenantId.eq(tenant.0))
        .filter(inbox::Column::Id.eq(id.0));
    update.exec(tx).await.map(drop)
}
