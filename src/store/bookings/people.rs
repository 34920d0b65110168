//! What people read of the book: under the role of people, so that on PostgreSQL the database keeps the wall even where a query forgets.

use crate::domain::booking::waiting::Entry;
use crate::domain::booking::{Act, Actor, Agenda, Appointment, Outcome, Slot, Wanted};
use crate::domain::ids::{AppointmentId, ContactId, ConversationId, WaitlistId};
use crate::domain::time::Timestamp;
use crate::ports::bookings::Filter;
use crate::ports::store::StoreError;
use crate::ports::waitlist::WaitFilter;
use crate::store::TenantScope;
use crate::store::bookings::act::Wish;
use crate::store::bookings::ask::Ask;
use crate::store::bookings::{load, read, waitlist};
use crate::store::scope::store_error;
use std::sync::Arc;

impl TenantScope {
    const fn book(&self) -> Ask<'_> {
        Ask::People(self.store(), self.id())
    }

    /// Returns the agenda, from memory; `None`: nothing is offered and never was.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn agenda(&self) -> Result<Option<Arc<Agenda>>, StoreError> {
        self.store().offering(self.book(), self.id()).await
    }

    /// Lists free slots, earliest first, by the same rule that holds them.
    ///
    /// # Errors
    /// As [`TenantScope::agenda`].
    pub async fn slots(&self, wanted: &Wanted, now: Timestamp) -> Result<Vec<Slot>, StoreError> {
        self.store().offers((self.book(), self.id()), wanted, now).await
    }

    /// Does an act for somebody who sees what this scope shows.
    ///
    /// # Errors
    /// As [`TenantScope::agenda`]. A refusal is an outcome.
    pub async fn act(&self, actor: Actor, act: Act, now: Timestamp) -> Result<Outcome, StoreError> {
        let wish = Wish::new(self.id(), actor, act, now).seen_by(self.sight().clone());
        self.store().carry_out(wish).await
    }

    /// Finds an appointment, of whatever conversation.
    ///
    /// # Errors
    /// As [`TenantScope::agenda`].
    pub async fn appointment(&self, id: AppointmentId) -> Result<Option<Appointment>, StoreError> {
        load::one(self.book(), self.id(), id).await.map_err(store_error)
    }

    /// Lists appointments by start; what is seen is the filter's to say.
    ///
    /// # Errors
    /// As [`TenantScope::agenda`].
    pub async fn appointments(&self, filter: &Filter) -> Result<Vec<Appointment>, StoreError> {
        read::list(self.book(), self.id(), filter).await.map_err(store_error)
    }

    /// Finds an entry of the waiting list, of whatever conversation.
    ///
    /// # Errors
    /// As [`TenantScope::agenda`].
    pub async fn waiting_entry(&self, id: WaitlistId) -> Result<Option<Entry>, StoreError> {
        waitlist::one(self.book(), self.id(), id).await.map_err(store_error)
    }

    /// Lists who waits, in the order in which they joined; what is seen is the filter's to say.
    ///
    /// # Errors
    /// As [`TenantScope::agenda`].
    pub async fn waiting_entries(&self, filter: &WaitFilter) -> Result<Vec<Entry>, StoreError> {
        waitlist::list(self.book(), self.id(), filter).await.map_err(store_error)
    }

    /// Finds the newest conversation of a contact that is seen.
    ///
    /// # Errors
    /// As [`TenantScope::agenda`].
    pub async fn newest_conversation_of(&self, contact: ContactId) -> Result<Option<ConversationId>, StoreError> {
        waitlist::conversation_of(self.book(), self.id(), contact, self.sight()).await.map_err(store_error)
    }
}
