//! What a business offers and when: services, resources, hours, rules. Parsed once; nothing here knows a database.

use crate::domain::booking::appointment::Appointment;
use crate::domain::booking::questions::{AnswerChoice, QuestionKind};
use crate::domain::ids::{ResourceId, ServiceId};
use chrono::{NaiveDate, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that availability depends on, besides appointments and outside calendars.
#[derive(Clone, Debug, PartialEq)]
pub struct Agenda {
    /// The tenant's zone: customers are spoken to in it.
    pub zone: Tz,
    /// The tenant's locale, such as `es-MX`: how hours are written.
    pub locale: String,
    /// What can be booked, active ones only, in the order in which they are offered.
    pub services: Vec<Service>,
    /// Who and what gives it, active ones only.
    pub resources: Vec<Resource>,
    /// What is not offered any more. Appointments that stand still speak of it.
    pub retired: Retired,
    /// Days on which the whole business is closed.
    pub holidays: Vec<Holiday>,
    /// The tenant's own settings.
    pub rules: Rules,
}

/// Services and resources that are not offered any more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Retired {
    /// What could be booked.
    pub services: Vec<Service>,
    /// Who and what gave it.
    pub resources: Vec<Resource>,
}

/// Something that can be booked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Its name by language code; a missing language falls back to any.
    pub name: BTreeMap<String, String>,
    /// Other words for it, in any language.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// How long it takes, in minutes: 5 to 1,440.
    pub duration: u32,
    /// Minutes from one start to the next on the grid; `None`: the duration.
    #[serde(default)]
    pub step: Option<u32>,
    /// Minutes that must be free before it.
    #[serde(default)]
    pub buffer_before: u32,
    /// Minutes that must be free after it.
    #[serde(default)]
    pub buffer_after: u32,
    /// Minutes from now to the earliest start.
    #[serde(default)]
    pub min_notice: u32,
    /// Local days from today that can be booked: with 60, today and the sixty days after it.
    pub max_advance_days: u32,
    /// Its price as people say it, such as `$650 MXN`.
    #[serde(default)]
    pub price: Option<String>,
    /// What it takes: one resource of each.
    pub needs: Vec<Need>,
    /// How often it may be booked.
    #[serde(default)]
    pub limits: Limits,
    /// What must be asked before it is booked.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// An owner must approve each appointment.
    #[serde(default)]
    pub approval: bool,
}

/// One of these resources is needed; the engine chooses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// Any one of them.
    pub any_of: Vec<ResourceId>,
}

/// How often a service may be booked; `None`: as often as there is room. Local days and weeks (Monday first) of the tenant's zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Appointments that begin on one local day.
    pub per_day: Option<u32>,
    /// Appointments that begin in one local week.
    pub per_week: Option<u32>,
    /// Minutes of appointments that begin on one local day.
    pub minutes_per_day: Option<u32>,
    /// Future appointments of one contact.
    pub per_contact: Option<u32>,
}

/// Something that must be asked before booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its key in the answers: letters, digits and `_`.
    pub key: String,
    /// The question by language code.
    pub text: BTreeMap<String, String>,
    /// Must it be answered?
    #[serde(default)]
    pub required: bool,
    /// What an answer must be.
    #[serde(default)]
    pub kind: QuestionKind,
    /// What can be chosen.
    #[serde(default)]
    pub choices: Vec<AnswerChoice>,
}

/// What a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// Somebody; customers may ask for them by name.
    Person,
    /// A room.
    Room,
    /// A chair, a machine, a table.
    Equipment,
}

/// Who or what gives a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// Its name, as customers read it.
    pub name: String,
    /// Other words for it.
    pub aliases: Vec<String>,
    /// What it is.
    pub kind: ResourceKind,
    /// How many appointments it takes at once: 1 to 500.
    pub capacity: u16,
    /// Its own zone: hours are local to it.
    pub zone: Tz,
    /// Its hours of each week.
    pub hours: WeekHours,
    /// What differs on single dates.
    pub exceptions: Vec<Exception>,
    /// Its appointments must also stand in an outside calendar, whose busy times block.
    pub outside_calendar: bool,
}

/// Opening intervals of a day, in minutes of local wall time: `from` 0 to 1,439, `to` 0 to 1,440 (24:00). `to <= from` ends on the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DayHours {
    /// First minute.
    pub from: u16,
    /// First minute after it.
    pub to: u16,
}

