//! Inboxes: configured, with their secrets sealed and their account routed.

use crate::crypto::random::random_bytes;
use crate::crypto::standard_webhooks::new_secret;
use crate::domain::audit::{Action, Deed};
use crate::domain::ids::{InboxId, TenantId};
use crate::domain::inbox::{ChannelKind, InboxState};
use crate::domain::limits::{Counted, LimitReached};
use crate::ports::store::StoreError;
use crate::store::admin::data_keys::seal_secrets;
use crate::store::admin::settings::Settings;
use crate::store::admin::{Admin, AdminError, AuditEntry, bump, check_name, is_taken, limits, settings};
use crate::store::scope::Role;
use crate::store::time::instant;
use entities::instant::Instant;
use entities::{account_route, inbox};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

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

/// What of an inbox is to be another way; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct InboxChange {
    /// What the tenant calls it.
    pub name: Option<String>,
    /// Settings and secrets by their keys; `null` takes one away, what is not named stays.
    pub config: Option<Value>,
    /// True: it takes messages, but nothing leaves it until it is let go on.
    pub paused: Option<bool>,
}

/// Why an inbox does not send that people have stopped.
const BY_HAND: &str = "paused by hand";

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
    /// [`AdminError::Settings`] names every key that does not fit; [`AdminError::AccountTaken`]; [`AdminError::Limit`].
    pub async fn create_inbox(&self, tenant: TenantId, new: NewInbox) -> Result<CreatedInbox, AdminError> {
        let id = InboxId(self.store.inner.ids.uuid());
        self.create_inbox_as(tenant, id, new).await?.ok_or_else(|| StoreError::Refused("unique".to_owned()).into())
    }

    /// Makes an inbox with an id; `None`: there is one with it, so that a repeated request makes no second one.
    ///
    /// # Errors
    /// As [`Admin::create_inbox`].
    pub async fn create_inbox_as(&self, tenant: TenantId, id: InboxId, new: NewInbox) -> Result<Option<CreatedInbox>, AdminError> {
        let name = check_name("name", &new.name)?;
        let (parsed, made_secret) = self.fitting(new.channel, &new.config)?;
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
        let entry = self.entry(tenant, Deed::new(Action::InboxCreated, id).after("channel", new.channel.as_str()));
        match self.store.solo(Role::Engine, move |tx| Box::pin(async move { insert(tx, row, entry).await })).await {
            Ok(made) => Ok(made?.then_some(CreatedInbox { view, made_secret })),
            Err(error) if is_taken(&error) => Err(AdminError::AccountTaken(parsed.account.unwrap_or_default())),
            Err(error) => Err(error.into()),
        }
    }

    /// Checks a configuration and the address in it. A generic one without a secret gets one, which is returned too.
    fn fitting(&self, channel: ChannelKind, config: &Value) -> Result<(Settings, Option<SecretString>), AdminError> {
        let mut parsed = settings::parse(channel, config)?;
        settings::check_address(&parsed, &self.outbound)?;
        let made_secret = match channel {
            ChannelKind::Generic if parsed.secrets.is_empty() => Some(new_secret(&random_bytes()?)),
            ChannelKind::Generic | ChannelKind::Whatsapp => None,
        };
        if let Some(secret) = &made_secret {
            parsed.secrets.insert("secret".to_owned(), secret.clone());
        }
        Ok((parsed, made_secret))
    }

    /// Replaces the settings and secrets that `config` names and keeps the others; `null` takes one away. The whole is checked as a new
    /// inbox's is. A paused inbox stays paused.
    ///
    /// # Errors
    /// [`AdminError::NoInbox`]; otherwise as [`Admin::create_inbox`].
    pub async fn update_inbox(&self, tenant: TenantId, id: InboxId, config: Value) -> Result<CreatedInbox, AdminError> {
        self.change_inbox(tenant, id, InboxChange { config: Some(config), ..InboxChange::default() }).await
    }

    /// Changes an inbox. What stays as it is leaves nothing in the log.
    ///
    /// # Errors
    /// As [`Admin::update_inbox`].
    pub async fn change_inbox(&self, tenant: TenantId, id: InboxId, change: InboxChange) -> Result<CreatedInbox, AdminError> {
        let stored = self.store.tenant(tenant).read(|tx| Box::pin(find(tx, tenant, id))).await?.ok_or(AdminError::NoInbox(id))?;
        let name = change.name.map(|name| check_name("name", &name)).transpose()?.filter(|name| *name != stored.name);
        let paused = change.paused.filter(|paused| *paused != (stored.state == InboxState::Paused.as_str()));
        let mut fields: Vec<String> = name.iter().map(|_| "name".to_owned()).collect();
        fields.extend(change.config.iter().filter_map(Value::as_object).flat_map(|given| given.keys().cloned()));
        let (fitting, made_secret) = match change.config {
            Some(config) => self.refitted(tenant, &stored, config).await.map(|(fitting, made)| (Some(fitting), made))?,
            None => (None, None),
        };
        let before = stored.state.clone();
        let mut view = InboxView::from(stored);
        if let Some(name) = &name {
            view.name.clone_from(name);
        }
        if let Some(paused) = paused {
            let state = if paused { InboxState::Paused } else { InboxState::Active };
            view.state = state.as_str().to_owned();
            view.state_reason = paused.then(|| BY_HAND.to_owned());
        }
        if let Some((parsed, _)) = &fitting {
            view.settings = parsed.public.clone();
        }
        if name.is_none() && paused.is_none() && fitting.is_none() {
            return Ok(CreatedInbox { view, made_secret });
        }
        let deed = told(id, fields, paused);
        let deed = if paused.is_some() { deed.before("state", before).after("state", &view.state) } else { deed };
        let account = fitting.as_ref().and_then(|(parsed, _)| parsed.account.clone());
        let sealed = fitting.map(|(_, sealed)| sealed);
        let changed = Changed { tenant, view: view.clone(), sealed, account: account.clone(), moved: paused.is_some() };
        let (entry, at) = (self.entry(tenant, deed), instant(self.store.inner.clock.now()));
        match self.store.solo(Role::Engine, move |tx| Box::pin(async move { update(tx, changed, at, entry).await })).await {
            Ok(()) => Ok(CreatedInbox { view, made_secret }),
            Err(error) if is_taken(&error) => Err(AdminError::AccountTaken(account.unwrap_or_default())),
            Err(error) => Err(error.into()),
        }
    }

    /// Lays a change of the configuration over what is stored, checks the whole and seals it.
    async fn refitted(&self, tenant: TenantId, stored: &inbox::Model, config: Value) -> Result<Refitted, AdminError> {
        let id = InboxId(stored.id);
        let channel = ChannelKind::parse(&stored.channel).ok_or_else(|| AdminError::invalid("channel", "is not one of this release"))?;
        let secrets = match &stored.secrets {
            Some(sealed) => self.open_stored(tenant, id, sealed).await?,
            None => BTreeMap::new(),
        };
        let (parsed, made_secret) = self.fitting(channel, &merged(&stored.settings, &secrets, config))?;
        let sealed = seal_secrets(&self.sealing_key(tenant).await?, tenant, id, &parsed.secrets)?;
        Ok(((parsed, sealed), made_secret))
    }

    /// Makes an inbox active again, whatever it was. Running servers send what waits within a second, or when its next try is due.
    ///
    /// # Errors
    /// [`AdminError::NoInbox`].
    pub async fn resume_inbox(&self, tenant: TenantId, id: InboxId) -> Result<InboxView, AdminError> {
        let at = instant(self.store.inner.clock.now());
        let entry = self.entry(tenant, Deed::new(Action::InboxResumed, id));
        let row = self.store.solo(Role::Engine, move |tx| Box::pin(async move { resume(tx, tenant, id, at, entry).await })).await?;
        row.map(InboxView::from).ok_or(AdminError::NoInbox(id))
    }

    /// Returns an inbox of the tenant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn inbox(&self, tenant: TenantId, id: InboxId) -> Result<Option<InboxView>, StoreError> {
        let row = self.store.tenant(tenant).read(|tx| Box::pin(find(tx, tenant, id))).await?;
        Ok(row.map(InboxView::from))
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
        let entry = self.entry(tenant, Deed::new(Action::InboxUpdated, id).fields(["settings"]));
        self.store.solo(Role::Engine, move |tx| Box::pin(async move { replace(tx, tenant, id, text, at, entry).await })).await
    }
}

