//! Which days are meant, if something else in the text tells: "el martes de la próxima semana", "next month on the 15th".
//!
//! Also the other way round: days beside which words about the calendar were not understood become a question.

use super::calendar::{Present, dates, monday, plus};
use super::day::{Day, Month, Third, Which};
use super::joining::share_month;
use super::scan::{Said, Sayings};
use super::unread::About;
use chrono::{Datelike, NaiveDate, Weekday};

/// Lets weeks and months tell which days are meant; drops "any day" beside a day.
pub(super) fn narrowed(said: &Sayings, present: &Present) -> Vec<Said<Day>> {
    let mut all: Vec<Said<Day>> = said.days.clone();
    share_month(&mut all);
    let before = all.clone();
    let mut used: Vec<usize> = Vec::new();
    for one in &mut all {
        let bound = nearest(&before, one, |day| !week_starts(day, present).is_empty())
            .and_then(|week| in_weeks(&one.what, &week_starts(&week.what, present), present).map(|day| (day, week.from)));
        let weekend = || nearest(&before, one, |day| matches!(day, Day::Weekend { .. })).filter(|_| is_of_weekend(&one.what));
        let bound = bound.or_else(|| {
            let weekend = weekend()?;
            let starts: Vec<NaiveDate> = dates(&weekend.what, present).spans().iter().map(|span| monday(span.first)).collect();
            in_weeks(&one.what, &starts, present).map(|day| (day, weekend.from))
        });
        let bound = bound.or_else(|| {
            let month = nearest(&before, one, |day| matches!(day, Day::Month(_, Third::Whole)))?;
            let Day::Month(which, _) = month.what else { return None };
            in_month(&one.what, which, present).map(|day| (day, month.from))
        });
        if let Some((day, by)) = bound {
            one.what = day;
            used.push(by);
        } else {
            one.what = doubted(said, one, present);
        }
    }
    let single = all.iter().any(|one| one.what != Day::Open);
    all.retain(|one| !(used.contains(&one.from) || single && one.what == Day::Open));
    all
}

fn is_of_weekend(day: &Day) -> bool {
    matches!(day, Day::Weekday(Weekday::Sat | Weekday::Sun, _))
}

/// Returns the week or month that stands nearest to a day. "El viernes o la próxima semana" are two wishes.
fn nearest<'a>(all: &'a [Said<Day>], one: &Said<Day>, is_told: impl Fn(&Day) -> bool) -> Option<&'a Said<Day>> {
    let named = |said: &&Said<Day>| !is_told(&said.what);
    let fits = |other: &&Said<Day>| {
        let (first, second) = if other.from < one.from { (*other, one) } else { (one, *other) };
        let between = all.iter().filter(named).any(|said| said.from > first.from && said.from < second.from);
        other.from != one.from && is_told(&other.what) && (!second.joined || between)
    };
    let gap =
        |other: &&Said<Day>| if other.from < one.from { 2 * one.from.abs_diff(other.to) + 1 } else { 2 * other.from.abs_diff(one.to) };
    all.iter().filter(fits).min_by_key(gap)
}

/// Returns where the weeks begin that a saying may mean: "next week", "in two weeks", "the week of the 15th".
fn week_starts(day: &Day, present: &Present) -> Vec<NaiveDate> {
    let this = monday(present.today());
    let first = |day: &Day| dates(day, present).spans().first().map(|span| span.first);
    match day {
        Day::Week(weeks) if *weeks >= 0 => vec![plus(this, 7 * i64::from(*weeks))],
        Day::Today(days) if *days >= 7 && days % 7 == 0 => vec![plus(this, *days)],
        Day::WeekOf(day) => first(day).map(monday).into_iter().collect(),
        Day::Seventh(..) => dates(day, present).spans().first().and_then(|span| span.last).map(|last| plus(last, -6)).into_iter().collect(),
        Day::OneOf(days) => days.iter().flat_map(|day| week_starts(day, present)).collect(),
        Day::Today(_)
        | Day::Tomorrow(_)
        | Day::Months(_)
        | Day::Elapsed(_)
        | Day::Weekday(..)
        | Day::OfMonth(_)
        | Day::Date { .. }
        | Day::Numbers(..)
        | Day::Week(_)
        | Day::Weekend { .. }
        | Day::Month(..)
        | Day::Nth(..)
        | Day::Open
        | Day::Later(..)
        | Day::Following(..)
        | Day::Limited(..)
        | Day::Between(..) => Vec::new(),
    }
}

fn in_weeks(day: &Day, starts: &[NaiveDate], present: &Present) -> Option<Day> {
    let all: Vec<Day> = starts.iter().filter_map(|start| in_week(day, *start, present)).collect();
    match all.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        [..] => Some(Day::OneOf(all)),
    }
}

