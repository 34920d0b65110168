//! Which mails an appointment's changes ask for, whether one still tells the truth when it leaves, and the values of its template. Pure.

use crate::domain::booking::agenda::{Agenda, ResourceKind, Rules};
use crate::domain::booking::appointment::{Appointment, Status};
use crate::domain::booking::ics::{Entry, Organizer, invitation};
use crate::domain::language::Language;
use crate::domain::mail::MailKind;
use crate::domain::time::Timestamp;
use crate::domain::when::labels::{HourStyle, Labels};
use serde::Serialize;
use std::time::Duration;

/// Returns the mail that a change asks for, if there is an address: of what was agreed, whoever did it. A hold, a request and an end say
/// nothing by mail.
#[must_use]
pub fn mail_of(before: Option<&Appointment>, after: &Appointment, agenda: &Agenda, now: Timestamp) -> Option<MailKind> {
    if !agenda.rules.email_confirmations || after.span.start <= now {
        return None;
    }
    let stood = before.filter(|before| before.status == Status::Confirmed);
    match (after.status, stood) {
        (Status::Confirmed, None) => Some(MailKind::AppointmentConfirmed),
        (Status::Confirmed, Some(before)) if before.span != after.span || agenda.people_of(before) != agenda.people_of(after) => {
            Some(MailKind::AppointmentMoved)
        }
        (Status::Cancelled, Some(_)) => Some(MailKind::AppointmentCancelled),
        (_, _) => None,
    }
}

/// What a mail speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What happened.
    pub kind: MailKind,
    /// The version that asked for it.
    pub version: i64,
    /// When that started, if it is known.
    pub start: Option<Timestamp>,
}

/// Returns true if a mail still tells what stands: the version that asked for it or one at the same time, and a start that is still to come.
#[must_use]
pub fn tells(Subject { kind, version, start }: Subject, row: &Appointment, now: Timestamp) -> bool {
    let status = if kind == MailKind::AppointmentCancelled { Status::Cancelled } else { Status::Confirmed };
    (row.version == version || start == Some(row.span.start)) && row.status == status && row.span.start > now
}

/// Returns true if a customer may still call an appointment off without asking anybody. The act decides by itself; pages ask what to offer.
#[must_use]
pub fn customer_may_cancel(row: &Appointment, rules: &Rules, now: Timestamp) -> bool {
    let stands = matches!(row.status, Status::Confirming | Status::PendingOwner | Status::Confirmed);
    let until = row.span.start.before(Duration::from_hours(u64::from(rules.change_until_hours)));
    stands && row.span.start > now && now <= until
}

/// What a mail of an appointment says: the values of its template. Every text is the business's or the customer's own and must be escaped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppointmentLetter {
    /// What happened: `confirmed`, `moved` or `cancelled`.
    pub about: &'static str,
    /// The business.
    pub business: String,
    /// The customer's name; empty: unknown.
    pub name: String,
    /// The service.
    pub service: String,
    /// Who gives it; empty: nobody in particular.
    pub with: String,
    /// Day and hour, in the appointment's zone.
    pub when: String,
    /// The name of that zone.
    pub zone: String,
    /// Where; empty: unknown.
    pub place: String,
    /// A secret page to come, cancel or ask for another time; empty: none.
    pub link: String,
}

/// The business as a letter names it.
#[derive(Clone, Copy, Debug)]
pub struct Letterhead<'a> {
    /// Its name.
    pub business: &'a str,
    /// Its address, where it has one in this language.
    pub place: Option<&'a str>,
    /// The page of the appointment.
    pub link: Option<&'a str>,
}

impl AppointmentLetter {
    /// Fills the values in from the row that stands.
    #[must_use]
    pub fn of(kind: MailKind, row: &Appointment, agenda: &Agenda, head: Letterhead<'_>) -> Self {
        let labels = labels(row, agenda);
        let people = row.seats.iter().filter_map(|seat| agenda.any_resource(seat.resource));
        let people: Vec<&str> = people.filter(|it| it.kind == ResourceKind::Person).map(|it| it.name.as_str()).collect();
        Self {
            about: match kind {
                MailKind::AppointmentMoved => "moved",
                MailKind::AppointmentCancelled => "cancelled",
                MailKind::AppointmentConfirmed
                | MailKind::Invitation
                | MailKind::PasswordReset
                | MailKind::AddressCheck
                | MailKind::Notice => "confirmed",
            },
            business: head.business.to_owned(),
            name: row.name.clone().unwrap_or_default(),
            service: agenda.any_service(row.service).map(|service| service.name_in(row.language)).unwrap_or_default().to_owned(),
            with: people.join(", "),
            when: labels.moment(row.span.start),
            zone: labels.zone_name(),
            place: head.place.unwrap_or_default().to_owned(),
            link: head.link.filter(|_| kind != MailKind::AppointmentCancelled).unwrap_or_default().to_owned(),
        }
    }

    /// Returns the calendar file that goes with it: the same wherever a customer gets it, so that one replaces the other.
    #[must_use]
    pub fn calendar(&self, row: &Appointment, organizer: &str) -> String {
        let title = format!("{} · {}", self.service, self.business);
        let location = Some(self.place.as_str()).filter(|place| !place.is_empty());
        let organizer = Some(Organizer { name: &self.business, address: organizer });
        invitation(Entry { appointment: row, summary: &title, location, organizer })
    }

    /// Returns values that use everything, for tests of templates.
    #[must_use]
    pub fn sample(about: &'static str) -> Self {
        let link = if about == "cancelled" { "" } else { "https://recado.example/appointments/apt_sample" };
        Self {
            about,
            business: "Clínica <Sol> & Mar".to_owned(),
            name: "Luz Ríos".to_owned(),
            service: "Limpieza dental".to_owned(),
            with: "Dra. Ana".to_owned(),
            when: "lunes 15 de marzo a las 9:00 a. m.".to_owned(),
            zone: "hora de la Ciudad de México".to_owned(),
            place: "Av. Juárez 10, Centro".to_owned(),
            link: link.to_owned(),
        }
    }
}

/// Returns how an appointment's times are written: in its own zone, as it was named to the customer, and in the customer's language.
#[must_use]
pub fn labels(row: &Appointment, agenda: &Agenda) -> Labels {
    let language: Language = row.language;
    Labels { zone: row.zone.parse().unwrap_or(agenda.zone), language, hours: HourStyle::of_locale(&agenda.locale) }
}

#[cfg(test)]
mod tests;
