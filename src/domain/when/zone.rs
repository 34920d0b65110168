//! Clock times and instants of a zone: days that lack an hour, days that have one twice, names that people write for zones.
//!
//! Never guesses: a time that does not exist or exists twice is told apart, and an unknown zone is refused. Never computes "midnight plus
//! hours": each local time is resolved by itself.

use super::windows_zones::WINDOWS_ZONES;
use crate::domain::time::Timestamp;
use chrono::{DateTime, Datelike, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, IANA_TZDB_VERSION, TZ_VARIANTS, Tz};

/// Zones whose rules changed after the embedded database, in the years that matter for appointments; with their aliases.
const CHANGED_SINCE: &[&str] = &[
    "America/Vancouver",
    "Canada/Pacific",
    "America/Edmonton",
    "America/Yellowknife",
    "Canada/Mountain",
    "America/Inuvik",
    "America/Winnipeg",
    "America/Rainy_River",
    "Canada/Central",
    "America/Havana",
    "Cuba",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "Europe/Chisinau",
    "Europe/Tiraspol",
];

/// The release of the time zone database that [`CHANGED_SINCE`] was compared with.
const COMPARED_WITH: &str = "2026f";

/// What a clock time of a zone means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// The clock shows it once.
    Unique(Timestamp),
    /// The clock shows it twice: it was set back.
    Fold {
        /// The earlier instant.
        first: Timestamp,
        /// The later instant.
        second: Timestamp,
    },
    /// The clock never shows it: it was set forward.
    Gap {
        /// The first instant after the gap.
        after: Timestamp,
    },
}

/// Why a text names no zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// Neither an IANA name nor a Windows name.
    #[error("unknown time zone; use the IANA name of the city, such as America/Mexico_City")]
    Unknown,
}

/// Returns what the clock time means in the zone.
#[must_use]
pub fn resolve(zone: Tz, local: NaiveDateTime) -> Resolved {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) => Resolved::Unique(instant(&at)),
        MappedLocalTime::Ambiguous(first, second) => Resolved::Fold { first: instant(&first), second: instant(&second) },
        MappedLocalTime::None => Resolved::Gap { after: after_gap(zone, local) },
    }
}

/// Returns the instant at which something opens that opens at this clock time: never earlier than the owner wrote.
#[must_use]
pub fn opening(zone: Tz, local: NaiveDateTime) -> Timestamp {
    match resolve(zone, local) {
        Resolved::Unique(at) | Resolved::Fold { second: at, .. } | Resolved::Gap { after: at } => at,
    }
}

/// Returns the instant at which something closes that closes at this clock time: never later than the owner wrote.
#[must_use]
pub fn closing(zone: Tz, local: NaiveDateTime) -> Timestamp {
    match resolve(zone, local) {
        Resolved::Unique(at) | Resolved::Fold { first: at, .. } | Resolved::Gap { after: at } => at,
    }
}

/// Returns the first instant of a date; not always midnight.
#[must_use]
pub fn start_of_day(zone: Tz, date: NaiveDate) -> Timestamp {
    closing(zone, date.and_time(NaiveTime::MIN))
}

/// Returns a date's first instant and the first one of the next date: 23, 24 or 25 hours apart, as a rule.
#[must_use]
pub fn local_day(zone: Tz, date: NaiveDate) -> (Timestamp, Timestamp) {
    (start_of_day(zone, date), start_of_day(zone, later(date, 1)))
}

/// Returns what the clocks of the zone show. Instants outside of the years 1 to 9999 are drawn to the nearest of these.
#[must_use]
pub fn wall(zone: Tz, at: Timestamp) -> NaiveDateTime {
    const DAY: i64 = 86_400_000_000;
    let inside = at.micros().clamp(-62_135_596_800_000_000 + DAY, 253_402_300_799_999_999 - DAY);
    Timestamp::from_micros(inside).to_chrono().with_timezone(&zone).naive_local()
}

/// Returns the Monday of a date's week.
#[must_use]
pub fn monday(date: NaiveDate) -> NaiveDate {
    date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday()))).unwrap_or(date)
}

/// Returns the date so many days later; the last date stays.
#[must_use]
pub fn later(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(date)
}

/// Reads the name of a zone: an IANA name in any case, or a name that Windows gives it.
///
/// # Errors
/// Any other text. Offsets such as "GMT-6" are refused as well: they do not tell the zone, the city does.
pub fn parse_zone(text: &str) -> Result<Tz, ZoneError> {
    let text = text.trim();
    if let Ok(zone) = text.parse::<Tz>() {
        return Ok(zone);
    }
    let windows = WINDOWS_ZONES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    let found = match windows {
        Some((_, iana)) => iana.parse().ok(),
        None => TZ_VARIANTS.iter().copied().find(|zone| zone.name().eq_ignore_ascii_case(text)),
    };
    found.ok_or(ZoneError::Unknown)
}

/// Returns the release of the time zone database that is built in.
#[must_use]
pub const fn database_version() -> &'static str {
    IANA_TZDB_VERSION
}

/// Returns true if the zone's rules are known to have changed after the built-in database: its tenants are to be warned.
#[must_use]
pub fn is_stale(zone: Tz) -> bool {
    IANA_TZDB_VERSION < COMPARED_WITH && CHANGED_SINCE.contains(&zone.name())
}

fn instant(at: &DateTime<Tz>) -> Timestamp {
    Timestamp::from(at.with_timezone(&Utc))
}

/// At the very ends of the known rules chrono-tz names no end of a gap; the hour after is tried then.
fn after_gap(zone: Tz, local: NaiveDateTime) -> Timestamp {
    let end = GapInfo::new(&local, &zone).and_then(|gap| gap.end).map(|end| instant(&end));
    let later = || local.checked_add_signed(TimeDelta::hours(1)).and_then(|later| zone.from_local_datetime(&later).earliest());
    end.or_else(|| later().map(|at| instant(&at))).unwrap_or_else(|| Timestamp::from(local.and_utc()))
}

#[cfg(test)]
#[path = "zone_tests.rs"]
mod tests;
