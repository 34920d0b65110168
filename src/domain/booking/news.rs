//! What a customer must hear of an appointment outside of a turn: reminders, and what others decided. Pure.
//!
//! News is made with the change it tells of, and told from the row as it stands when it is told: what no longer holds is not said.

use crate::domain::booking::act::Actor;
use crate::domain::booking::agenda::Rules;
use crate::domain::booking::appointment::{Appointment, Status};
use crate::domain::booking::outside::{Flag, OWNER_CALENDAR};
use crate::domain::content::Content;
use crate::domain::time::Timestamp;
use crate::domain::when::zone::{closing, later, wall};
use chrono::{NaiveTime, Timelike};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How late a reminder of a few hours before may come.
const LATE_SHORT: Duration = Duration::from_mins(30);
/// How late a reminder of half a day before and more may come.
const LATE_LONG: Duration = Duration::from_hours(6);
/// Reminders of at least so many hours before are long ones.
const LONG: u32 = 12;
/// A reminder that quiet hours held back must still leave so much time.
const LEAST: Duration = Duration::from_hours(1);

/// What became of an appointment. Stored in the queue: one release reads its predecessor's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum News {
    /// It is near.
    Reminder {
        /// So many hours before, as the rules say.
        hours: u32,
        /// When it was due: its hours before the start, or the end of the quiet that held it back.
        due: Timestamp,
    },
    /// It stands now, or waits for an owner.
    Settled,
    /// It could not be confirmed.
    Failed {
        /// Why: a fixed word.
        reason: String,
    },
    /// The business or its calendar called it off.
    Cancelled,
    /// A freed time is kept for this customer.
    Offered,
    /// People must look at it; the customer hears nothing.
    Flagged {
        /// Why.
        flag: Flag,
    },
}

/// What to tell, made from the row that stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// In words, with buttons.
    pub content: Content,
    /// The same for an approved template: name, service, date and time.
    pub parameters: Vec<String>,
}

impl News {
    /// Returns true for what may wait and leaves after all else.
    #[must_use]
    pub const fn is_reminder(&self) -> bool {
        matches!(self, Self::Reminder { .. })
    }

    /// Returns the stored kind of the row that makes it known: `24h`, `settled`, `failed`, `cancelled`, `offered`.
    #[must_use]
    pub fn kind(&self) -> String {
        match self {
            Self::Reminder { hours, .. } => format!("{hours}h"),
            Self::Settled => "settled".to_owned(),
            Self::Failed { .. } => "failed".to_owned(),
            Self::Cancelled => "cancelled".to_owned(),
            Self::Offered => "offered".to_owned(),
            Self::Flagged { flag } => flag.as_str().to_owned(),
        }
    }

    /// Reads the stored kind.
    #[must_use]
    pub fn parse(kind: &str, due: Timestamp, reason: Option<&str>) -> Option<Self> {
        Some(match kind {
            "settled" => Self::Settled,
            "failed" => Self::Failed { reason: reason.unwrap_or("failed").to_owned() },
            "cancelled" => Self::Cancelled,
            "offered" => Self::Offered,
            flag if flag.starts_with("flag_") => Self::Flagged { flag: Flag::parse(flag)? },
            hours => Self::Reminder { hours: hours.strip_suffix('h')?.parse().ok()?, due },
        })
    }

    /// Returns false for a reminder that is so late that it reminds of nothing.
    #[must_use]
    pub fn in_time(&self, now: Timestamp) -> bool {
        match self {
            Self::Reminder { hours, due } => now <= due.after(if *hours >= LONG { LATE_LONG } else { LATE_SHORT }),
            Self::Settled | Self::Failed { .. } | Self::Cancelled | Self::Offered | Self::Flagged { .. } => true,
        }
    }

    /// Returns true if it is still true and still of use: the same version stands, and a reminder comes neither late nor after the start.
    #[must_use]
    pub fn holds(&self, version: i64, row: &Appointment, now: Timestamp) -> bool {
        let stands = row.version == version;
        match self {
            Self::Reminder { .. } => stands && row.status == Status::Confirmed && row.span.start > now && self.in_time(now),
            Self::Settled => stands && matches!(row.status, Status::Confirmed | Status::PendingOwner) && row.span.start > now,
            Self::Failed { .. } => stands && row.status == Status::Failed,
            Self::Cancelled => stands && row.status == Status::Cancelled,
            Self::Offered => stands && row.status == Status::Held && row.protects_at(now),
            Self::Flagged { .. } => true,
        }
    }
}

