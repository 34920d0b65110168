//! The words by which customers say what they want, all languages together: people mix them.
//!
//! Only lists (see [`words`](crate::domain::words) for the pattern language); their meaning is in `intent`.

mod matters;
mod people;
mod waiting;

pub use matters::{
    A_BOOKING, ANOTHER_TIME, BOOKING, CALL_OFF, CANCEL_BOOKING, CANNOT_COME, CHANGE_BOOKING, LIST_BOOKINGS, MESSAGE, MESSAGE_FILLERS, NO,
    NO_BOOKING, RATHER, SMALL_TALK, YES,
};
pub use people::{CONTACT, EMERGENCY, EMERGENCY_QUESTION, MACHINE, NO_BOT, NO_WISH, PEOPLE, SOMEONE, STRONG_PEOPLE, UPSET, WANT, WISH};
pub use waiting::{JOIN_LIST, LEAVE_LIST, LIST, TELL_ME};
