//! What the operator stops and lets go on: a tenant or a feature of it. Kept with its reason when it has ended.

use crate::domain::audit::{Action, Deed};
use crate::domain::ids::TenantId;
use crate::domain::suspension::{Feature, MAX_REASON, Suspension};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::admin::{Admin, AdminError, bump};
use crate::store::scope::{Role, read_as};
use crate::store::time::{instant, timestamp};
use entities::instant::Instant;
use entities::suspension::{Column as C, Entity, Model};
use entities::tenant;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

/// A suspension to be ordered.
#[derive(Clone, Debug)]
pub struct NewSuspension {
    /// What is stopped.
    pub feature: Feature,
    /// Why, in words for the tenant's people.
    pub reason: String,
    /// From when; `None`: now.
    pub from: Option<Timestamp>,
    /// Until when; `None`: until it is ended.
    pub until: Option<Timestamp>,
}

impl Admin {
    /// Stops a tenant or a feature of it. Running servers notice within a second.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] names the field; [`AdminError::NoTenant`].
    pub async fn suspend(&self, tenant: TenantId, new: NewSuspension) -> Result<Suspension, AdminError> {
        let now = self.store.inner.clock.now();
        let reason = new.reason.trim().to_owned();
        if reason.is_empty() || reason.chars().count() > MAX_REASON || reason.chars().any(char::is_control) {
            return Err(AdminError::invalid("reason", "must be 1 to 500 characters without line breaks"));
        }
        let from = new.from.unwrap_or(now);
        if new.until.is_some_and(|until| until <= from.max(now)) {
            return Err(AdminError::invalid("until", "must lie after from, and in the future"));
        }
        let made = Suspension { id: self.store.inner.ids.uuid(), feature: new.feature, reason, from, until: new.until };
        let deed = Deed::new(Action::Suspended, made.id).after("feature", made.feature.as_str());
        let (row, entry) = (made.clone(), self.entry(tenant, deed));
        let found = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let found = insert(tx, tenant, &row, instant(now)).await?;
                entry.write_if(tx, found).await?;
                Ok(found)
            })
        });
        if found.await? { Ok(made) } else { Err(AdminError::NoTenant(tenant.to_string())) }
    }

    /// Ends every suspension of a feature that has not ended, also one that would only begin; of all features if none is named. Returns
    /// how many there were, each with its own row in the audit log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn resume(&self, tenant: TenantId, feature: Option<Feature>) -> Result<usize, AdminError> {
        let now = self.store.inner.clock.now();
        let entry = self.entry(tenant, Deed::new(Action::Resumed, tenant));
        let ended = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                bump(tx).await?;
                let open = open(tenant, instant(now).value(tx.get_database_backend()));
                let rows: Vec<Model> =
                    open.all(tx).await?.into_iter().filter(|row| feature.is_none_or(|one| one.as_str() == row.feature)).collect();
                for row in &rows {
                    end(tx, row, instant(now)).await?;
                    let mut entry = entry.clone();
                    entry.deed = Deed::new(Action::Resumed, row.id).before("feature", &row.feature);
                    entry.write(tx).await?;
                }
                Ok(rows.len())
            })
        });
        Ok(ended.await?)
    }

    /// Returns the tenant's suspensions that have not ended, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_suspensions(&self, tenant: TenantId) -> Result<Vec<Suspension>, StoreError> {
        let query = open(tenant, instant(self.store.inner.clock.now()).value(self.store.backend()));
        let rows = self.store.tenant(tenant).read(|tx| Box::pin(query.all(tx))).await?;
        Ok(rows.into_iter().map(suspension).collect())
    }
}

/// Those of a tenant that have not ended at a moment.
pub(in crate::store) fn open(tenant: TenantId, now: sea_orm::Value) -> Select<Entity> {
    let goes_on = Condition::any().add(C::UntilAt.is_null()).add(C::UntilAt.gt(now));
    Entity::find().filter(C::TenantId.eq(tenant.0)).filter(C::EndedAt.is_null()).filter(goes_on).order_by_asc(C::FromAt).order_by_asc(C::Id)
}

/// Reads a row. A feature of another release stops everything: what was ordered must not be without effect.
pub(in crate::store) fn suspension(row: Model) -> Suspension {
    let Model { id, feature, reason, from_at, until_at, .. } = row;
    let feature = Feature::parse(&feature).unwrap_or(Feature::All);
    Suspension { id, feature, reason, from: timestamp(from_at), until: until_at.map(timestamp) }
}

async fn insert(tx: &DatabaseTransaction, tenant: TenantId, new: &Suspension, now: Instant) -> Result<bool, DbErr> {
    bump(tx).await?;
    if tenant::Entity::find_by_id(tenant.0).one(tx).await?.is_none() {
        return Ok(false);
    }
    let backend = tx.get_database_backend();
    let mut statement = Query::insert();
    let columns = [C::TenantId, C::Id, C::Feature, C::Reason, C::FromAt, C::UntilAt, C::CreatedAt];
    statement.into_table(Entity).columns(columns).values_panic([
        Expr::val(tenant.0),
        Expr::val(new.id),
        Expr::val(new.feature.as_str()),
        Expr::val(new.reason.as_str()),
        Expr::val(instant(new.from).value(backend)),
        Expr::val(Instant::optional(new.until.map(instant), backend)),
        Expr::val(now.value(backend)),
    ]);
    tx.execute(&statement).await?;
    Ok(true)
}

async fn end(tx: &DatabaseTransaction, row: &Model, now: Instant) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(C::EndedAt, Expr::val(now.value(tx.get_database_backend())))
        .filter(C::TenantId.eq(row.tenant_id))
        .filter(C::Id.eq(row.id));
    update.exec(tx).await.map(drop)
}

/// Names the tenants for which everything is stopped at a moment.
pub(in crate::store) async fn stopped_tenants(store: &crate::store::Store, now: Timestamp) -> Result<Vec<Uuid>, StoreError> {
    let at = instant(now).value(store.backend());
    let goes_on = Condition::any().add(C::UntilAt.is_null()).add(C::UntilAt.gt(at.clone()));
    let held =
        Entity::find().filter(C::Feature.eq(Feature::All.as_str())).filter(C::EndedAt.is_null()).filter(C::FromAt.lte(at)).filter(goes_on);
    let rows = read_as(store, Role::Engine, |tx| Box::pin(held.all(tx))).await?;
    Ok(rows.into_iter().map(|row| row.tenant_id).collect())
}
