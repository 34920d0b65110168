//! What a customer must hear of an appointment outside of a turn: reminders, and what others decided. Pure.
//!
//! News is made with the change it tells of, and told from the row as it stands when it is told: what no longer holds is not said.

use crate::domain::booking::act::Actor;
use crate::domain::booking::agenda::{Agenda, Rules};
use crate::domain::booking::appointment::{Appointment, Status};
use crate::domain::booking::outside::{Flag, OWNER_CALENDAR};
use crate::domain::booking::template::Parameters;
use crate::domain::content::Content;
use crate::domain::ids::AppointmentId;
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::when::zone::{closing, later, opening, wall};
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
    /// The customer's language.
    pub language: Language,
    /// The same for an approved template: name, service, date and time.
    pub parameters: Parameters,
    /// What must still be so when it leaves; `None`: it stays true.
    pub proviso: Option<Proviso>,
}

/// What must still be so when a message leaves, however long the channel kept it waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proviso {
    /// It is of no use from then on.
    pub until: Timestamp,
    /// The appointment of which it speaks; `None`: it speaks of none.
    pub appointment: Option<StillSo>,
    /// The stretch that must be over and the newest one; `None`: none must.
    pub ended_cycle: Option<i64>,
}

/// How the appointment of which a message speaks must be when it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StillSo {
    /// Which.
    pub id: AppointmentId,
    /// Where it must stand.
    pub status: Status,
    /// When it must start.
    pub start: Timestamp,
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
            Self::Reminder { hours, due } => now <= latest(*hours, *due),
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

    /// Returns what must still be so when it leaves; `None`: it stays true, for nothing comes after an end.
    #[must_use]
    pub fn proviso(&self, row: &Appointment, rules: &Rules, zone: Tz, now: Timestamp) -> Option<Proviso> {
        let start = row.span.start;
        let until = match self {
            Self::Reminder { hours, due } => {
                let useful = start.min(latest(*hours, *due).after(Duration::from_micros(1)));
                quiet_begins(rules, zone, now).map_or(useful, |quiet| useful.min(quiet))
            }
            Self::Settled => start,
            Self::Offered => row.hold_expires_at.unwrap_or(now),
            Self::Failed { .. } | Self::Cancelled | Self::Flagged { .. } => return None,
        };
        Some(Proviso { until, appointment: Some(StillSo { id: row.id, status: row.status, start }), ended_cycle: None })
    }
}

/// Returns the last instant at which a reminder still reminds.
fn latest(hours: u32, due: Timestamp) -> Timestamp {
    due.after(if hours >= LONG { LATE_LONG } else { LATE_SHORT })
}

/// Returns what the customer must hear of a change; nothing of what they did themselves, for that is told in their turn.
#[must_use]
pub fn news_of(before: Option<&Appointment>, after: &Appointment, actor: Actor, agenda: &Agenda) -> Option<News> {
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
            let differs = |before: &Appointment| before.span != after.span || agenda.people_of(before) != agenda.people_of(after);
            let moved = before.is_some_and(|before| before.status == Status::Confirmed && differs(before));
            (waited || moved).then_some(News::Settled)
        }
        Status::PendingOwner => before.is_some_and(|before| before.status == Status::Confirming).then_some(News::Settled),
        Status::Failed => waited.then(|| News::Failed { reason: after.reason.clone().unwrap_or_else(|| "failed".to_owned()) }),
        Status::Cancelled if after.reason.as_deref() == Some(OWNER_CALENDAR) && !agenda.rules.tell_calendar_changes => {
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

/// Returns when the next quiet hours begin; `None`: there are none.
fn quiet_begins(rules: &Rules, zone: Tz, now: Timestamp) -> Option<Timestamp> {
    let begin = NaiveTime::from_hms_opt(u32::from(rules.quiet_from), 0, 0).filter(|_| rules.quiet_from != rules.quiet_to)?;
    let here = wall(zone, now);
    let date = if here.time() < begin { here.date() } else { later(here.date(), 1) };
    Some(opening(zone, date.and_time(begin)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_quiet_begins_today_or_tomorrow_by_the_clock_of_the_business() {
        let rules = Rules::default();
        let of = |now: &str| quiet_begins(&rules, chrono_tz::America::Tijuana, at(now));
        assert_eq!(of("2027-03-13T16:00:00Z"), Some(at("2027-03-14T05:00:00Z")));
        assert_eq!(of("2027-03-14T04:59:59Z"), Some(at("2027-03-14T05:00:00Z")));
        // The clock goes forward that night.
        assert_eq!(of("2027-03-14T05:00:00Z"), Some(at("2027-03-15T04:00:00Z")));
        assert_eq!(
            quiet_begins(&Rules { quiet_from: 8, quiet_to: 8, ..Rules::default() }, chrono_tz::UTC, at("2027-03-14T15:00:00Z")),
            None
        );
    }

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
    fn what_is_told_leaves_only_while_it_is_so_and_of_use() {
        use crate::domain::booking::tests::kit::{Shop, done};
        let mut shop = Shop::m();
        let row = done(shop.hold(1, "2027-03-15T15:00:00Z"));
        let (rules, zone) = (shop.agenda.rules.clone(), shop.agenda.zone);
        let until = |news: &News, now: &str| news.proviso(&row, &rules, zone, at(now)).map(|it| it.until);
        let long = News::Reminder { hours: 24, due: at("2027-03-14T15:00:00Z") };
        assert_eq!(until(&long, "2027-03-14T15:00:01Z"), Some(Timestamp::from_micros(at("2027-03-14T21:00:00Z").micros() + 1)));
        let evening = News::Reminder { hours: 24, due: at("2027-03-15T02:00:00Z") };
        assert_eq!(until(&evening, "2027-03-15T02:00:00Z"), Some(at("2027-03-15T03:00:00Z")), "quiet begins at nine");
        let short = News::Reminder { hours: 2, due: at("2027-03-15T14:45:00Z") };
        assert_eq!(until(&short, "2027-03-15T14:45:00Z"), Some(row.span.start), "not once it has begun");
        assert_eq!(until(&News::Offered, "2027-03-13T12:00:00Z"), row.hold_expires_at);
        assert_eq!(until(&News::Cancelled, "2027-03-13T12:00:00Z"), None, "it stays true");
        let whole = News::Settled.proviso(&row, &rules, zone, at("2027-03-13T12:00:00Z"));
        let still = whole.and_then(|it| it.appointment);
        assert_eq!(still, Some(StillSo { id: row.id, status: row.status, start: row.span.start }));
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