/// A configuration that fits with its sealed secrets, and the secret that was made for it.
type Refitted = ((Settings, Vec<u8>), Option<SecretString>);

/// Names what is done: pausing and resuming have words of their own where nothing else is changed.
fn told(id: InboxId, fields: Vec<String>, paused: Option<bool>) -> Deed {
    match paused {
        Some(true) if fields.is_empty() => Deed::new(Action::InboxPaused, id),
        Some(false) if fields.is_empty() => Deed::new(Action::InboxResumed, id),
        Some(_) => Deed::new(Action::InboxUpdated, id).fields(fields.iter().map(String::as_str).chain(["state"])),
        None => Deed::new(Action::InboxUpdated, id).fields(fields),
    }
}

/// What is stored of a changed inbox.
struct Changed {
    tenant: TenantId,
    view: InboxView,
    /// Sealed anew; `None`: the configuration stays.
    sealed: Option<Vec<u8>>,
    account: Option<String>,
    /// Whether the state is another one; else whatever pauses it meanwhile stays.
    moved: bool,
}

/// What is stored of a new inbox.
struct Row {
    tenant: TenantId,
    view: InboxView,
    sealed: Vec<u8>,
    account: Option<String>,
    at: Instant,
}

/// Lays `given` over what is stored. The result holds secrets: it is only for the check that splits them off again.
fn merged(public: &str, secrets: &BTreeMap<String, SecretString>, given: Value) -> Value {
    let Value::Object(given) = given else { return given };
    let mut whole = serde_json::from_str::<Map<String, Value>>(public).unwrap_or_default();
    whole.extend(secrets.iter().map(|(key, secret)| (key.clone(), Value::from(secret.expose_secret()))));
    whole.extend(given);
    Value::Object(whole)
}

