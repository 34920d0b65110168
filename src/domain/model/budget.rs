//! What a business may spend on models in one of its days, and how far it is.

use crate::domain::time::Timestamp;
use chrono::{DateTime, Days, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Most of a day; `None`: no bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// Tokens in and out together.
    pub tokens: Option<u64>,
    /// Millionths of the currency in which prices are given.
    pub cost_micros: Option<u64>,
}

/// What was used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Spent {
    /// Tokens in and out together.
    pub tokens: u64,
    /// Millionths of the currency.
    pub cost_micros: u64,
}

impl Spent {
    /// Returns both together; saturates.
    #[must_use]
    pub const fn plus(self, more: Self) -> Self {
        Self { tokens: self.tokens.saturating_add(more.tokens), cost_micros: self.cost_micros.saturating_add(more.cost_micros) }
    }

    /// Returns what is left of it after taking `less`; never below zero.
    #[must_use]
    pub const fn minus(self, less: Self) -> Self {
        Self { tokens: self.tokens.saturating_sub(less.tokens), cost_micros: self.cost_micros.saturating_sub(less.cost_micros) }
    }

    /// Returns the larger of each: two accounts of the same spending, of which either may know more.
    #[must_use]
    pub fn or_more(self, other: Self) -> Self {
        Self { tokens: self.tokens.max(other.tokens), cost_micros: self.cost_micros.max(other.cost_micros) }
    }
}

/// What was used, and what calls under way may still use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Used {
    /// Used.
    pub spent: Spent,
    /// Reserved for calls that have not answered yet.
    pub under_way: Spent,
}

impl From<Spent> for Used {
    fn from(spent: Spent) -> Self {
        Self { spent, under_way: Spent::default() }
    }
}

/// How far a day's budget is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetState {
    /// Less than four fifths are used, or there is no bound.
    Ok,
    /// Four fifths are used: somebody should look.
    NearlySpent,
    /// Nothing is left: no model is asked until the next day.
    Spent,
}

impl BudgetState {
    /// Returns the spelling of the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NearlySpent => "nearly_spent",
            Self::Spent => "spent",
        }
    }
}

impl Budget {
    /// Returns how far it is used.
    #[must_use]
    pub fn state(self, spent: Spent) -> BudgetState {
        state(self.tokens, spent.tokens).max(state(self.cost_micros, spent.cost_micros))
    }

    /// Names what leaves no room for one more call, for people; `None` while there is room.
    ///
    /// A call may begin while anything is left beside what is used and reserved: so calls at the same time overrun a bound by no more than
    /// one call alone would, however many they are.
    #[must_use]
    pub fn refuses(self, used: Used) -> Option<&'static str> {
        let full = self.exhausted(used.spent);
        full.or_else(|| self.exhausted(used.spent.plus(used.under_way)).map(|_| "the rest of the day, by calls under way"))
    }

    /// Names what is used up, for people; `None` while something is left.
    #[must_use]
    pub fn exhausted(self, spent: Spent) -> Option<&'static str> {
        if state(self.tokens, spent.tokens) == BudgetState::Spent {
            return Some("tokens of the day");
        }
        (state(self.cost_micros, spent.cost_micros) == BudgetState::Spent).then_some("cost of the day")
    }
}

fn state(bound: Option<u64>, used: u64) -> BudgetState {
    match bound {
        Some(bound) if used >= bound => BudgetState::Spent,
        // Four fifths without overflow: what is left is at most a fifth.
        Some(bound) if bound - used <= bound / 5 => BudgetState::NearlySpent,
        Some(_) | None => BudgetState::Ok,
    }
}

/// One day of a business, from its midnight to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Day {
    /// Its first instant.
    pub start: Timestamp,
    /// The first instant of the next one.
    pub end: Timestamp,
}

impl Day {
    /// Returns the day of `at` in the IANA zone; a zone that does not exist counts as UTC.
    #[must_use]
    pub fn of(at: Timestamp, timezone: &str) -> Self {
        let zone: Tz = timezone.parse().unwrap_or(Tz::UTC);
        let date = at.to_chrono().with_timezone(&zone).date_naive();
        let midnight = |date: Option<chrono::NaiveDate>| date.and_then(|date| first_of(zone, date));
        let fallback = Duration::from_hours(24);
        let start = midnight(Some(date)).map_or_else(|| at.before(fallback), Timestamp::from);
        let end = midnight(date.checked_add_days(Days::new(1))).map_or_else(|| start.after(fallback), Timestamp::from);
        Self { start, end }
    }

    /// Returns true if `at` lies in it.
    #[must_use]
    pub fn holds(self, at: Timestamp) -> bool {
        (self.start..self.end).contains(&at)
    }
}

