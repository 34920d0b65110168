//! Booking: what can be booked, when it is free, and what an act does to the book. Pure: the store reads rows, asks here, writes what comes out.
//!
//! One function computes availability; listing, holding, confirming and moving all ask it. Instants are UTC; a resource's zone makes them local.

pub mod act;
pub mod agenda;
pub mod appointment;
pub mod availability;
pub mod book;
pub mod brief;
pub mod choice;
pub mod decide;
pub mod ics;
pub mod letters;
pub mod news;
pub mod opening;
pub mod outside;
pub mod questions;
pub mod slot;
pub mod taken;
pub mod tally;
pub mod template;
pub mod voice;
pub mod waiting;

pub use act::{Act, Actor, Job, JobKind, Outcome, Purpose, Refusal, Shown};
pub use agenda::{
    Agenda, DayHours, Exception, ExceptionKind, Holiday, Limits, Need, Question, Resource, ResourceKind, Retired, Rules, Service, WeekHours,
};
pub use appointment::{Appointment, Seat, Status};
pub use availability::{Ask, Choice, judge, nearest, slots};
pub use book::{Book, Reach, reach, reach_of};
pub use brief::{Brief, BriefAppointment, BriefHold, BriefService, BriefSlot};
pub use decide::{Decision, Freed, Put, decide, job_now, renewed};
pub use news::{News, Proviso, StillSo, Told};
pub use outside::{Flag, Mark, Theirs};
pub use questions::{AnswerChoice, QuestionKind};
pub use slot::{Busy, Slot, Span, Wanted};
pub use template::{NewsTemplate, Parameters, QuickReply};

#[cfg(test)]
pub(crate) mod tests;