/// Returns the day of the seven from a date on.
fn in_week(day: &Day, start: NaiveDate, present: &Present) -> Option<Day> {
    let inner = |day: &Day| in_week(day, start, present).map(Box::new);
    let of = |weekday: Weekday| {
        let ahead = (weekday.num_days_from_monday() + 7 - start.weekday().num_days_from_monday()) % 7;
        plus(start, i64::from(ahead))
    };
    match day {
        // On a Sunday many mean the week that begins.
        Day::Weekday(weekday, which) if *which != Which::Last => {
            let ended = of(*weekday) < present.today() && present.today().weekday() == Weekday::Sun;
            Some(if ended { day.clone() } else { date_said(of(*weekday)) })
        }
        Day::Weekend { .. } => Some(Day::Between(Box::new(date_said(of(Weekday::Sat))), Box::new(date_said(plus(of(Weekday::Sat), 1))))),
        Day::Limited(limit, day) => Some(Day::Limited(*limit, inner(day)?)),
        Day::Between(first, last) => Some(Day::Between(inner(first)?, inner(last)?)),
        Day::Weekday(..)
        | Day::Today(_)
        | Day::Tomorrow(_)
        | Day::Months(_)
        | Day::Elapsed(_)
        | Day::OfMonth(_)
        | Day::Date { .. }
        | Day::Numbers(..)
        | Day::Week(_)
        | Day::Month(..)
        | Day::Nth(..)
        | Day::WeekOf(_)
        | Day::Seventh(..)
        | Day::OneOf(_)
        | Day::Open
        | Day::Later(..)
        | Day::Following(..) => None,
    }
}

/// Returns the day of that number in the month, or all its days of that name.
fn in_month(day: &Day, month: Month, present: &Present) -> Option<Day> {
    let span = dates(&Day::Month(month, Third::Whole), present).spans().first().copied()?;
    let last = span.last?;
    let dated = |day: u32| Day::Date { day, month: last.month(), year: Some(last.year()) };
    match day {
        Day::OfMonth(day) => Some(dated(*day)),
        Day::Weekday(weekday, which) if *which != Which::Last => {
            let all = (0..31).map(|days| plus(span.first, days)).filter(|date| *date <= last && date.weekday() == *weekday);
            Some(Day::OneOf(all.map(date_said).collect()))
        }
        Day::Weekday(..)
        | Day::Today(_)
        | Day::Tomorrow(_)
        | Day::Months(_)
        | Day::Elapsed(_)
        | Day::Date { .. }
        | Day::Numbers(..)
        | Day::Week(_)
        | Day::Weekend { .. }
        | Day::Month(..)
        | Day::Nth(..)
        | Day::WeekOf(_)
        | Day::Seventh(..)
        | Day::OneOf(_)
        | Day::Open
        | Day::Later(..)
        | Day::Following(..)
        | Day::Limited(..)
        | Day::Between(..) => None,
    }
}

/// A weekday beside a week that was not understood is this one or the next; a number beside such a month, too.
fn doubted(said: &Sayings, one: &Said<Day>, present: &Present) -> Day {
    let beside = |about: Option<About>| said.vague.iter().any(|(from, what)| *from == one.from && about.is_none_or(|about| about == *what));
    if let Day::OfMonth(day) = one.what
        && beside(Some(About::Months))
    {
        let next = in_month(&one.what, Month::Offset(1), present).unwrap_or(Day::OfMonth(day));
        return Day::OneOf(vec![one.what.clone(), next]);
    }
    if names_weekday(&one.what) && beside(None) {
        return Day::OneOf(vec![one.what.clone(), Day::Later(Box::new(one.what.clone()), 7)]);
    }
    one.what.clone()
}

fn names_weekday(day: &Day) -> bool {
    match day {
        Day::Weekday(_, which) => *which != Which::Last,
        Day::Weekend { .. } => true,
        Day::Limited(_, day) | Day::Later(day, _) => names_weekday(day),
        Day::Between(first, last) => names_weekday(first) && names_weekday(last),
        Day::Today(_)
        | Day::Tomorrow(_)
        | Day::Months(_)
        | Day::Elapsed(_)
        | Day::OfMonth(_)
        | Day::Date { .. }
        | Day::Numbers(..)
        | Day::Week(_)
        | Day::Month(..)
        | Day::Nth(..)
        | Day::WeekOf(_)
        | Day::Seventh(..)
        | Day::OneOf(_)
        | Day::Following(..)
        | Day::Open => false,
    }
}

fn date_said(date: NaiveDate) -> Day {
    Day::Date { day: date.day(), month: date.month(), year: Some(date.year()) }
}
