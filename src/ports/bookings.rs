//! The book: what tools, people's API and the sweep need of it. Every act is one transaction that decides and writes; the turn's acts go with
//! the conversation's own commit instead ([`Writes::booking`](crate::domain::conversation::effect::Writes)).

use crate::domain::booking::waiting::Entry;
use crate::domain::booking::{Act, Actor, Agenda, Appointment, Outcome, Shown, Slot, Span, Status, Wanted};
use crate::domain::ids::{AppointmentId, ContactId, ConversationKey, ResourceId, ServiceId, TenantId};
use crate::domain::membership::Sight;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use async_trait::async_trait;
use std::sync::Arc;

/// Where a customer stands with the book: what a conversation needs to go on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Desk {
    /// The contact of the conversation.
    pub contact: Option<ContactId>,
    /// The slots that were shown last in this conversation, with their handles.
    pub shown: Vec<Shown>,
    /// The newest hold of this conversation that no confirmation or release has ended, live or expired, at most a day old.
    pub hold: Option<Appointment>,
    /// The contact's appointments that stand and have not ended, earliest first, at most 20.
    pub appointments: Vec<Appointment>,
    /// The contact's live entries of the waiting list, in the order in which they joined.
    pub waiting: Vec<Entry>,
}

/// Which appointments a list holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Those that overlap this span.
    pub within: Option<Span>,
    /// Those of a service.
    pub service: Option<ServiceId>,
    /// Those of a resource.
    pub resource: Option<ResourceId>,
    /// Those of a contact.
    pub contact: Option<ContactId>,
    /// Those of conversations that are seen; those of no conversation always.
    pub seen: Sight,
    /// Those in one of these states; empty: any.
    pub status: Vec<Status>,
    /// Those after this one, in the order of start and id.
    pub after: Option<(Timestamp, AppointmentId)>,
    /// At most so many.
    pub limit: u32,
}

/// The book of all tenants.
#[async_trait]
pub trait Bookings: Send + Sync {
    /// Returns a tenant's agenda, from memory; `None`: it offers nothing and never did, or there is no such tenant.
    async fn agenda(&self, tenant: TenantId) -> Result<Option<Arc<Agenda>>, StoreError>;

    /// Lists free slots, earliest first, by the same rule that holds them. Resources whose outside calendar is unknown have none.
    async fn slots(&self, tenant: TenantId, wanted: Wanted, now: Timestamp) -> Result<Vec<Slot>, StoreError>;

    /// Returns where the customer of a conversation stands.
    async fn desk(&self, key: ConversationKey, now: Timestamp) -> Result<Desk, StoreError>;

    /// Finds an appointment.
    async fn appointment(&self, tenant: TenantId, id: AppointmentId) -> Result<Option<Appointment>, StoreError>;

    /// Lists appointments by start.
    async fn appointments(&self, tenant: TenantId, filter: Filter) -> Result<Vec<Appointment>, StoreError>;

    /// Decides and writes an act in one transaction of its own.
    async fn act(&self, tenant: TenantId, actor: Actor, act: Act, now: Timestamp) -> Result<Outcome, StoreError>;
}
