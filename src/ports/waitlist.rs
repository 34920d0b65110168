//! The waiting list: what the engine needs to serve it, and what tools and people's API read of it. Joining, leaving and offering are acts of
//! the book ([`Bookings::act`](crate::ports::bookings::Bookings::act)).

use crate::domain::booking::waiting::{Place, WaitState};
use crate::domain::ids::{AppointmentId, ContactId, ServiceId, TenantId, WaitlistId};
use crate::domain::membership::Sight;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use async_trait::async_trait;

/// Which entries a list holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WaitFilter {
    /// Those for a service.
    pub service: Option<ServiceId>,
    /// Those of a contact.
    pub contact: Option<ContactId>,
    /// Those in one of these states; empty: any.
    pub state: Vec<WaitState>,
    /// Those who are told in conversations that are seen.
    pub seen: Sight,
    /// Those after this one, in the order of the line.
    pub after: Option<(Timestamp, WaitlistId)>,
    /// At most so many.
    pub limit: u32,
}

/// An entry that was looked at without an offer.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// Which.
    pub entry: WaitlistId,
    /// What its number was: another one means that there is a new reason to look, and nothing is written.
    pub look_no: i64,
    /// When it must be looked at again; `None`: never, it ends.
    pub again: Option<Timestamp>,
    /// A time that was free was refused to them: they stand aside until then, or until there is a new reason.
    pub refused: bool,
}

/// The waiting lists of all tenants.
#[async_trait]
pub trait Waitlist: Send + Sync {
    /// Finds holds whose time has run out and that still say that they are held, oldest first.
    async fn over_holds(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, AppointmentId)>, StoreError>;

    /// Finds tenants with somebody in line for whom a time must be looked for.
    async fn to_look_for(&self, now: Timestamp, limit: u32) -> Result<Vec<TenantId>, StoreError>;

    /// Returns those who wait for the services of which somebody must be looked for, in the order of the line.
    async fn line(&self, tenant: TenantId, now: Timestamp) -> Result<Vec<Place>, StoreError>;

    /// Writes down that entries were looked at.
    async fn looked(&self, tenant: TenantId, looked: Vec<Looked>, now: Timestamp) -> Result<(), StoreError>;
}
