//! Tenants: made by the operator, listed, found by slug, taught facts.

use crate::domain::audit::{Action, Deed};
use crate::domain::facts::Facts;
use crate::domain::ids::TenantId;
use crate::ports::store::StoreError;
use crate::store::admin::suspensions::stopped_tenants;
use crate::store::admin::{Admin, AdminError, bump, check_name, is_taken};
use crate::store::scope::{Role, assume, read_as};
use crate::store::time::instant;
use entities::{tenant, tenant_feed};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, IdenStatic, QueryFilter, QueryOrder};

const NO_LOCALE: &str = "must be a language tag such as es-MX";
const NO_ZONE: &str = "must be an IANA zone name such as America/Hermosillo";

/// A tenant to be made.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Short name: 2 to 40 of `a-z`, `0-9` and `-`, no dash at either end.
    pub slug: String,
    /// The name that customers read.
    pub name: String,
    /// Default language, such as `es-MX`.
    pub locale: String,
    /// IANA zone name, such as `America/Hermosillo`.
    pub timezone: String,
}

/// A tenant as its operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TenantView {
    /// Its id.
    pub id: TenantId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its default language.
    pub locale: String,
    /// Its zone.
    pub timezone: String,
    /// `active` or `suspended`.
    pub state: String,
}

/// What is to be another way about a tenant; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct TenantChange {
    /// The name that customers read.
    pub name: Option<String>,
    /// Default language.
    pub locale: Option<String>,
    /// IANA zone name.
    pub timezone: Option<String>,
}

impl From<tenant::Model> for TenantView {
    fn from(row: tenant::Model) -> Self {
        let tenant::Model { id, slug, name, locale, timezone, state, .. } = row;
        Self { id: TenantId(id), slug, name, locale, timezone, state }
    }
}

impl Admin {
    /// Makes a tenant.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::SlugTaken`].
    pub async fn create_tenant(&self, new: NewTenant) -> Result<TenantView, AdminError> {
        let view = check(new, TenantId(self.store.inner.ids.uuid()))?;
        let at = instant(self.store.inner.clock.now());
        let row = view.clone();
        let entry = self.entry(view.id, Deed::new(Action::TenantCreated, view.id));
        let made = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                insert(tx, &row, at).await?;
                entry.write(tx).await
            })
        });
        match made.await {
            Ok(()) => Ok(view),
            Err(error) if is_taken(&error) => Err(AdminError::SlugTaken(view.slug)),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns every tenant by slug.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_tenants(&self) -> Result<Vec<TenantView>, StoreError> {
        let rows = read_as(&self.store, Role::Engine, |tx| Box::pin(tenant::Entity::find().order_by_asc(tenant::Column::Slug).all(tx)));
        let mut views: Vec<TenantView> = rows.await?.into_iter().map(TenantView::from).collect();
        let stopped = stopped_tenants(&self.store, self.store.inner.clock.now()).await?;
        for view in views.iter_mut().filter(|view| stopped.contains(&view.id.0)) {
            "suspended".clone_into(&mut view.state);
        }
        Ok(views)
    }

    /// Finds a tenant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_tenant(&self, slug: &str) -> Result<Option<TenantView>, StoreError> {
        let by_slug = tenant::Entity::find().filter(tenant::Column::Slug.eq(slug));
        let row = read_as(&self.store, Role::Engine, |tx| Box::pin(by_slug.one(tx))).await?;
        Ok(row.map(TenantView::from))
    }

    /// Finds a tenant that must be there.
    ///
    /// # Errors
    /// [`AdminError::NoTenant`].
    pub async fn require_tenant(&self, slug: &str) -> Result<TenantView, AdminError> {
        self.find_tenant(slug).await?.ok_or_else(|| AdminError::NoTenant(slug.to_owned()))
    }

    /// Changes a tenant, as one of its people.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::NoTenant`].
    pub async fn change_tenant(&self, id: TenantId, change: TenantChange) -> Result<TenantView, AdminError> {
        use tenant::Column as C;
        let TenantChange { name, locale, timezone } = change;
        let name = name.map(|name| check_name("name", &name)).transpose()?;
        if locale.as_deref().is_some_and(|locale| !is_locale(locale)) {
            return Err(AdminError::invalid("locale", NO_LOCALE));
        }
        if timezone.as_deref().is_some_and(|zone| zone.parse::<chrono_tz::Tz>().is_err()) {
            return Err(AdminError::invalid("timezone", NO_ZONE));
        }
        let set: Vec<(C, String)> = [(C::Name, name), (C::Locale, locale), (C::Timezone, timezone)]
            .into_iter()
            .filter_map(|(column, value)| Some((column, value?)))
            .collect();
        let entry = self.entry(id, Deed::new(Action::BusinessChanged, id).fields(set.iter().map(|(column, _)| column.as_str())));
        let write = self.store.solo(Role::People(id), move |tx| {
            Box::pin(async move {
                bump(tx).await?;
                let changed = !set.is_empty();
                if changed {
                    let update = set
                        .into_iter()
                        .fold(tenant::Entity::update_many(), |update, (column, value)| update.col_expr(column, Expr::val(value)));
                    update.filter(C::Id.eq(id.0)).exec(tx).await?;
                }
                let row = tenant::Entity::find().filter(C::Id.eq(id.0)).one(tx).await?;
                // The log is the engine's alone.
                assume(tx, Role::Engine).await?;
                entry.write_if(tx, changed && row.is_some()).await?;
                Ok(row)
            })
        });
        write.await?.map(TenantView::from).ok_or_else(|| AdminError::NoTenant(id.to_string()))
    }

    /// Replaces what the tenant's assistant may say about the business.
    ///
    /// # Errors
    /// [`AdminError::NoTenant`].
    pub async fn set_facts(&self, id: TenantId, facts: &Facts) -> Result<(), AdminError> {
        let Ok(text) = serde_json::to_string(facts) else {
            return Err(AdminError::invalid("facts", "cannot be written as JSON"));
        };
        let entry = self.entry(id, Deed::new(Action::FactsReplaced, id).fields(["facts"]));
        let changed = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let changed = write_facts(tx, id, text).await?;
                entry.write_if(tx, changed > 0).await?;
                Ok(changed)
            })
        });
        let changed = changed.await?;
        if changed == 0 { Err(AdminError::NoTenant(id.to_string())) } else { Ok(()) }
    }
}

