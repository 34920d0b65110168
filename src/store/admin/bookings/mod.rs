//! The agenda as people set it: services, resources, holidays, rules. Checked field by field before anything is written.
//!
//! What appointments refer to is never deleted, only no longer offered. Never touches an appointment: those that stand are kept, whatever
//! the new hours say.

mod check;
mod feed;
mod rows;
#[cfg(test)]
mod tests;

use crate::domain::audit::{Action, Deed};
use crate::domain::booking::{Holiday, Rules, Service};
use crate::domain::ids::{ResourceId, ServiceId, TenantId};
use crate::ports::ids::IdSource;
use crate::ports::store::StoreError;
use crate::store::admin::{Admin, AdminError, bump};
use crate::store::audit;
pub use crate::store::bookings::agenda::ResourceDefinition;
use crate::store::bookings::ask::Ask;
use crate::store::rows::Tx;
use crate::store::scope::{Role, store_error};
use chrono::NaiveDate;
use futures::future::BoxFuture;
use sea_orm::DbErr;
use std::sync::Arc;
use uuid::Uuid;

/// Most services, and most resources, of a tenant.
const MOST: i64 = 500;

/// Something that is offered, or was.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer<T> {
    /// What.
    pub what: T,
    /// Its place in the list, lowest first.
    pub position: i64,
    /// False: kept, but no longer offered.
    pub active: bool,
}

/// What became of something that was to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Gone,
    /// Appointments refer to it: it is only no longer offered.
    Retired,
}

impl Removed {
    /// Returns a word for it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Retired => "retired",
        }
    }
}

/// Tells of a deed whatever the change answers.
fn always<T>(deed: Deed) -> impl FnOnce(&T) -> Option<Deed> {
    move |_| Some(deed)
}

/// What a change came to inside its transaction.
type Told<T> = Result<Result<T, AdminError>, DbErr>;

impl Admin {
    /// Adds a service; the id in the form is not looked at.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] names the field.
    pub async fn add_service(&self, tenant: TenantId, offer: Offer<Service>) -> Result<Offer<Service>, AdminError> {
        let id = ServiceId(self.store.inner.ids.uuid());
        self.put_service(tenant, Offer { what: Service { id, ..offer.what }, ..offer }, true).await
    }

    /// Replaces a service by its id.
    ///
    /// # Errors
    /// As [`Admin::add_service`]; also [`AdminError::NoService`].
    pub async fn replace_service(&self, tenant: TenantId, offer: Offer<Service>) -> Result<Offer<Service>, AdminError> {
        self.put_service(tenant, offer, false).await
    }

    async fn put_service(&self, tenant: TenantId, offer: Offer<Service>, new: bool) -> Result<Offer<Service>, AdminError> {
        check::service(&offer.what)?;
        let now = self.store.inner.clock.now();
        let answer = offer.clone();
        let action = if new { Action::ServiceAdded } else { Action::ServiceReplaced };
        let deed = Deed::new(action, offer.what.id);
        self.change(tenant, always(deed), move |tx| Box::pin(async move { rows::put_service(tx, tenant, &offer, new, now).await })).await?;
        Ok(answer)
    }

    /// Deletes a service, or retires it if appointments refer to it.
    ///
    /// # Errors
    /// [`AdminError::NoService`].
    pub async fn remove_service(&self, tenant: TenantId, id: ServiceId) -> Result<Removed, AdminError> {
        let removed = self.remove(tenant, &rows::SERVICE, id.0, Deed::new(Action::ServiceRemoved, id)).await?;
        removed.ok_or(AdminError::NoService(id))
    }

