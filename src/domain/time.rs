//! Instants. One type for the whole product: microseconds since 1970 in UTC, RFC 3339 outside.
//!
//! This room never asks what time it is; the `Clock` port does.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// An instant in UTC with microsecond resolution, the coarsest that both databases keep exactly.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first instant of the year 1, the earliest that is read.
    const FIRST: Self = Self(-62_135_596_800_000_000);
    /// The last instant of the year 9999, the latest that is read: later ones have no RFC 3339 spelling.
    const LAST: Self = Self(253_402_300_799_999_999);

    /// Makes an instant from microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Makes an instant from whole seconds since 1970; saturates.
    #[must_use]
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Returns microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Parses RFC 3339, with any offset. `None` if the text is not an instant.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let at = Self(DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros());
        (Self::FIRST..=Self::LAST).contains(&at).then_some(at)
    }

    /// Returns the instant as chrono's type; an instant that chrono cannot hold becomes 1970.
    #[must_use]
    pub fn to_chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// Returns the instant `span` later; saturates.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// Returns the instant `span` earlier; saturates.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// Returns how long `earlier` is ago, zero if it lies in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_micros())
    }
}

/// An instant as RFC 3339 with six digits of a second, in UTC.
type Spelled = [u8; 27];

impl Timestamp {
    /// Spells an instant of the years that are read; `None` for others. By hand, because every snapshot holds dozens of them.
    fn spell(self) -> Option<Spelled> {
        const DAY: i64 = 86_400_000_000;
        if !(Self::FIRST..=Self::LAST).contains(&self) {
            return None;
        }
        let (days, within) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        // Years that begin in March, in eras of 400 years: the leap day comes last and months follow one rule.
        let days = days + 719_468;
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (year, month) = (year + 400 * era + i64::from(month >= 10), if month < 10 { month + 3 } else { month - 9 });
        let (seconds, micros) = (within / 1_000_000, within % 1_000_000);
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let parts =
            [(0, 4, year), (5, 7, month), (8, 10, day), (11, 13, seconds / 3_600), (14, 16, seconds / 60 % 60), (17, 19, seconds % 60)];
        for (from, to, number) in parts.into_iter().chain([(20, 26, micros)]) {
            let mut rest = number;
            for digit in text.get_mut(from..to)?.iter_mut().rev() {
                *digit += u8::try_from(rest % 10).unwrap_or_default();
                rest /= 10;
            }
        }
        Some(text)
    }

    /// Returns the text of an instant that chrono spells, where [`Self::spell`] does not.
    fn rare(self) -> String {
        self.to_chrono().to_rfc3339_opts(SecondsFormat::Micros, true)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.spell().as_ref().and_then(|text| std::str::from_utf8(text).ok()) {
            Some(text) => f.write_str(text),
            None => f.write_str(&self.rare()),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.spell().as_ref().and_then(|text| std::str::from_utf8(text).ok()) {
            Some(text) => serializer.serialize_str(text),
            None => serializer.serialize_str(&self.rare()),
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 instant, such as 2026-01-02T03:04:05Z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_spelled_as_chrono_spells_them() {
        let spelled = |at: Timestamp| (at.to_string(), serde_json::to_string(&at).unwrap());
        let step = 86_400_000_000 * 37 + 3_723_000_001;
        let mut micros = Timestamp::FIRST.micros();
        while micros <= Timestamp::LAST.micros() {
            let at = Timestamp(micros);
            assert_eq!(spelled(at), (at.rare(), format!("\"{}\"", at.rare())));
            micros += step;
        }
        for days in -1_000_i64..1_000 {
            let at = Timestamp(951_782_400_000_000 + days * 86_400_000_000 - 1);
            assert_eq!(at.to_string(), at.rare());
        }
        for at in [Timestamp::FIRST, Timestamp::LAST, Timestamp(Timestamp::LAST.0 + 1), Timestamp(i64::MIN), Timestamp(i64::MAX)] {
            assert_eq!(at.to_string(), at.rare());
        }
    }
}
