//! What an outside calendar's word means for the book. Pure: the worker reads, asks here, and acts through the book.
//!
//! The book is right about what was agreed with customers, the calendar about what its owner does. What an owner deletes is called off; what an
//! owner moves is adopted if it fits; what was merely not seen is neither.

use crate::domain::booking::appointment::{Appointment, Status};
use crate::domain::booking::slot::Span;
use crate::domain::ids::{AppointmentId, ResourceId};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What is known of an event of ours: written before it is made, so that it is found again wherever a death leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The appointment.
    pub appointment: AppointmentId,
    /// Names the event together with the appointment.
    pub generation: i64,
    /// In whose calendar.
    pub resource: ResourceId,
    /// The event's name.
    pub name: String,
    /// When it stands there, as it was written last.
    pub span: Span,
    /// Where a change of ours that has not been answered yet puts it.
    pub tried: Option<Span>,
    /// Its version there, if calendars of that kind have one.
    pub version: Option<String>,
    /// How often its time was changed.
    pub sequence: i64,
    /// The calendar has said that it is there.
    pub made: bool,
}

/// An event of ours as a calendar shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theirs {
    /// Its name.
    pub name: String,
    /// The appointment that stands inside.
    pub appointment: AppointmentId,
    /// When.
    pub span: Span,
    /// Its version.
    pub version: Option<String>,
}

/// What people must know of an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Somebody else's event overlaps it outside.
    Overlap,
    /// Its event was moved outside to where it does not fit; the old time stands.
    MovedOutside,
    /// Its event was moved outside while its customer moved it here; the customer's time stands.
    MovedTwice,
    /// The calendar was closed: its event can be neither changed nor removed.
    Closed,
    /// The calendar refuses its event.
    Refused,
    /// It was called off in the calendar, and the customer was not told.
    CalledOff,
}

impl Flag {
    /// Every flag.
    pub const ALL: [Self; 6] = [Self::Overlap, Self::MovedOutside, Self::MovedTwice, Self::Closed, Self::Refused, Self::CalledOff];

    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overlap => "flag_overlap",
            Self::MovedOutside => "flag_moved_outside",
            Self::MovedTwice => "flag_moved_twice",
            Self::Closed => "flag_closed",
            Self::Refused => "flag_refused",
            Self::CalledOff => "flag_called_off",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.as_str() == text)
    }
}

/// The reason of what an owner called off in the calendar.
pub const OWNER_CALENDAR: &str = "owner_calendar";

/// Returns true if an appointment wants its event of a generation to be there.
#[must_use]
pub fn wants(row: &Appointment, generation: i64) -> bool {
    let stands = match row.status {
        Status::Confirming | Status::PendingOwner | Status::Confirmed | Status::Completed | Status::NoShow => true,
        Status::Held | Status::Cancelled | Status::Expired | Status::Released | Status::Failed => false,
    };
    stands && row.generation == generation && row.moves.is_none()
}

/// What to do about an event that is told to be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nobody misses it.
    Forget,
    /// Nothing: a job of ours is at it, or it does not matter any more.
    Leave,
    /// Look whether it is really gone; then it is called off.
    Verify,
}

/// Says what an event's absence means.
#[must_use]
pub fn lost(mark: &Mark, row: Option<&Appointment>, now: Timestamp) -> Loss {
    let Some(row) = row.filter(|row| wants(row, mark.generation)) else { return Loss::Forget };
    if row.status != Status::Confirmed || !mark.made || row.span.end <= now {
        return Loss::Leave;
    }
    Loss::Verify
}

/// What to do about an event of ours that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It stands as it should: remember its version.
    Note,
    /// A job of ours is at it, or it does not matter any more.
    Leave,
    /// It was moved outside: move the appointment, if that fits.
    Adopt,
    /// It was moved outside to where it cannot be adopted.
    Flag,
}

/// Says what an event's place means.
#[must_use]
pub fn seen(mark: &Mark, there: &Theirs, row: &Appointment, now: Timestamp) -> Sight {
    if !wants(row, mark.generation) || row.status != Status::Confirmed || row.span.end <= now {
        return Sight::Leave;
    }
    if there.span == row.span {
        return Sight::Note;
    }
    if row.span != mark.span || there.span == mark.span || Some(there.span) == mark.tried {
        // The book has moved on, and its job has not been there yet.
        return Sight::Leave;
    }
    let length = |span: Span| span.end.since(span.start);
    if length(there.span) == length(row.span) && there.span.start > now { Sight::Adopt } else { Sight::Flag }
}

/// What to do about a change that met somebody else's edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clash {
    /// It stands as it should: an earlier try of ours got through.
    Done,
    /// Nobody but us has touched its time: change it.
    Change,
    /// Its time was changed outside too. What the customer was told counts; people are told.
    Overrule,
}

/// Decides again after an edit from outside was met.
#[must_use]
pub fn clash(mark: &Mark, there: &Theirs, row: &Appointment) -> Clash {
    if there.span == row.span {
        Clash::Done
    } else if there.span == mark.span || Some(there.span) == mark.tried {
        Clash::Change
    } else {
        Clash::Overrule
    }
}

#[cfg(test)]
mod tests;