async fn find(tx: &DatabaseTransaction, tenant: TenantId, id: InboxId) -> Result<Option<inbox::Model>, DbErr> {
    inbox::Entity::find().filter(inbox::Column::TenantId.eq(tenant.0)).filter(inbox::Column::Id.eq(id.0)).one(tx).await
}

async fn resume(
    tx: &DatabaseTransaction,
    tenant: TenantId,
    id: InboxId,
    at: Instant,
    mut entry: AuditEntry,
) -> Result<Option<inbox::Model>, DbErr> {
    use inbox::Column as C;
    bump(tx).await?;
    let Some(stored) = find(tx, tenant, id).await? else { return Ok(None) };
    entry.deed = entry.deed.before("state", stored.state).after("state", InboxState::Active.as_str());
    let update = inbox::Entity::update_many()
        .col_expr(C::State, Expr::val(InboxState::Active.as_str()))
        .col_expr(C::StateReason, Expr::val(None::<String>))
        .col_expr(C::UpdatedAt, Expr::val(at.value(tx.get_database_backend())))
        .filter(C::TenantId.eq(tenant.0))
        .filter(C::Id.eq(id.0));
    update.exec(tx).await?;
    entry.write(tx).await?;
    find(tx, tenant, id).await
}

async fn update(tx: &DatabaseTransaction, changed: Changed, at: Instant, entry: AuditEntry) -> Result<(), DbErr> {
    use account_route::Column as R;
    use inbox::Column as C;
    bump(tx).await?;
    let Changed { tenant, view, sealed, account, moved } = changed;
    let mut update = inbox::Entity::update_many()
        .col_expr(C::Name, Expr::val(view.name.as_str()))
        .col_expr(C::UpdatedAt, Expr::val(at.value(tx.get_database_backend())));
    if moved {
        update = update.col_expr(C::State, Expr::val(view.state.as_str())).col_expr(C::StateReason, Expr::val(view.state_reason.clone()));
    }
    let fits = sealed.is_some();
    if let Some(sealed) = sealed {
        update = update.col_expr(C::Settings, Expr::val(view.settings.to_string())).col_expr(C::Secrets, Expr::val(sealed));
    }
    update.filter(C::TenantId.eq(tenant.0)).filter(C::Id.eq(view.id.0)).exec(tx).await?;
    if fits {
        account_route::Entity::delete_many().filter(R::TenantId.eq(tenant.0)).filter(R::InboxId.eq(view.id.0)).exec(tx).await?;
        route(tx, tenant, &view, account).await?;
    }
    entry.write(tx).await
}

