//! A tenant's model providers: checked, their keys sealed, asked in an order of the tenant's choice.
//!
//! A key is write-only, and it goes nowhere else than to the address for which it was given: with another address it must be given anew,
//! or whoever may change the address could read the key there.

mod check;
mod rows;
#[cfg(test)]
mod tests;

use self::check::{Checked, check, check_way};
use self::rows::Row;
use crate::domain::audit::{Action, Deed};
use crate::domain::ids::{InboxId, ModelProviderId, TenantId};
use crate::domain::model::Prices;
use crate::ports::models::OwnProvider;
use crate::ports::store::StoreError;
use crate::store::admin::data_keys::{model_key_of, seal_one};
use crate::store::admin::{Admin, AdminError, is_taken};
use crate::store::directory::models::{Extras, own_provider};
use crate::store::scope::{Role, read_as};
use crate::store::time::instant;
use entities::{data_key, model_provider};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use secrecy::SecretString;

/// Most providers of a tenant.
const MOST: usize = 20;

/// What becomes of a key.
#[derive(Clone, Debug, Default)]
pub enum KeyChange {
    /// It stays as it is; a new provider has none.
    #[default]
    Keep,
    /// It is forgotten.
    Remove,
    /// It is replaced.
    Set(SecretString),
}

/// A provider as a tenant writes it, whole but for the key.
#[derive(Clone, Debug, Default)]
pub struct ProviderForm {
    /// What the tenant calls it; unique among its own.
    pub name: String,
    /// Whose server; `None`: told by the address.
    pub kind: Option<String>,
    /// Where it is; `None`: at the home of its kind.
    pub base_url: Option<String>,
    /// The model asked for.
    pub model: String,
    /// The key.
    pub api_key: KeyChange,
    /// The inbox that it answers for alone; `None`: all.
    pub inbox_id: Option<InboxId>,
    /// Its place in the chain, lowest first; `None`: the last for a new one, else as it is.
    pub position: Option<i64>,
    /// What tokens cost.
    pub prices: Option<Prices>,
    /// Most calls at once; `None`: 16.
    pub parallel: Option<u32>,
    /// False: kept, but never asked.
    pub enabled: bool,
}

/// A provider as people see it, without its key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ProviderView {
    /// Its id.
    pub id: ModelProviderId,
    /// Its name.
    pub name: String,
    /// Whose server.
    pub kind: String,
    /// Where it is.
    pub base_url: String,
    /// The model asked for.
    pub model: String,
    /// True if a key is stored.
    pub has_key: bool,
    /// The inbox that it answers for alone.
    pub inbox_id: Option<InboxId>,
    /// Its place in the chain.
    pub position: i64,
    /// What tokens cost.
    pub prices: Option<Prices>,
    /// Most calls at once.
    pub parallel: Option<u32>,
    /// False: never asked.
    pub enabled: bool,
    /// Changes with the provider; only for finding its breaker.
    #[serde(skip)]
    pub revision: i64,
}

impl From<model_provider::Model> for ProviderView {
    fn from(row: model_provider::Model) -> Self {
        let Extras { prices, parallel } = Extras::read(&row.settings);
        Self {
            id: ModelProviderId(row.id),
            name: row.name,
            kind: row.kind,
            base_url: row.base_url,
            model: row.model,
            has_key: row.secret.is_some(),
            inbox_id: row.inbox_id.map(InboxId),
            position: row.position,
            prices,
            parallel,
            enabled: row.enabled,
            revision: row.revision,
        }
    }
}

