//! What can be done to the book, and what came of it. Decided purely, inside the transaction that writes it.

use crate::domain::booking::appointment::{Appointment, Status};
use crate::domain::booking::slot::{Slot, Span};
use crate::domain::booking::waiting::Entry;
use crate::domain::ids::{AgentId, AppointmentId, ContactId, ConversationId, ResourceId, ServiceId, WaitlistId};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Actor {
    /// The customer, in a conversation: only what is theirs.
    Contact {
        /// Who.
        contact: ContactId,
        /// Where.
        conversation: ConversationId,
    },
    /// A person of the business or its API key: anything of the tenant.
    People {
        /// Who.
        agent: AgentId,
    },
    /// The outside calendar, the sweep, the waitlist.
    System,
}

/// Something to do. Times and ids come from outside: this room makes none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Remembers which slots a customer was shown, under handles such as `A1`. Replaces what was shown before.
    Show {
        /// With their handles.
        shown: Vec<Shown>,
    },
    /// Takes a slot for a customer who decides. Releases another hold of this conversation or contact.
    Hold {
        /// The id that it gets.
        id: AppointmentId,
        /// What.
        service: ServiceId,
        /// When it starts.
        start: Timestamp,
        /// With whom, if that matters.
        resource: Option<ResourceId>,
        /// It would move this one.
        moves: Option<AppointmentId>,
        /// The customer, as far as known.
        who: Who,
        /// The same request twice is one hold.
        request_key: Option<String>,
    },
    /// The customer answered a question of the service.
    Answer {
        /// The hold.
        id: AppointmentId,
        /// The question.
        key: String,
        /// The answer as it is stored; empty: the customer would rather not say.
        answer: String,
    },
    /// The customer said yes to this hold.
    Confirm {
        /// The hold.
        id: AppointmentId,
        /// For whom, if it was not known before.
        #[serde(default)]
        name: Option<String>,
    },
    /// Holds and confirms at once: people at the API.
    Book {
        /// The id that it gets.
        id: AppointmentId,
        /// What.
        service: ServiceId,
        /// When it starts.
        start: Timestamp,
        /// With whom, if that matters.
        resource: Option<ResourceId>,
        /// For whom.
        who: Who,
        /// The same request twice is one appointment.
        request_key: Option<String>,
    },
    /// Moves an appointment at once: people at the API.
    Move {
        /// Which.
        id: AppointmentId,
        /// The version that was looked at, if it matters.
        version: Option<i64>,
        /// When it starts now.
        start: Timestamp,
        /// With whom now, if that matters.
        resource: Option<ResourceId>,
    },
    /// Calls an appointment off, or gives a hold back. A repeat is a success.
    Cancel {
        /// Which.
        id: AppointmentId,
        /// The version that was looked at, if it matters.
        version: Option<i64>,
        /// A fixed word, such as `customer`, `owner`, `owner_calendar`.
        reason: String,
    },
    /// Changes the status of one that has begun or waits: approve, complete, no-show.
    Set {
        /// Which.
        id: AppointmentId,
        /// To what: `confirmed` (approval), `completed`, `no_show`, `failed`.
        status: Status,
        /// Why, for `failed`.
        reason: Option<String>,
    },
    /// The outside calendar has it now.
    Settled {
        /// Which.
        id: AppointmentId,
        /// The generation that was made.
        generation: i64,
    },
    /// The outside calendar will not have it: the slot becomes free.
    Refused {
        /// Which.
        id: AppointmentId,
        /// The generation that was tried.
        generation: i64,
        /// `external_busy`, `calendar_refused`, `calendar_unknown`.
        reason: String,
    },
    /// The outside calendar lacks the event of an appointment that stands, or will not take its name again: the next generation is made.
    Anew {
        /// Which.
        id: AppointmentId,
        /// The generation that is not there.
        generation: i64,
    },
    /// Joins the waiting list, or changes what is waited for. Decided by [`waiting`](crate::domain::booking::waiting).
    Join {
        /// As it is wished; its state and its times are not looked at.
        entry: Box<Entry>,
    },
    /// Leaves the waiting list; a time that is held for it is given back. A repeat is a success.
    Leave {
        /// Which entry.
        id: WaitlistId,
    },
    /// Holds a time that has become free for somebody who waits. The list only.
    Offer {
        /// The id that the hold gets.
        id: AppointmentId,
        /// For which entry.
        entry: WaitlistId,
        /// What.
        service: ServiceId,
        /// When it starts.
        start: Timestamp,
        /// With whom, if that matters.
        resource: Option<ResourceId>,
        /// It would move this one.
        moves: Option<AppointmentId>,
        /// Who waits.
        who: Who,
    },
}