/// Returns false if there is an inbox with this id.
async fn insert(tx: &DatabaseTransaction, row: Row, entry: AuditEntry) -> Result<Result<bool, LimitReached>, DbErr> {
    use inbox::Column as C;
    bump(tx).await?;
    if find(tx, row.tenant, row.view.id).await?.is_some() {
        return Ok(Ok(false));
    }
    if let Err(reached) = limits::one_more(tx, row.tenant, Counted::Inboxes, row.at).await? {
        return Ok(Err(reached));
    }
    let Row { tenant, view, sealed, account, at } = row;
    let at = at.value(tx.get_database_backend());
    let columns = [C::TenantId, C::Id, C::Channel, C::Name, C::Settings, C::Secrets, C::CreatedAt, C::UpdatedAt];
    let mut statement = Query::insert();
    statement.into_table(inbox::Entity).columns(columns).values_panic([
        Expr::val(tenant.0),
        Expr::val(view.id.0),
        Expr::val(view.channel.as_str()),
        Expr::val(view.name.as_str()),
        Expr::val(view.settings.to_string()),
        Expr::val(sealed),
        Expr::val(at.clone()),
        Expr::val(at),
    ]);
    tx.execute(&statement).await?;
    route(tx, tenant, &view, account).await?;
    entry.write(tx).await?;
    Ok(Ok(true))
}

/// Routes the account's deliveries to the inbox.
async fn route(tx: &DatabaseTransaction, tenant: TenantId, view: &InboxView, account: Option<String>) -> Result<(), DbErr> {
    use account_route::Column as R;
    let Some(account) = account else { return Ok(()) };
    let mut route = Query::insert();
    route.into_table(account_route::Entity).columns([R::Channel, R::Account, R::TenantId, R::InboxId]).values_panic([
        Expr::val(view.channel.as_str()),
        Expr::val(account),
        Expr::val(tenant.0),
        Expr::val(view.id.0),
    ]);
    tx.execute(&route).await?;
    Ok(())
}

async fn replace(
    tx: &DatabaseTransaction,
    tenant: TenantId,
    id: InboxId,
    text: String,
    at: Instant,
    entry: AuditEntry,
) -> Result<(), DbErr> {
    bump(tx).await?;
    let update = inbox::Entity::update_many()
        .col_expr(inbox::Column::Settings, Expr::val(text))
        .col_expr(inbox::Column::UpdatedAt, Expr::val(at.value(tx.get_database_backend())))
        .filter(inbox::Column::TenantId.eq(tenant.0))
        .filter(inbox::Column::Id.eq(id.0));
    let changed = update.exec(tx).await?.rows_affected > 0;
    entry.write_if(tx, changed).await
}
