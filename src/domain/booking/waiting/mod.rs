//! The waiting list: who wants a time that is not free, and whose turn it is when one becomes free. Pure; the store reads the line, asks here,
//! and writes.
//!
//! ```text
//!   waiting ◀─▶ offered ──▶ booked
//!    │ │ │        │ └▶ declined
//!    │ │ └▶ left  └──▶ expired ──▶ booked, offered (a late yes)
//!    │ └──▶ expired (its days have passed)
//!    └────▶ booked (by another way)
//! ```
//!
//! An offer is a hold like any other: the wall protects it, it ends by itself, and the customer's yes goes the way of every yes. An entry is
//! offered one time after another only if the first was agreed to and came to nothing (an owner refuses, a calendar is taken): then it waits on in
//! its place. Who declines, or lets it run out, may join again, at the end of the line.

mod line;
mod list;
mod wish;

use crate::domain::booking::appointment::{Appointment, Status};
use crate::domain::ids::{AppointmentId, ContactId, ConversationId, ResourceId, ServiceId, WaitlistId};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

pub use line::{Offer, Place, next_look, next_offer, wanted};
pub use list::{Live, join};
pub use wish::{DAY_END, PartOfDay, WaitWish};

/// Where an entry stands. Words of the database and the API: stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitState {
    /// In line.
    Waiting,
    /// A time is held for them.
    Offered,
    /// They have an appointment.
    Booked,
    /// They said no to what was offered.
    Declined,
    /// They did not answer in time, or their days have passed.
    Expired,
    /// They left, or were taken off.
    Left,
}

impl WaitState {
    /// Every state.
    pub const ALL: [Self; 6] = [Self::Waiting, Self::Offered, Self::Booked, Self::Declined, Self::Expired, Self::Left];

    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Offered => "offered",
            Self::Booked => "booked",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Left => "left",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Returns true while something may still come of it.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Waiting | Self::Offered)
    }

    /// Returns what an entry becomes when the hold that was offered to it changes; `moved`: the hold has moved the appointment that it was to
    /// move. `None`: it stays.
    #[must_use]
    pub const fn after_offer(self, hold: Status, moved: bool) -> Option<Self> {
        match (hold, self) {
            (Status::Confirmed, Self::Offered | Self::Expired) => Some(Self::Booked),
            // A late yes that is not through yet.
            (Status::Confirming | Status::PendingOwner, Self::Expired) => Some(Self::Offered),
            // Agreed to, and nothing came of it: their place is kept.
            (Status::Failed | Status::Cancelled, Self::Offered) => Some(Self::Waiting),
            (Status::Released, Self::Offered | Self::Expired) if moved => Some(Self::Booked),
            (Status::Released, Self::Offered) => Some(Self::Declined),
            (Status::Expired, Self::Offered) => Some(Self::Expired),
            (
                Status::Held
                | Status::Confirming
                | Status::PendingOwner
                | Status::Confirmed
                | Status::Cancelled
                | Status::Completed
                | Status::NoShow
                | Status::Expired
                | Status::Released
                | Status::Failed,
                Self::Waiting | Self::Offered | Self::Booked | Self::Declined | Self::Expired | Self::Left,
            ) => None,
        }
    }
}

/// Somebody who waits, or has waited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id.
    pub id: WaitlistId,
    /// Where it stands.
    pub state: WaitState,
    /// What is wished for.
    pub service: ServiceId,
    /// One of these must be among those that give it; empty: anybody.
    pub resources: Vec<ResourceId>,
    /// When it must be.
    pub wish: WaitWish,
    /// The appointment that a time would move; `None`: it would be another one.
    pub moves: Option<AppointmentId>,
    /// Who waits.
    pub contact: ContactId,
    /// Where they are told.
    pub conversation: ConversationId,
    /// Their name, as far as known.
    pub name: Option<String>,
    /// The language that they speak.
    pub language: Language,
    /// The hold that was offered to them, or the appointment that they made.
    pub appointment: Option<AppointmentId>,
    /// When they joined: their place in the line.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// Names the request of an offer: the same once more is the same hold.
const KEY: &str = "waitlist:";

/// Returns the request key of an offer of a hold to an entry.
#[must_use]
pub fn offer_key(entry: WaitlistId, hold: AppointmentId) -> String {
    format!("{KEY}{entry}:{hold}")
}

/// Returns the entry to which a hold was offered.
#[must_use]
pub fn offered_to(hold: &Appointment) -> Option<WaitlistId> {
    hold.request_key.as_deref()?.strip_prefix(KEY)?.split(':').next()?.parse().ok()
}

/// Returns true if a change is a booking that ends its customer's wait: newly confirmed, or moved to another time. What an owner or a calendar
/// may still refuse ends nothing.
#[must_use]
pub fn is_new_booking(before: Option<&Appointment>, after: &Appointment) -> bool {
    let stood = |before: &Appointment| before.status == Status::Confirmed && before.span == after.span;
    after.status == Status::Confirmed && !before.is_some_and(stood)
}

#[cfg(test)]
mod tests;