/// Returns what the customer must hear of a change; nothing of what they did themselves, for that is told in their turn.
#[must_use]
pub fn news_of(before: Option<&Appointment>, after: &Appointment, actor: Actor, rules: &Rules) -> Option<News> {
    match actor {
        Actor::Contact { .. } => return None,
        Actor::People { .. } | Actor::System => after.conversation?,
    };
    if after.moves.is_some() && !matches!(after.status, Status::Held | Status::Failed | Status::PendingOwner) {
        // What became of a move is told by the appointment itself; that one is offered, is not.
        return None;
    }
    let waited = before.is_some_and(|before| matches!(before.status, Status::Confirming | Status::PendingOwner));
    let agreed = waited || before.is_some_and(|before| before.status == Status::Confirmed);
    match after.status {
        Status::Confirmed => {
            let moved = before.is_some_and(|before| before.status == Status::Confirmed && before.span != after.span);
            (waited || moved).then_some(News::Settled)
        }
        Status::PendingOwner => before.is_some_and(|before| before.status == Status::Confirming).then_some(News::Settled),
        Status::Failed => waited.then(|| News::Failed { reason: after.reason.clone().unwrap_or_else(|| "failed".to_owned()) }),
        Status::Cancelled if after.reason.as_deref() == Some(OWNER_CALENDAR) && !rules.tell_calendar_changes => {
            agreed.then_some(News::Flagged { flag: Flag::CalledOff })
        }
        Status::Cancelled => agreed.then_some(News::Cancelled),
        // Only the waiting list holds a time that nobody has asked for just now.
        Status::Held => (before.is_none() && actor == Actor::System).then_some(News::Offered),
        Status::Confirming | Status::Completed | Status::NoShow | Status::Expired | Status::Released => None,
    }
}

/// When a reminder that is due may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quiet {
    /// Now.
    Over,
    /// Then, when quiet ends.
    Until(Timestamp),
    /// Not at all: after quiet there is too little time left.
    Skip,
}

/// Says what the quiet hours of a business mean for a reminder that is due.
#[must_use]
pub fn quiet(rules: &Rules, zone: Tz, start: Timestamp, now: Timestamp) -> Quiet {
    match quiet_until(rules, zone, now) {
        None => Quiet::Over,
        Some(end) if end.after(LEAST) <= start => Quiet::Until(end),
        Some(_) => Quiet::Skip,
    }
}

/// Returns when the quiet hours end in which an instant lies; `None`: it lies in none.
#[must_use]
pub fn quiet_until(rules: &Rules, zone: Tz, now: Timestamp) -> Option<Timestamp> {
    let (from, to) = (u32::from(rules.quiet_from), u32::from(rules.quiet_to));
    let here = wall(zone, now);
    let hour = here.hour();
    let quiet = if from <= to { (from..to).contains(&hour) } else { hour >= from || hour < to };
    let date = if hour < to { here.date() } else { later(here.date(), 1) };
    let end = closing(zone, date.and_time(NaiveTime::from_hms_opt(to, 0, 0).unwrap_or(NaiveTime::MIN)));
    (quiet && end > now).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn quiet_lasts_from_the_evening_to_the_morning_of_the_business() {
        let rules = Rules::default();
        let of = |now: &str, start: &str| quiet(&rules, chrono_tz::America::Tijuana, at(start), at(now));
        assert_eq!(of("2027-03-13T16:00:00Z", "2027-03-14T16:00:00Z"), Quiet::Over, "eight in the morning");
        assert_eq!(of("2027-03-13T15:59:59Z", "2027-03-14T16:00:00Z"), Quiet::Until(at("2027-03-13T16:00:00Z")));
        assert_eq!(of("2027-03-14T04:59:59Z", "2027-03-14T16:00:00Z"), Quiet::Over, "a second before nine in the evening");
        // The clock goes forward that night: eight is an hour earlier.
        assert_eq!(of("2027-03-14T05:00:00Z", "2027-03-14T16:00:00Z"), Quiet::Until(at("2027-03-14T15:00:00Z")));
        assert_eq!(of("2027-03-14T13:00:00Z", "2027-03-14T15:59:00Z"), Quiet::Skip, "59 minutes are too few");
        let never = Rules { quiet_from: 8, quiet_to: 8, ..Rules::default() };
        assert_eq!(quiet(&never, chrono_tz::UTC, at("2027-03-14T15:00:00Z"), at("2027-03-14T08:30:00Z")), Quiet::Over);
        let wild = Rules { quiet_from: 200, quiet_to: 99, ..Rules::default() };
        assert_eq!(quiet(&wild, chrono_tz::UTC, at("2027-03-14T15:00:00Z"), at("2027-03-14T08:30:00Z")), Quiet::Over);
    }

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        let due = Timestamp::from_secs(7);
        let all = [
            News::Reminder { hours: 24, due },
            News::Settled,
            News::Failed { reason: "external_busy".to_owned() },
            News::Cancelled,
            News::Offered,
            News::Flagged { flag: Flag::Overlap },
        ];
        for news in all {
            assert_eq!(News::parse(&news.kind(), due, Some("external_busy")), Some(news.clone()));
            assert_eq!(serde_json::from_str::<News>(&serde_json::to_string(&news).unwrap()).unwrap(), news);
        }
        for flag in Flag::ALL {
            assert_eq!(News::parse(flag.as_str(), due, None), Some(News::Flagged { flag }));
        }
        assert_eq!(News::parse("-3h", due, None), None);
        assert_eq!(News::parse("soon", due, None), None);
    }
}