impl Admin {
    /// Adds a provider to a tenant's chain.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] names the field; [`AdminError::NameTaken`]; [`AdminError::NoInbox`].
    pub async fn add_model_provider(&self, tenant: TenantId, form: ProviderForm) -> Result<ProviderView, AdminError> {
        let checked = check(&form, &self.outbound)?;
        let known = self.list_model_providers(tenant).await?;
        if known.len() >= MOST {
            return Err(AdminError::invalid("name", "cannot be added: a tenant has at most 20 model providers"));
        }
        self.check_inbox(tenant, form.inbox_id).await?;
        let id = ModelProviderId(self.store.inner.ids.uuid());
        let after = known.iter().map(|provider| provider.position).max().unwrap_or(-1).saturating_add(1);
        let position = form.position.unwrap_or(after);
        let secret = match &form.api_key {
            KeyChange::Set(key) => Some(seal_one(&self.sealing_key(tenant).await?, &model_key_of(tenant, id), key)?),
            KeyChange::Keep | KeyChange::Remove => None,
        };
        check_way(&checked.base_url, secret.is_some())?;
        let row = self.row(tenant, id, &form, checked, position, secret);
        let name = row.name.clone();
        let entry = self.entry(tenant, Deed::new(Action::ModelProviderAdded, id));
        let made = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                rows::insert(tx, row).await?;
                entry.write(tx).await
            })
        });
        match made.await {
            Ok(()) => self.find_model_provider(tenant, id).await?.ok_or(AdminError::NoModelProvider(id)),
            Err(error) if is_taken(&error) => Err(AdminError::NameTaken(name)),
            Err(error) => Err(error.into()),
        }
    }

    /// Replaces a provider; its key stays unless the form says otherwise.
    ///
    /// # Errors
    /// As [`Admin::add_model_provider`]; also [`AdminError::NoModelProvider`], and [`StoreError::Busy`] if somebody changed it meanwhile.
    pub async fn replace_model_provider(
        &self,
        tenant: TenantId,
        id: ModelProviderId,
        form: ProviderForm,
    ) -> Result<ProviderView, AdminError> {
        let checked = check(&form, &self.outbound)?;
        let query = rows::find(tenant, id);
        let stored = self.store.tenant(tenant).read(|tx| Box::pin(query.one(tx))).await?.ok_or(AdminError::NoModelProvider(id))?;
        self.check_inbox(tenant, form.inbox_id).await?;
        let secret = match &form.api_key {
            KeyChange::Set(key) => Some(seal_one(&self.sealing_key(tenant).await?, &model_key_of(tenant, id), key)?),
            KeyChange::Remove => None,
            KeyChange::Keep if stored.secret.is_some() && stored.base_url != checked.base_url => {
                return Err(AdminError::invalid("api_key", "must be given again with another base_url, or be null"));
            }
            KeyChange::Keep => stored.secret.clone(),
        };
        check_way(&checked.base_url, secret.is_some())?;
        let position = form.position.unwrap_or(stored.position);
        let row = self.row(tenant, id, &form, checked, position, secret);
        let (name, revision) = (row.name.clone(), stored.revision);
        let entry = self.entry(tenant, Deed::new(Action::ModelProviderReplaced, id).fields(written(&form)));
        let changed = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let changed = rows::update(tx, row, revision).await?;
                entry.write_if(tx, changed).await?;
                Ok(changed)
            })
        });
        match changed.await {
            Ok(true) => self.find_model_provider(tenant, id).await?.ok_or(AdminError::NoModelProvider(id)),
            Ok(false) => Err(StoreError::Busy.into()),
            Err(error) if is_taken(&error) => Err(AdminError::NameTaken(name)),
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets a provider with its key.
    ///
    /// # Errors
    /// [`AdminError::NoModelProvider`].
    pub async fn remove_model_provider(&self, tenant: TenantId, id: ModelProviderId) -> Result<(), AdminError> {
        let entry = self.entry(tenant, Deed::new(Action::ModelProviderRemoved, id));
        let gone = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let gone = rows::delete(tx, tenant, id).await?;
                entry.write_if(tx, gone).await?;
                Ok(gone)
            })
        });
        if gone.await? { Ok(()) } else { Err(AdminError::NoModelProvider(id)) }
    }

    /// Returns the tenant's providers in the order in which they are asked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_model_providers(&self, tenant: TenantId) -> Result<Vec<ProviderView>, StoreError> {
        let query = rows::own(tenant);
        let rows = self.store.tenant(tenant).read(|tx| Box::pin(query.all(tx))).await?;
        Ok(rows.into_iter().map(ProviderView::from).collect())
    }

    /// Finds one of the tenant's providers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_model_provider(&self, tenant: TenantId, id: ModelProviderId) -> Result<Option<ProviderView>, StoreError> {
        let query = rows::find(tenant, id);
        let row = self.store.tenant(tenant).read(|tx| Box::pin(query.one(tx))).await?;
        Ok(row.map(ProviderView::from))
    }

    /// Opens one of the tenant's providers with its key, for a check.
    ///
    /// # Errors
    /// [`AdminError::NoModelProvider`]; [`AdminError::Sealing`] if the key does not open.
    pub async fn open_model_provider(&self, tenant: TenantId, id: ModelProviderId) -> Result<OwnProvider, AdminError> {
        let (query, keys) = (rows::find(tenant, id), data_key::Entity::find().filter(data_key::Column::TenantId.eq(tenant.0)));
        let read = read_as(&self.store, Role::Engine, |tx| Box::pin(async move { Ok((query.one(tx).await?, keys.all(tx).await?)) }));
        let (row, keys) = read.await?;
        Ok(own_provider(&self.ring, &keys, row.ok_or(AdminError::NoModelProvider(id))?)?)
    }

    async fn check_inbox(&self, tenant: TenantId, inbox: Option<InboxId>) -> Result<(), AdminError> {
        let Some(id) = inbox else { return Ok(()) };
        let known = self.list_inboxes(tenant).await?.iter().any(|inbox| inbox.id == id);
        if known { Ok(()) } else { Err(AdminError::NoInbox(id)) }
    }

    fn row(
        &self,
        tenant: TenantId,
        id: ModelProviderId,
        form: &ProviderForm,
        checked: Checked,
        position: i64,
        secret: Option<Vec<u8>>,
    ) -> Row {
        let Checked { name, kind, base_url, model, extras } = checked;
        let settings = serde_json::to_string(&extras).unwrap_or_else(|_| "{}".to_owned());
        let at = instant(self.store.inner.clock.now());
        let (inbox, enabled) = (form.inbox_id, form.enabled);
        Row { tenant, id, inbox, name, kind: kind.as_str(), base_url, model, secret, position, settings, enabled, at }
    }
}

/// Names the fields that a form writes; the key only if it is touched.
fn written(form: &ProviderForm) -> Vec<&'static str> {
    let mut fields = vec!["name", "kind", "base_url", "model", "inbox_id", "position", "prices", "parallel", "enabled"];
    match form.api_key {
        KeyChange::Set(_) | KeyChange::Remove => fields.push("api_key"),
        KeyChange::Keep => {}
    }
    fields
}