    /// Returns every service, retired ones too, in the order in which they are offered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_services(&self, tenant: TenantId) -> Result<Vec<Offer<Service>>, StoreError> {
        rows::services(Ask::People(&self.store, tenant), tenant).await.map_err(store_error)
    }

    /// Adds a resource.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] names the field.
    pub async fn add_resource(&self, tenant: TenantId, offer: Offer<ResourceDefinition>) -> Result<ResourceId, AdminError> {
        let id = ResourceId(self.store.inner.ids.uuid());
        self.put_resource(tenant, id, offer, true).await.map(|()| id)
    }

    /// Replaces a resource.
    ///
    /// # Errors
    /// As [`Admin::add_resource`]; also [`AdminError::NoResource`].
    pub async fn replace_resource(&self, tenant: TenantId, id: ResourceId, offer: Offer<ResourceDefinition>) -> Result<(), AdminError> {
        self.put_resource(tenant, id, offer, false).await
    }

    async fn put_resource(&self, tenant: TenantId, id: ResourceId, offer: Offer<ResourceDefinition>, new: bool) -> Result<(), AdminError> {
        check::resource(&offer.what)?;
        let now = self.store.inner.clock.now();
        let action = if new { Action::ResourceAdded } else { Action::ResourceReplaced };
        self.change(tenant, always(Deed::new(action, id)), move |tx| {
            Box::pin(async move { rows::put_resource(tx, (tenant, id), &offer, new, now).await })
        })
        .await
    }

    /// Deletes a resource, or retires it if appointments refer to it. Services that need it go on with the others they name.
    ///
    /// # Errors
    /// [`AdminError::NoResource`].
    pub async fn remove_resource(&self, tenant: TenantId, id: ResourceId) -> Result<Removed, AdminError> {
        let removed = self.remove(tenant, &rows::RESOURCE, id.0, Deed::new(Action::ResourceRemoved, id)).await?;
        removed.ok_or(AdminError::NoResource(id))
    }

    /// Returns every resource, retired ones too, in the order in which they are offered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_resources(&self, tenant: TenantId) -> Result<Vec<(ResourceId, Offer<ResourceDefinition>)>, StoreError> {
        rows::resources(Ask::People(&self.store, tenant), tenant).await.map_err(store_error)
    }

    /// Adds or renames a holiday.
    ///
    /// # Errors
    /// [`AdminError::Invalid`].
    pub async fn put_holiday(&self, tenant: TenantId, holiday: Holiday) -> Result<(), AdminError> {
        check::holiday(&holiday)?;
        let deed = Deed::new(Action::HolidaySet, holiday.date);
        self.change(tenant, always(deed), move |tx| Box::pin(async move { rows::put_holiday(tx, tenant, &holiday).await })).await
    }

    /// Deletes a holiday; returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_holiday(&self, tenant: TenantId, date: NaiveDate) -> Result<bool, AdminError> {
        let deed = move |gone: &bool| gone.then(|| Deed::new(Action::HolidayRemoved, date));
        self.change(tenant, deed, move |tx| Box::pin(async move { rows::remove_holiday(tx, tenant, date).await })).await
    }

    /// Returns the tenant's holidays by date.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_holidays(&self, tenant: TenantId) -> Result<Vec<Holiday>, StoreError> {
        rows::holidays(Ask::People(&self.store, tenant), tenant).await.map_err(store_error)
    }

    /// Replaces the tenant's own rules.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] names the field.
    pub async fn put_booking_rules(&self, tenant: TenantId, rules: Rules) -> Result<(), AdminError> {
        check::rules(&rules)?;
        let now = self.store.inner.clock.now();
        let deed = Deed::new(Action::BookingRulesReplaced, tenant);
        self.change(tenant, always(deed), move |tx| Box::pin(async move { rows::put_rules(tx, tenant, &rules, now).await })).await
    }

    /// Returns the tenant's rules, the defaults where it has none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn booking_rules(&self, tenant: TenantId) -> Result<Rules, StoreError> {
        rows::rules(Ask::People(&self.store, tenant), tenant).await.map_err(store_error)
    }

    async fn remove(&self, tenant: TenantId, what: &'static rows::Kept, id: Uuid, deed: Deed) -> Result<Option<Removed>, AdminError> {
        let told = move |removed: &Option<Removed>| removed.map(|removed| deed.after("state", removed.as_str()));
        self.change(tenant, told, move |tx| Box::pin(async move { rows::remove(tx, tenant, what, id).await.map(Ok) })).await
    }

    /// Runs a change in a transaction that raises the version of the settings and writes the audit log, then forgets the version that was
    /// believed. `deed` says what was done, if anything was.
    async fn change<T, D, F>(&self, tenant: TenantId, deed: D, change: F) -> Result<T, AdminError>
    where
        D: FnOnce(&T) -> Option<Deed> + Send + 'static,
        T: Send + 'static,
        F: for<'a> FnOnce(Tx<'a>) -> BoxFuture<'a, Told<T>> + Send + 'static,
    {
        let ids: Arc<dyn IdSource> = Arc::clone(&self.store.inner.ids);
        let (by, at) = (self.by.clone(), self.store.inner.clock.now());
        let done = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                bump(tx).await?;
                let told = change(Tx::new(tx, &*ids)).await?;
                if let Some(deed) = told.as_ref().ok().and_then(deed) {
                    audit::record(tx, tenant, &by, at, &deed).await?;
                }
                Ok(told)
            })
        });
        let answer = done.await;
        self.store.inner.agendas.changed().await;
        answer?
    }
}
