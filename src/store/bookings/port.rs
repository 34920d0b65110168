//! The store as the book's port: acts as solo operations, reads by the readers.

use crate::domain::booking::{Act, Actor, Agenda, Appointment, Book, Outcome, Slot, Wanted, reach_of, slots};
use crate::domain::ids::{AppointmentId, ConversationKey, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::bookings::{Bookings, Desk, Filter};
use crate::ports::calendar::Calendars;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::bookings::act::{Wish, carry_out, taken};
use crate::store::bookings::ask::Ask;
use crate::store::bookings::outside::Purpose;
use crate::store::bookings::{load, read};
use crate::store::rows::Tx;
use crate::store::scope::store_error;
use async_trait::async_trait;
use sea_orm::DbErr;
use std::sync::Arc;

/// Tries of an act: the second sees what was quicker than the first.
const TRIES: usize = 2;

#[async_trait]
impl Bookings for Store {
    async fn agenda(&self, tenant: TenantId) -> Result<Option<Arc<Agenda>>, StoreError> {
        self.offering(Ask::Beside(self), tenant).await
    }

    async fn slots(&self, tenant: TenantId, wanted: Wanted, now: Timestamp) -> Result<Vec<Slot>, StoreError> {
        self.offers((Ask::Beside(self), tenant), &wanted, now).await
    }

    async fn desk(&self, key: ConversationKey, now: Timestamp) -> Result<Desk, StoreError> {
        read::desk(Ask::Beside(self), key, now).await.map_err(store_error)
    }

    async fn appointment(&self, tenant: TenantId, id: AppointmentId) -> Result<Option<Appointment>, StoreError> {
        load::one(Ask::Beside(self), tenant, id).await.map_err(store_error)
    }

    async fn appointments(&self, tenant: TenantId, filter: Filter) -> Result<Vec<Appointment>, StoreError> {
        read::list(Ask::Beside(self), tenant, &filter).await.map_err(store_error)
    }

    async fn act(&self, tenant: TenantId, actor: Actor, act: Act, now: Timestamp) -> Result<Outcome, StoreError> {
        self.carry_out(Wish::new(tenant, actor, act, now)).await
    }
}

impl Store {
    /// Asks the outside calendars and does an act, once more if somebody was quicker.
    pub(super) async fn carry_out(&self, wish: Wish) -> Result<Outcome, StoreError> {
        self.ask_outside(&wish).await?;
        for _ in 0..TRIES {
            if let Some(outcome) = self.try_act(&wish).await? {
                return Ok(outcome);
            }
        }
        Ok(taken())
    }

    /// Says whom to ask for the busy times of outside calendars; without it they are unknown. Only the first call counts.
    pub fn use_calendars(&self, calendars: Arc<dyn Calendars>) {
        self.inner.agendas.outside.ask(calendars);
    }

    /// Returns a tenant's agenda; `None`: it offers nothing and never did.
    pub(super) async fn offering(&self, ask: Ask<'_>, tenant: TenantId) -> Result<Option<Arc<Agenda>>, StoreError> {
        let agenda = self.inner.agendas.of(ask, tenant).await.map_err(store_error)?;
        Ok(agenda.filter(|agenda| !agenda.services.is_empty() || !agenda.retired.services.is_empty()))
    }

    /// Lists free slots by what is asked of the rows.
    pub(super) async fn offers(
        &self,
        (ask, tenant): (Ask<'_>, TenantId),
        wanted: &Wanted,
        now: Timestamp,
    ) -> Result<Vec<Slot>, StoreError> {
        let Some(agenda) = self.offering(ask, tenant).await? else { return Ok(Vec::new()) };
        let Some(reach) = reach_of(&agenda, wanted, now) else { return Ok(Vec::new()) };
        let outside = &self.inner.agendas.outside;
        let busy = match reach.span {
            Some(span) => {
                outside.refresh((tenant, &agenda), &reach.resources, span, now, Purpose::Offer).await;
                outside.known(tenant, &agenda, &reach.resources, span, now)
            }
            None => Vec::new(),
        };
        let appointments = load::book(ask, tenant, &reach, None, now).await.map_err(store_error)?;
        Ok(slots(&Book { agenda: &agenda, appointments: &appointments, busy: &busy, shown: &[], now }, wanted))
    }

    /// Asks the outside calendars that an act bears on, before its transaction begins. What is not known then is not free.
    pub(in crate::store) async fn ask_outside(&self, wish: &Wish) -> Result<(), StoreError> {
        let tenant = wish.tenant();
        let Some(agenda) = self.agenda(tenant).await? else { return Ok(()) };
        if !agenda.resources.iter().any(|resource| resource.outside_calendar) {
            return Ok(());
        }
        let current = match wish.named().filter(|_| !wish.makes()) {
            Some(id) => self.appointment(tenant, id).await?,
            None => None,
        };
        if let Some((reach, span)) = wish.reach(&agenda, current.as_ref()).and_then(|reach| reach.span.map(|span| (reach, span))) {
            self.inner.agendas.outside.refresh((tenant, &agenda), &reach.resources, span, wish.now(), wish.purpose()).await;
        }
        Ok(())
    }

    /// Returns `None` if somebody was quicker: nothing was written then.
    async fn try_act(&self, wish: &Wish) -> Result<Option<Outcome>, StoreError> {
        if self.inner.engine_readers.is_some() {
            return self.inner.writer.act(wish.clone()).await;
        }
        let (agendas, ids, role, wish) = (self.inner.agendas.clone(), Arc::clone(&self.inner.ids), wish.role(), wish.clone());
        let done = self.solo_told(role, move |tx| Box::pin(async move { carry_out(Tx::new(tx, &*ids), &agendas, &wish).await }));
        match done.await? {
            Ok(outcome) => Ok(Some(outcome)),
            Err(DbErr::RecordNotUpdated) => Ok(None),
            Err(error) => Err(store_error(error)),
        }
    }
}
