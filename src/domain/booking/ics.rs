//! Appointments as iCalendar texts (RFC 5545), small and by hand. Pure: the same appointment is the same text.
//!
//! Times are UTC, so that no zone has to be described. Never writes a telephone, an address of a customer or an answer.

use crate::domain::booking::appointment::{Appointment, Status};
use crate::domain::ids::AppointmentId;
use crate::domain::time::Timestamp;

/// Most octets of a line, without its end.
const LINE: usize = 75;

/// The organizer where no address is known.
pub const NOBODY: &str = "no-reply@recado.invalid";

/// An appointment with the words that stand for it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// What and when.
    pub appointment: &'a Appointment,
    /// Its title.
    pub summary: &'a str,
    /// Where, if that is known.
    pub location: Option<&'a str>,
    /// Who has made it; `None` where nobody is asked to take anything in.
    pub organizer: Option<Organizer<'a>>,
}

/// The business behind an entry. RFC 5546 wants one in everything that is published and called off, and programs take an entry out only for the
/// organizer who brought it: all versions of one appointment name the same address.
#[derive(Clone, Copy, Debug)]
pub struct Organizer<'a> {
    /// Its name.
    pub name: &'a str,
    /// An e-mail address.
    pub address: &'a str,
}

/// Returns the calendar that a customer gets for one appointment; sent again after a change it replaces what it was before.
#[must_use]
pub fn invitation(entry: Entry<'_>) -> String {
    let mut text = Text::begin();
    text.line("METHOD", method(entry.appointment.status));
    text.event(entry);
    text.end()
}

/// Returns what the calendar of one appointment asks of whoever opens it: to take it in, or to take it out.
#[must_use]
pub const fn method(status: Status) -> &'static str {
    match status {
        Status::Cancelled | Status::Expired | Status::Released | Status::Failed => "CANCEL",
        Status::Held | Status::Confirming | Status::PendingOwner | Status::Confirmed | Status::Completed | Status::NoShow => "PUBLISH",
    }
}

/// Returns a calendar of many appointments for subscribers, who ask again after `minutes`.
#[must_use]
pub fn feed<'a>(name: &str, minutes: u32, entries: impl Iterator<Item = Entry<'a>>) -> String {
    let mut text = Text::begin();
    text.line("NAME", &escaped(name));
    text.line("X-WR-CALNAME", &escaped(name));
    text.line("REFRESH-INTERVAL;VALUE=DURATION", &format!("PT{minutes}M"));
    for entry in entries {
        text.event(entry);
    }
    text.end()
}

/// Returns the name of an appointment in calendars: the same for all its versions, wherever else its event had to be made anew.
#[must_use]
pub fn uid(id: AppointmentId) -> String {
    format!("{id}@recado")
}

/// A calendar that is being written.
struct Text {
    lines: String,
}

impl Text {
    fn begin() -> Self {
        let mut text = Self { lines: String::new() };
        text.line("BEGIN", "VCALENDAR");
        text.line("VERSION", "2.0");
        text.line("PRODID", "-//Recado//Booking//EN");
        text.line("CALSCALE", "GREGORIAN");
        text
    }

    fn event(&mut self, Entry { appointment: it, summary, location, organizer }: Entry<'_>) {
        self.line("BEGIN", "VEVENT");
        self.line("UID", &uid(it.id));
        self.line("DTSTAMP", &utc(it.updated_at));
        self.line("CREATED", &utc(it.created_at));
        self.line("LAST-MODIFIED", &utc(it.updated_at));
        self.line("SEQUENCE", &it.version.saturating_sub(1).max(0).to_string());
        self.line("DTSTART", &utc(it.span.start));
        self.line("DTEND", &utc(it.span.end));
        self.line("STATUS", status(it.status));
        if let Some(Organizer { name, address }) = organizer {
            // A parameter in quotes has no escapes: what would end it is left out.
            let name: String = name.chars().filter(|sign| *sign != '"' && !sign.is_control()).collect();
            let address: String = address.chars().filter(|sign| sign.is_ascii_graphic()).collect();
            self.line(&format!("ORGANIZER;CN=\"{name}\""), &format!("mailto:{address}"));
        }
        self.line("SUMMARY", &escaped(summary));
        if let Some(location) = location {
            self.line("LOCATION", &escaped(location));
        }
        self.line("END", "VEVENT");
    }

    fn end(mut self) -> String {
        self.line("END", "VCALENDAR");
        self.lines
    }

    /// Adds a line, folded where it is too long: never within a character.
    fn line(&mut self, name: &str, value: &str) {
        let mut length = 0;
        for sign in name.chars().chain([':']).chain(value.chars()) {
            if length + sign.len_utf8() > LINE {
                self.lines.push_str("\r\n ");
                length = 1;
            }
            self.lines.push(sign);
            length += sign.len_utf8();
        }
        self.lines.push_str("\r\n");
    }
}

const fn status(status: Status) -> &'static str {
    match status {
        Status::Held | Status::PendingOwner => "TENTATIVE",
        Status::Confirming | Status::Confirmed | Status::Completed | Status::NoShow => "CONFIRMED",
        Status::Cancelled | Status::Expired | Status::Released | Status::Failed => "CANCELLED",
    }
}

/// Writes an instant in UTC, cut to the second.
fn utc(at: Timestamp) -> String {
    at.to_chrono().format("%Y%m%dT%H%M%SZ").to_string()
}

/// Writes a value of type TEXT: marks are escaped, line ends become `\n`, other control characters go.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.replace("\r\n", "\n").chars() {
        match sign {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(sign);
            }
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => out.push_str("\\n"),
            '\t' => out.push(' '),
            sign if sign.is_control() => {}
            sign => out.push(sign),
        }
    }
    out
}

#[cfg(test)]
mod tests;