/// Hours of each weekday, Monday first. They may overlap: they are merged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WeekHours(pub [Vec<DayHours>; 7]);

impl WeekHours {
    /// Returns the intervals that begin on a weekday.
    #[must_use]
    pub fn of(&self, day: Weekday) -> &[DayHours] {
        self.0.get(day.num_days_from_monday() as usize).map_or(&[], Vec::as_slice)
    }
}

/// What differs on one local date of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The date, local to the resource.
    pub date: NaiveDate,
    /// What differs.
    #[serde(flatten)]
    pub kind: ExceptionKind,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "hours", rename_all = "snake_case")]
pub enum ExceptionKind {
    /// Closed, whatever the week says; nothing of the evening before reaches into it either.
    Closed,
    /// These hours instead.
    Replace(Vec<DayHours>),
    /// These hours besides.
    Add(Vec<DayHours>),
}

/// A day on which the whole business is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holiday {
    /// The date, local to each resource.
    pub date: NaiveDate,
    /// Its name, as customers read it.
    pub name: String,
}

/// A tenant's settings for booking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Minutes that a hold lasts: 1 to 60.
    pub hold_minutes: u32,
    /// Holds that one contact may make within 24 hours.
    pub holds_per_day: u32,
    /// Hours before the start at which the customer is reminded, longest first.
    pub reminder_hours: Vec<u32>,
    /// Local hour at which quiet begins, 0 to 23: no reminders and no offers of freed slots.
    pub quiet_from: u8,
    /// Local hour at which quiet ends.
    pub quiet_to: u8,
    /// Minutes that somebody of the waitlist has for a freed slot.
    pub waitlist_minutes: u32,
    /// Hours before the start until which customers may cancel or move by themselves; later people decide.
    pub change_until_hours: u32,
    /// Where a calendar's state stays unknown: leave it to the owner (`true`), or fail after the time of trying.
    pub unknown_to_owner: bool,
    /// Tell customers when an owner deletes their appointment in the outside calendar; else people get a note.
    pub tell_calendar_changes: bool,
    /// Customers who gave an e-mail address get confirmations, moves and cancellations there.
    pub email_confirmations: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            hold_minutes: 10,
            holds_per_day: 20,
            reminder_hours: vec![24, 2],
            quiet_from: 21,
            quiet_to: 8,
            waitlist_minutes: 15,
            change_until_hours: 0,
            unknown_to_owner: true,
            tell_calendar_changes: true,
            email_confirmations: true,
        }
    }
}

impl Agenda {
    /// Finds a service that is offered.
    #[must_use]
    pub fn service(&self, id: ServiceId) -> Option<&Service> {
        self.services.iter().find(|service| service.id == id)
    }

    /// Finds a resource that is offered.
    #[must_use]
    pub fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
    }

    /// Finds a service, offered or retired: what stands is told by it.
    #[must_use]
    pub fn any_service(&self, id: ServiceId) -> Option<&Service> {
        self.service(id).or_else(|| self.retired.services.iter().find(|service| service.id == id))
    }

    /// Finds a resource, offered or retired: what stands is told by it.
    #[must_use]
    pub fn any_resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resource(id).or_else(|| self.retired.resources.iter().find(|resource| resource.id == id))
    }

    /// Returns the people of an appointment, sorted: who gives it is told to customers, where is not.
    #[must_use]
    pub fn people_of(&self, row: &Appointment) -> Vec<ResourceId> {
        let person = |id: &ResourceId| self.any_resource(*id).is_some_and(|it| it.kind == ResourceKind::Person);
        let mut people: Vec<ResourceId> = row.seats.iter().map(|seat| seat.resource).filter(person).collect();
        people.sort_unstable();
        people
    }
}

impl Service {
    /// Returns its name in a language, else in any.
    #[must_use]
    pub fn name_in(&self, language: crate::domain::language::Language) -> &str {
        let own = self.name.get(language.code()).or_else(|| self.name.values().next());
        own.map_or("", String::as_str)
    }

    /// Returns every resource that it may take.
    pub fn resources(&self) -> impl Iterator<Item = ResourceId> + '_ {
        self.needs.iter().flat_map(|need| need.any_of.iter().copied())
    }
}
