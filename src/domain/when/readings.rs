//! From what was said about the time of day to clock times: picks the half of the day by the opening hours, or says that it cannot.
//!
//! Times are minutes of the day; from 1440 on they belong to the next date.

use super::points::{Half, Part, Point};
use super::{Hours, Openings};
use crate::domain::language::Language;
use chrono::{Days, NaiveDate, NaiveTime, Timelike};

/// Minutes of a day.
pub(super) const DAY: i32 = 24 * 60;

/// What counts as soon after, in minutes.
const SOON: i32 = 90;

/// When it is open, in minutes of a date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Open(Vec<(i32, i32)>);

impl Open {
    /// Returns the hours of a date; of the usual day, if it is closed then.
    pub fn on(date: NaiveDate, hours: &Openings<'_>) -> Self {
        let before = date.pred_opt().map(hours).unwrap_or_default();
        let spill = before.into_iter().filter(|(from, until)| until <= from).map(|(_, until)| (0, minutes_of(until)));
        let own: Vec<_> = hours(date).into_iter().map(interval).collect();
        if own.is_empty() {
            return Self::usual(date, hours);
        }
        Self(spill.chain(own).collect())
    }

    /// Returns the hours of a week together, for a day that is not known.
    pub fn usual(date: NaiveDate, hours: &Openings<'_>) -> Self {
        let week = (0..7).filter_map(|days| date.checked_add_days(Days::new(days)));
        Self(week.flat_map(|date| hours(date).into_iter().map(interval)).collect())
    }

    fn opens_at(&self, minute: i32) -> bool {
        self.0.iter().any(|(from, until)| (*from..*until).contains(&minute))
    }

    fn closes_by(&self, minute: i32) -> bool {
        self.0.iter().any(|(from, until)| (*from + 1..=*until).contains(&minute))
    }

    /// Returns true if it opens soon after: nobody says "after 6" and means long before opening.
    fn opens_after(&self, minute: i32) -> bool {
        self.0.iter().any(|(from, _)| (minute..=minute + SOON).contains(from))
    }

    fn overlaps(&self, from: i32, until: i32) -> bool {
        self.0.iter().any(|(open, close)| from.max(*open) < until.min(*close))
    }
}

fn minutes_of(time: NaiveTime) -> i32 {
    i32::try_from(time.num_seconds_from_midnight() / 60).unwrap_or_default()
}

fn interval((from, until): (NaiveTime, NaiveTime)) -> (i32, i32) {
    let (from, until) = (minutes_of(from), minutes_of(until));
    (from, if until <= from { until + DAY } else { until })
}

/// Returns the clock time of a minute; the day is lost.
pub(super) fn time_of(minute: i32) -> NaiveTime {
    let seconds = u32::try_from(minute.rem_euclid(DAY) * 60).unwrap_or_default();
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap_or(NaiveTime::MIN)
}

/// Returns the readings of a clock time, one or two.
fn readings(point: Point) -> Vec<i32> {
    let hour = i32::try_from(point.hour).unwrap_or_default();
    let fixed = |hour: i32| vec![hour * 60 + point.minutes];
    match point.half {
        _ if hour > 12 || hour == 0 => fixed(hour),
        Some(half) => fixed(hour_in(hour, half)),
        None if hour == 12 => vec![12 * 60 + point.minutes, DAY + point.minutes],
        None => vec![hour * 60 + point.minutes, (hour + 12) * 60 + point.minutes],
    }
}

/// Returns the hour of 24 (24 and more: after midnight) for an hour of 12.
fn hour_in(hour: i32, half: Half) -> i32 {
    let afternoon = if hour == 12 { 12 } else { hour + 12 };
    let morning = if hour == 12 { 0 } else { hour };
    match half {
        Half::Am | Half::Part(Part::Dawn) => morning,
        Half::Pm | Half::Part(Part::Afternoon) => afternoon,
        Half::Part(Part::Morning | Part::Early) => hour,
        Half::Part(Part::Midday) => {
            if hour < 6 {
                hour + 12
            } else {
                hour
            }
        }
        // "12 de la noche" and "1 de la noche" come after the evening that is meant.
        Half::Part(Part::Evening | Part::Night) => match hour {
            12 => 24,
            1..=4 => hour + 24,
            _ => hour + 12,
        },
    }
}

