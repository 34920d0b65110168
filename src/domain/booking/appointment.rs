//! An appointment: one row from its hold to its end. A move is a new version of the same row.

use crate::domain::booking::agenda::Question;
use crate::domain::booking::questions::{QuestionKind, answer_of};
use crate::domain::booking::slot::Span;
use crate::domain::ids::{AppointmentId, ContactId, ConversationId, ResourceId, ServiceId};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where an appointment stands. Words of the database and the API: stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Kept for a customer who decides, until it expires.
    Held,
    /// Agreed with the customer; an outside calendar has not answered yet.
    Confirming,
    /// Agreed with the customer; an owner must approve.
    PendingOwner,
    /// It stands.
    Confirmed,
    /// Called off.
    Cancelled,
    /// It took place.
    Completed,
    /// The customer did not come.
    NoShow,
    /// A hold whose time ran out.
    Expired,
    /// A hold that was given back.
    Released,
    /// It could not be confirmed.
    Failed,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 10] = [
        Self::Held,
        Self::Confirming,
        Self::PendingOwner,
        Self::Confirmed,
        Self::Cancelled,
        Self::Completed,
        Self::NoShow,
        Self::Expired,
        Self::Released,
        Self::Failed,
    ];

    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Confirming => "confirming",
            Self::PendingOwner => "pending_owner",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::NoShow => "no_show",
            Self::Expired => "expired",
            Self::Released => "released",
            Self::Failed => "failed",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Returns true if the slot is nobody else's while the appointment stands here (a hold: until it expires).
    #[must_use]
    pub const fn protects(self) -> bool {
        matches!(self, Self::Held | Self::Confirming | Self::PendingOwner | Self::Confirmed)
    }

    /// Returns true if one may follow the other; everything else is refused wherever it is tried.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Held => matches!(next, Self::Confirming | Self::PendingOwner | Self::Confirmed | Self::Expired | Self::Released),
            // A late yes takes a free slot again.
            Self::Expired => matches!(next, Self::Confirming | Self::PendingOwner | Self::Confirmed),
            // Released: a move that waited, once its appointment has the time.
            Self::Confirming => matches!(next, Self::Confirmed | Self::PendingOwner | Self::Failed | Self::Cancelled | Self::Released),
            Self::PendingOwner => matches!(next, Self::Confirming | Self::Confirmed | Self::Cancelled | Self::Failed | Self::Released),
            Self::Confirmed => matches!(next, Self::Confirmed | Self::Cancelled | Self::Completed | Self::NoShow),
            Self::Completed => matches!(next, Self::NoShow),
            Self::NoShow => matches!(next, Self::Completed),
            Self::Cancelled | Self::Released | Self::Failed => false,
        }
    }
}

/// A seat of a resource that an appointment takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Seat {
    /// The resource.
    pub resource: ResourceId,
    /// Which of its seats, from 1 to its capacity.
    pub number: u16,
}

/// An appointment. `version` rises with every change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Appointment {
    /// Its id; names of outside events are derived from it.
    pub id: AppointmentId,
    /// From 1, one more with every change.
    pub version: i64,
    /// Where it stands.
    pub status: Status,
    /// What.
    pub service: ServiceId,
    /// The protected time, without buffers: half-open.
    pub span: Span,
    /// The seats it takes, one of each need.
    pub seats: Vec<Seat>,
    /// Minutes kept free before it, as the service said when it was made.
    pub buffer_before: u32,
    /// Minutes kept free after it.
    pub buffer_after: u32,
    /// A hold ends here.
    pub hold_expires_at: Option<Timestamp>,
    /// How often the hold was renewed.
    pub renewed: u8,
    /// The appointment that this hold would move: the two never stand in each other's way.
    pub moves: Option<AppointmentId>,
    /// For whom.
    pub contact: Option<ContactId>,
    /// Where it was agreed.
    pub conversation: Option<ConversationId>,
    /// The customer's name as given for it.
    pub name: Option<String>,
    /// The customer's telephone as given for it.
    pub phone: Option<String>,
    /// Where to send the confirmation by e-mail.
    pub email: Option<String>,
    /// Answers to the service's questions.
    pub answers: BTreeMap<String, String>,
    /// The language in which the customer was spoken to.
    pub language: Language,
    /// The zone that was named to the customer (IANA).
    pub zone: String,
    /// The start as it was named to the customer: `2027-03-15T09:00`, local to `zone`.
    pub local_start: String,
    /// What the customer was told last: `held`, `confirmed`, `moved`, `cancelled`…
    pub told: Option<String>,
    /// Why it was cancelled or failed: a fixed word.
    pub reason: Option<String>,
    /// Distinguishes outside events of one appointment, should one have to be made anew.
    pub generation: i64,
    /// Idempotency of whoever asked for it: unique per tenant where given.
    pub request_key: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

impl Appointment {
    /// Returns true if the slot is nobody else's at an instant.
    #[must_use]
    pub fn protects_at(&self, now: Timestamp) -> bool {
        self.status.protects() && (self.status != Status::Held || self.hold_expires_at.is_none_or(|end| end > now))
    }

    /// Takes address and telephone out of the answers to questions for them: what the customer said last.
    pub fn reach_by_answers(&mut self, questions: &[Question]) {
        let given = |kind| answer_of(kind, questions, &self.answers);
        let (email, phone) = (given(QuestionKind::Email), given(QuestionKind::Phone));
        self.email = email.or(self.email.take());
        self.phone = phone.or(self.phone.take());
    }

    /// Returns the name that it shares with the hold that would move it: such two never stand in each other's way.
    #[must_use]
    pub fn group(&self) -> AppointmentId {
        self.moves.unwrap_or(self.id)
    }
}