/// The customer, as far as known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Who {
    /// The contact.
    pub contact: Option<ContactId>,
    /// The conversation.
    pub conversation: Option<ConversationId>,
    /// The name.
    pub name: Option<String>,
    /// The telephone.
    pub phone: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// Answers to the service's questions.
    pub answers: BTreeMap<String, String>,
    /// The language spoken.
    pub language: Language,
}

/// A slot that a customer was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Names it in this conversation: a letter that changes with each list, and its place, such as `B2`.
    pub handle: String,
    /// What.
    pub service: ServiceId,
    /// When.
    pub span: Span,
    /// With whom, if the customer asked for somebody.
    pub resource: Option<ResourceId>,
    /// It would move this appointment; or it is this appointment that would be cancelled or moved.
    pub moves: Option<AppointmentId>,
    /// What picking it does.
    #[serde(default)]
    pub purpose: Purpose,
}

/// What picking something that was shown does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Holds the slot.
    #[default]
    Take,
    /// Cancels the appointment.
    Cancel,
    /// Chooses the appointment to be moved.
    Move,
    /// Waits for a time within the span, at these local minutes of a day.
    Wait {
        /// The first minute.
        from: u16,
        /// The first minute that will no longer do.
        to: u16,
    },
}

/// What came of an act. Stored in the journal: one release reads its predecessor's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The slots are remembered.
    Shown {
        /// With their handles.
        shown: Vec<Shown>,
    },
    /// It stands now as the appointment says: look at its status.
    Done {
        /// As it is stored.
        appointment: Box<Appointment>,
        /// Its time before, if it was moved.
        moved_from: Option<Span>,
        /// False if nothing was left to do: a repeat.
        changed: bool,
    },
    /// The waiting list has it so.
    Waiting {
        /// As it is stored: look at its state.
        entry: Box<Entry>,
        /// False if nothing was left to do: a repeat.
        changed: bool,
    },
    /// It cannot be done. Nothing has changed.
    Refused {
        /// Why.
        why: Refusal,
        /// What is free instead, nearest first.
        alternatives: Vec<Slot>,
        /// The appointment as it stands, if there is one that the caller may see.
        appointment: Option<Box<Appointment>>,
    },
}

/// Why something cannot be done. Words of the API: stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Somebody else has it.
    Taken,
    /// No such appointment, or not the caller's.
    NotFound,
    /// No such service.
    UnknownService,
    /// No such resource, or not for this service.
    UnknownResource,
    /// The hold ran out and the slot is gone.
    HoldGone,
    /// It has passed.
    Past,
    /// Earlier than the notice allows.
    TooSoon,
    /// Later than the window allows.
    TooFar,
    /// Closed at that time, or off the grid.
    Closed,
    /// A limit of the day, the week or the customer.
    LimitReached,
    /// The outside calendar does not say whether it is free.
    CalendarUnknown,
    /// The appointment is not in a state in which this can be done.
    WrongState,
    /// The appointment has changed since it was looked at.
    Stale,
    /// Too late for customers to change it by themselves.
    TooLate,
    /// Too many holds.
    TooMany,
    /// The request key was used for something else.
    KeyReused,
    /// A question that must be answered has no answer yet.
    QuestionOpen,
    /// The customer waits for it through a conversation that whoever asks does not see.
    OutOfSight,
}

/// Something to be done in an outside calendar, durable: written with the decision, done by the calendar worker, any number of times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// What.
    pub kind: JobKind,
    /// For which appointment.
    pub appointment: AppointmentId,
    /// The version that asked for it: an older one is done already or not needed.
    pub version: i64,
    /// Names the event together with the appointment.
    pub generation: i64,
}

/// What to do in an outside calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Re-check, create, then tell the book.
    Create,
    /// Change the time.
    Change,
    /// Remove; one that is not there is removed.
    Delete,
}
