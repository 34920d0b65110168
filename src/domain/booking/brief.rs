//! What an assistant is told of the book before it answers: names and labels, no one else's appointments.

use crate::domain::ids::{AppointmentId, ServiceId};
use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

/// What can be booked, and where this customer stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    /// Today, where the business is.
    #[serde(default)]
    pub today: NaiveDate,
    /// What can be booked.
    pub services: Vec<BriefService>,
    /// Who can be asked for by name.
    pub people: Vec<String>,
    /// The slots that were shown last, in order.
    pub shown: Vec<BriefSlot>,
    /// The hold that waits for a yes.
    pub hold: Option<BriefHold>,
    /// The customer's own appointments to come, earliest first.
    pub appointments: Vec<BriefAppointment>,
    /// The customer was asked whether, or which, to cancel.
    pub asks_to_cancel: bool,
    /// What was not free can be waited for.
    #[serde(default)]
    pub may_wait: bool,
    /// The services for which the customer waits.
    #[serde(default)]
    pub waiting: Vec<String>,
    /// The customer was asked which to move.
    pub asks_to_move: bool,
}

impl Brief {
    /// Returns what is the customer's own: the appointments to come and the hold, as they read it.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.appointments.iter().map(|one| one.label.as_str()).chain(self.hold.iter().map(|hold| hold.label.as_str()))
    }
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BriefService {
    /// Its id.
    pub id: ServiceId,
    /// Its name in the customer's language.
    pub name: String,
    /// Its names in all languages, and other words for it.
    pub words: Vec<String>,
    /// Minutes.
    pub minutes: u32,
    /// Its price in words.
    pub price: Option<String>,
}

/// A slot that was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BriefSlot {
    /// Names it.
    pub handle: String,
    /// Its time, as the customer read it.
    pub label: String,
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BriefHold {
    /// Which.
    pub id: AppointmentId,
    /// What and when.
    pub label: String,
    /// It is still ours.
    pub live: bool,
    /// It would move an appointment.
    pub moves: bool,
    /// The question of the service that must be answered next.
    pub asks: Option<String>,
    /// Nobody knows for whom it is.
    pub asks_name: bool,
}

/// An appointment of this customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BriefAppointment {
    /// Names it in tools: the last six letters of its id.
    pub reference: String,
    /// Which.
    pub id: AppointmentId,
    /// Of what.
    pub service: ServiceId,
    /// When it begins, on the clock of the business.
    pub starts: NaiveDateTime,
    /// What and when.
    pub label: String,
    /// It waits for somebody's word.
    pub waits: bool,
}