/// Returns the reading that fits the opening hours, or all that could be meant. `past`: minutes of the day that are over.
pub(super) fn pick(point: Point, open: &Open, past: Option<i32>) -> Vec<i32> {
    let all = readings(point);
    let ahead: Vec<i32> = all.iter().copied().filter(|minute| past.is_none_or(|past| *minute > past)).collect();
    let all = if ahead.is_empty() { all } else { ahead };
    if let Some(first) = all.first().filter(|minute| point.padded && open.opens_at(**minute)) {
        return vec![*first];
    }
    narrow(all, |minute| open.opens_at(*minute), |minute| open.closes_by(*minute))
}

/// Keeps those that pass the first test; if none does, those that pass the second; if none does, all.
fn narrow<T: Copy>(all: Vec<T>, first: impl Fn(&T) -> bool, second: impl Fn(&T) -> bool) -> Vec<T> {
    if all.len() < 2 {
        return all;
    }
    let kept = |test: &dyn Fn(&T) -> bool| all.iter().copied().filter(|one| test(one)).collect::<Vec<T>>();
    [kept(&first), kept(&second)].into_iter().find(|kept| !kept.is_empty()).unwrap_or(all)
}

/// Returns the span of hours that fits the opening hours, or all that could be meant.
pub(super) fn pick_range(from: Option<Point>, until: Option<Point>, open: &Open, past: Option<i32>) -> Vec<(i32, i32)> {
    match (from, until) {
        (Some(from), None) => {
            let spans: Vec<(i32, i32)> = readings(from).into_iter().map(|from| (from, DAY.max(from + 1))).collect();
            let ahead: Vec<(i32, i32)> = spans.iter().copied().filter(|(from, _)| past.is_none_or(|past| *from > past)).collect();
            let spans = if ahead.is_empty() { spans } else { ahead };
            let spans = narrow(spans, |(from, _)| open.opens_at(*from), |(from, _)| open.closes_by(*from));
            narrow(spans, |(from, _)| open.opens_at(*from) || open.closes_by(*from), |(from, _)| open.opens_after(*from))
        }
        (None, Some(until)) => {
            let spans = readings(until).into_iter().map(|until| (0, until)).collect();
            narrow(spans, |(_, until)| open.closes_by(*until), |(from, until)| open.overlaps(*from, *until))
        }
        (Some(from), Some(until)) => pick_both(share_half(from, until), until, open),
        (None, None) => Vec::new(),
    }
}

/// "From 3 to 5 pm": the second half of the day goes for both, unless the span would be empty.
fn share_half(from: Point, until: Point) -> Point {
    let shared = Point { half: from.half.or(until.half), ..from };
    let order = |from: Point| readings(from).iter().any(|from| readings(until).iter().any(|until| from < until));
    if order(shared) { shared } else { from }
}

fn pick_both(from: Point, until: Point, open: &Open) -> Vec<(i32, i32)> {
    let ends = readings(until);
    let pairs = readings(from).into_iter().flat_map(|from| ends.iter().map(move |until| (from, *until)));
    let pairs: Vec<(i32, i32)> = pairs.filter(|(from, until)| from < until).collect();
    if pairs.is_empty() {
        return readings(from).into_iter().zip(ends).map(|(from, until)| (from, until + DAY)).collect();
    }
    let fitting =
        narrow(pairs, |(from, until)| open.opens_at(*from) && open.closes_by(*until), |(from, until)| open.overlaps(*from, *until));
    let shortest = fitting.iter().map(|(from, until)| until - from).min().unwrap_or_default();
    fitting.into_iter().filter(|(from, until)| until - from == shortest).collect()
}

/// Returns the hours that a part of the day spans: wide, because the opening hours narrow them.
pub(super) fn part_hours(part: Part, language: Language) -> (i32, i32) {
    let evening = if language == Language::Es { 20 } else { 18 };
    let (from, until) = match part {
        Part::Dawn => (0, 6),
        Part::Early => (5, 10),
        Part::Morning => (5, 12),
        Part::Midday => (12, 14),
        Part::Afternoon => (12, evening),
        Part::Evening => (17, 22),
        Part::Night => (18, 24),
    };
    (from * 60, until * 60)
}

/// Returns hours of the day.
pub(super) fn hours_of((from, until): (i32, i32)) -> Hours {
    Hours { from: time_of(from), until: time_of(until.min(DAY)) }
}