/// Returns the first instant of a date: where the clocks jump over midnight, it is a little later by the wall.
fn first_of(zone: Tz, date: chrono::NaiveDate) -> Option<DateTime<Utc>> {
    let quarters = (0..12_u32).filter_map(|quarter| NaiveTime::from_hms_opt(quarter / 4, (quarter % 4) * 15, 0));
    let mut instants = quarters.filter_map(|time| zone.from_local_datetime(&date.and_time(time)).earliest());
    instants.next().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn tokens(tokens: u64) -> Spent {
        Spent { tokens, cost_micros: 0 }
    }

    #[test]
    fn a_budget_is_ok_then_nearly_spent_then_spent() {
        let budget = Budget { tokens: Some(1_000), cost_micros: None };
        let states = [0, 799, 800, 999, 1_000, u64::MAX].map(|used| budget.state(tokens(used)));
        use BudgetState::{NearlySpent, Ok, Spent};
        assert_eq!(states, [Ok, Ok, NearlySpent, NearlySpent, Spent, Spent]);
        assert_eq!(budget.exhausted(tokens(999)), None);
        assert_eq!(budget.exhausted(tokens(1_000)), Some("tokens of the day"));
    }

    #[test]
    fn the_worse_of_tokens_and_cost_counts() {
        let budget = Budget { tokens: Some(1_000), cost_micros: Some(50) };
        let spent = super::Spent { tokens: 10, cost_micros: 50 };
        assert_eq!((budget.state(spent), budget.exhausted(spent)), (BudgetState::Spent, Some("cost of the day")));
        assert_eq!(Budget::default().state(tokens(u64::MAX)), BudgetState::Ok, "without a bound nothing is ever spent");
        assert_eq!(Budget { tokens: Some(0), cost_micros: None }.state(tokens(0)), BudgetState::Spent, "zero switches models off");
    }

    #[test]
    fn a_call_begins_only_beside_what_calls_under_way_may_use() {
        let budget = Budget { tokens: Some(100), cost_micros: None };
        let refuses = |spent, under_way| budget.refuses(Used { spent: tokens(spent), under_way: tokens(under_way) });
        assert_eq!(refuses(0, 0), None);
        assert_eq!(refuses(99, 0), None, "the last call may overrun by its own size");
        assert_eq!(refuses(60, 39), None);
        assert_eq!(refuses(60, 40), Some("the rest of the day, by calls under way"));
        assert_eq!(refuses(100, 0), Some("tokens of the day"));
        assert_eq!(refuses(u64::MAX, u64::MAX), Some("tokens of the day"));
        assert_eq!(Budget::default().refuses(Used { spent: tokens(u64::MAX), under_way: tokens(u64::MAX) }), None);
    }

    #[test]
    fn however_many_calls_begin_at_once_the_bound_is_overrun_by_one_at_most() {
        let (budget, each) = (Budget { tokens: Some(1_000), cost_micros: None }, tokens(300));
        for spent in [0, 1, 399, 400, 401, 999, 1_000] {
            let (mut under_way, mut begun) = (Spent::default(), 0);
            for _ in 0..50 {
                if budget.refuses(Used { spent: tokens(spent), under_way }).is_none() {
                    (under_way, begun) = (under_way.plus(each), begun + 1);
                }
            }
            let all = tokens(spent).plus(under_way).tokens;
            assert!(all < 1_000 + 300 && (begun > 0) == (spent < 1_000), "{spent}: {all}");
        }
    }

    #[test]
    fn a_day_is_the_tenants_own() {
        let day = Day::of(at("2026-11-22T03:00:00Z"), "America/Hermosillo");
        assert_eq!(day, Day { start: at("2026-11-21T07:00:00Z"), end: at("2026-11-22T07:00:00Z") });
        assert!(day.holds(at("2026-11-22T06:59:59Z")) && !day.holds(day.end) && day.holds(day.start));
        assert_eq!(Day::of(at("2026-11-22T03:00:00Z"), "Mars/Base").start, at("2026-11-22T00:00:00Z"));
    }

    #[test]
    fn a_day_of_23_or_25_hours_and_one_without_midnight_are_whole_days() {
        let hours = |day: Day| day.end.since(day.start).as_secs() / 3600;
        assert_eq!(hours(Day::of(at("2026-03-29T12:00:00Z"), "Europe/Madrid")), 23);
        assert_eq!(hours(Day::of(at("2026-10-25T12:00:00Z"), "Europe/Madrid")), 25);
        // In Santiago the clocks go from midnight to one.
        let jumped = Day::of(at("2026-09-06T12:00:00Z"), "America/Santiago");
        assert_eq!((jumped.start, hours(jumped)), (at("2026-09-06T04:00:00Z"), 23));
    }

    #[test]
    fn the_ends_of_time_have_days_too() {
        for micros in [i64::MIN, i64::MAX] {
            let at = Timestamp::from_micros(micros);
            let day = Day::of(at, "Asia/Tokyo");
            assert!(day.start <= day.end);
        }
    }
}