/// Writes the tenant and its counters.
pub(in crate::store) async fn insert(tx: &DatabaseTransaction, view: &TenantView, at: entities::instant::Instant) -> Result<(), DbErr> {
    use tenant::Column as C;
    bump(tx).await?;
    let mut row = Query::insert();
    row.into_table(tenant::Entity).columns([C::Id, C::Slug, C::Name, C::Locale, C::Timezone, C::CreatedAt]).values_panic([
        Expr::val(view.id.0),
        Expr::val(view.slug.as_str()),
        Expr::val(view.name.as_str()),
        Expr::val(view.locale.as_str()),
        Expr::val(view.timezone.as_str()),
        Expr::val(at.value(tx.get_database_backend())),
    ]);
    tx.execute(&row).await?;
    let mut feed = Query::insert();
    feed.into_table(tenant_feed::Entity).columns([tenant_feed::Column::TenantId]).values_panic([Expr::val(view.id.0)]);
    tx.execute(&feed).await?;
    Ok(())
}

async fn write_facts(tx: &DatabaseTransaction, id: TenantId, text: String) -> Result<u64, DbErr> {
    bump(tx).await?;
    let update = tenant::Entity::update_many().col_expr(tenant::Column::Facts, Expr::val(text)).filter(tenant::Column::Id.eq(id.0));
    Ok(update.exec(tx).await?.rows_affected)
}

/// Parses the fields of a new tenant.
fn check(new: NewTenant, id: TenantId) -> Result<TenantView, AdminError> {
    let NewTenant { slug, name, locale, timezone } = new;
    let slug_fits = (2..=40).contains(&slug.len())
        && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !slug.starts_with('-')
        && !slug.ends_with('-');
    if !slug_fits {
        return Err(AdminError::invalid("slug", "must be 2 to 40 of a-z, 0-9 and -, with no dash at either end"));
    }
    if !is_locale(&locale) {
        return Err(AdminError::invalid("locale", NO_LOCALE));
    }
    if timezone.parse::<chrono_tz::Tz>().is_err() {
        return Err(AdminError::invalid("timezone", NO_ZONE));
    }
    Ok(TenantView { id, slug, name: check_name("name", &name)?, locale, timezone, state: "active".to_owned() })
}

/// Returns true for the shape of a language tag: a language of 2 or 3 letters, then parts of 2 to 8 letters and digits.
fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && text.len() <= 35
        && parts.all(|part| (2..=8).contains(&part.len()) && plain(part))
}
