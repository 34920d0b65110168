//! From what was said about a day to dates of the calendar. Knows today, the weekday rules of three languages, and nothing of hours.

use super::day::{Day, Limit, Month, Third, Which};
use super::{Doubt, Times};
use crate::domain::language::Language;
use chrono::{Datelike, Months, NaiveDate, NaiveDateTime, TimeDelta, Weekday};

/// A past date without a year means next year only if it is longer ago than this.
const LONG_AGO_DAYS: i64 = 60;
/// Until this hour "tomorrow" may mean the day that has begun.
const NIGHT_ENDS_HOUR: u32 = 4;

/// Dates, first and last; no last one for an open span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// The first date.
    pub first: NaiveDate,
    /// The last date.
    pub last: Option<NaiveDate>,
}

impl Span {
    /// Makes a span of one date.
    pub const fn day(date: NaiveDate) -> Self {
        Self { first: date, last: Some(date) }
    }

    /// Returns the date if there is only one.
    pub fn only(self) -> Option<NaiveDate> {
        self.last.filter(|last| *last == self.first)
    }

    /// Adds times of day.
    pub const fn at(self, times: Times) -> super::Days {
        super::Days { first: self.first, last: self.last, times }
    }
}

/// What dates were meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dated {
    /// These.
    Sure(Span),
    /// One of these.
    Ask(Doubt, Vec<Span>),
    /// An instant, so many minutes after now.
    Elapsed(i64),
    /// No such date.
    Impossible {
        /// Day of the month.
        day: u32,
        /// Month.
        month: u32,
    },
}

impl Dated {
    /// Returns what could be meant.
    pub fn spans(&self) -> Vec<Span> {
        match self {
            Self::Sure(span) => vec![*span],
            Self::Ask(_, spans) => spans.clone(),
            Self::Elapsed(_) | Self::Impossible { .. } => Vec::new(),
        }
    }

    fn map(self, change: impl Fn(Span) -> Span) -> Self {
        match self {
            Self::Sure(span) => Self::Sure(change(span)),
            Self::Ask(doubt, spans) => Self::Ask(doubt, spans.into_iter().map(change).collect()),
            Self::Elapsed(_) | Self::Impossible { .. } => self,
        }
    }
}

/// What has to be known of the present.
#[derive(Clone, Copy, Debug)]
pub(super) struct Present {
    /// What the clocks show.
    pub local: NaiveDateTime,
    /// The customer's language.
    pub language: Language,
}

impl Present {
    /// Returns today's date.
    pub fn today(&self) -> NaiveDate {
        self.local.date()
    }

    fn on(&self, date: NaiveDate) -> Self {
        Self { local: date.and_hms_opt(12, 0, 0).unwrap_or(self.local), language: self.language }
    }
}

/// Returns the date so many days later; the same one at the ends of the calendar.
pub(super) fn plus(date: NaiveDate, days: i64) -> NaiveDate {
    TimeDelta::try_days(days).and_then(|span| date.checked_add_signed(span)).unwrap_or(date)
}

/// Returns the dates that are meant.
pub(super) fn dates(day: &Day, present: &Present) -> Dated {
    let today = present.today();
    match day {
        Day::Today(days) => sure(plus(today, *days)),
        Day::Tomorrow(days) => tomorrow(*days, present),
        Day::Months(months) => sure(months_later(today, *months)),
        Day::Elapsed(minutes) => Dated::Elapsed(*minutes),
        Day::Weekday(weekday, which) => weekday_date(*weekday, *which, present),
        Day::OfMonth(day) => of_month(*day, today),
        Day::Date { day, month, year } => calendar_date(*day, *month, *year, today),
        Day::Numbers(first, second, year) => numbers(*first, *second, *year, present),
        Day::Week(weeks) => week(*weeks, today),
        Day::Weekend { next } => weekend(*next, today),
        Day::Month(month, third) => month_span(*month, *third, today),
        Day::Nth(place, weekday, month) => nth(*place, *weekday, *month, today),
        Day::WeekOf(day) => dates(day, present).map(|span| week_around(span.first, today)),
        Day::Seventh(place, month) => seventh(*place, *month, today),
        Day::OneOf(days) => Dated::Ask(Doubt::WhichWeek, days.iter().flat_map(|day| dates(day, present).spans()).collect()),
        Day::Open => Dated::Sure(Span { first: today, last: None }),
        Day::Later(day, days) => {
            dates(day, present).map(|span| Span { first: plus(span.first, *days), last: span.last.map(|last| plus(last, *days)) })
        }
        Day::Following(weekday, day) => dates(day, present).map(|span| {
            let on = Present { language: Language::Es, ..present.on(span.last.unwrap_or(span.first)) };
            weekday_date(*weekday, Which::Plain, &on).spans().first().copied().unwrap_or(span)
        }),
        Day::Limited(limit, day) => dates(day, present).map(|span| limited(*limit, span, today)),
        Day::Between(first, last) => between(first, last, present),
    }
}

const fn sure(date: NaiveDate) -> Dated {
    Dated::Sure(Span::day(date))
}

fn ask(doubt: Doubt, all: &[NaiveDate]) -> Dated {
    Dated::Ask(doubt, all.iter().map(|date| Span::day(*date)).collect())
}

fn tomorrow(days: i64, present: &Present) -> Dated {
    use chrono::Timelike;
    let date = plus(present.today(), days);
    if present.local.hour() < NIGHT_ENDS_HOUR { ask(Doubt::AfterMidnight, &[plus(date, -1), date]) } else { sure(date) }
}

fn months_later(date: NaiveDate, months: i32) -> NaiveDate {
    let count = Months::new(months.unsigned_abs());
    let later = if months < 0 { date.checked_sub_months(count) } else { date.checked_add_months(count) };
    later.unwrap_or(date)
}

/// Returns the weekday's date. `ahead` is how far the next one after today is: 1 to 7 days.
fn weekday_date(weekday: Weekday, which: Which, present: &Present) -> Dated {
    let today = present.today();
    let ahead = i64::from((weekday.num_days_from_monday() + 6 - today.weekday().num_days_from_monday()) % 7) + 1;
    let coming = plus(today, ahead);
    let both = [coming, plus(coming, 7)];
    match which {
        Which::Plain => sure(coming),
        Which::This => sure(if ahead == 7 { today } else { coming }),
        Which::Last => sure(plus(coming, -7 - if ahead == 7 { 7 } else { 0 })),
        Which::Other => ask(Doubt::WhichWeek, &both),
        // Of a day of this week many say so and mean the one after. Whoever means tomorrow says so.
        Which::Coming => {
            let sunday_begins = present.language != Language::Es && today.weekday() == Weekday::Sun;
            let this_week = coming.iso_week() == today.iso_week() || sunday_begins || ahead == 1;
            if ahead != 7 && this_week { ask(Doubt::WhichWeek, &both) } else { sure(coming) }
        }
    }
}

/// The next date with that day of the month, today included.
fn of_month(day: u32, today: NaiveDate) -> Dated {
    let first = today.with_day(1).unwrap_or(today);
    let dates = (0..4).filter_map(|month| first.checked_add_months(Months::new(month))?.with_day(day));
    dates.into_iter().find(|date| *date >= today).map_or(Dated::Impossible { day, month: today.month() }, sure)
}

fn calendar_date(day: u32, month: u32, year: Option<i32>, today: NaiveDate) -> Dated {
    let on = |year: i32| NaiveDate::from_ymd_opt(year, month, day);
    let next = || on(today.year().saturating_add(1));
    let found = match (year, on(today.year())) {
        (Some(year), _) => on(year),
        (None, Some(date)) if (today - date).num_days() > LONG_AGO_DAYS => next(),
        (None, Some(date)) => Some(date),
        // 29 February, asked for in the year before.
        (None, None) => next().filter(|date| (*date - today).num_days() < 366),
    };
    found.map_or(Dated::Impossible { day, month }, sure)
}

/// Day and month in the order of the language; in English both orders are usual.
fn numbers(first: u32, second: u32, year: Option<i32>, present: &Present) -> Dated {
    let today = present.today();
    let day_first = calendar_date(first, second, year, today);
    let month_first = calendar_date(second, first, year, today);
    let both_read = first <= 12 && second <= 12;
    match present.language {
        Language::Es | Language::Pt if second <= 12 || first > 12 => day_first,
        Language::En if both_read && first != second => {
            let mut all = month_first.spans();
            all.extend(day_first.spans());
            if all.len() > 1 { Dated::Ask(Doubt::DayMonthOrder, all) } else { month_first }
        }
        Language::En if first > 12 => day_first,
        Language::Es | Language::Pt | Language::En => month_first,
    }
}

/// Returns the Monday of a date's week.
pub(super) fn monday(today: NaiveDate) -> NaiveDate {
    plus(today, -i64::from(today.weekday().num_days_from_monday()))
}

fn week(weeks: i32, today: NaiveDate) -> Dated {
    let monday = plus(monday(today), 7 * i64::from(weeks));
    let first = if weeks == 0 { today } else { monday };
    Dated::Sure(Span { first, last: Some(plus(monday, 6)) })
}

fn weekend(next: bool, today: NaiveDate) -> Dated {
    let saturday = plus(monday(today), 5);
    let this = Span { first: saturday.max(today), last: Some(plus(saturday, 1)) };
    let following = Span { first: plus(saturday, 7), last: Some(plus(saturday, 8)) };
    match (next, today >= saturday) {
        (false, _) => Dated::Sure(this),
        (true, true) => Dated::Sure(following),
        (true, false) => Dated::Ask(Doubt::WhichWeek, vec![this, following]),
    }
}

fn month_span(month: Month, third: Third, today: NaiveDate) -> Dated {
    let this = today.with_day(1).unwrap_or(today);
    let first = match month {
        Month::Offset(months) => months_later(this, months),
        Month::Named(month) => {
            let ahead = (month + 12 - today.month()) % 12;
            months_later(this, i32::try_from(ahead).unwrap_or_default())
        }
    };
    let end = plus(months_later(first, 1), -1);
    let (from, to) = match third {
        Third::Whole => (first, end),
        Third::Beginning => (first, plus(first, 9)),
        Third::Middle => (plus(first, 10), plus(first, 19)),
        Third::End => (end, end),
    };
    Dated::Sure(Span { first: if to >= today { from.max(today) } else { from }, last: Some(to) })
}

fn nth(place: i8, weekday: Weekday, month: Month, today: NaiveDate) -> Dated {
    let in_month = |month: Month| {
        let last = month_span(month, Third::End, today).spans().first().map(|span| span.first)?;
        match u8::try_from(place) {
            Ok(place) => NaiveDate::from_weekday_of_month_opt(last.year(), last.month(), weekday, place),
            Err(_) => (0..7).map(|days| plus(last, -days)).find(|date| date.weekday() == weekday),
        }
    };
    in_month(month).map_or(Dated::Impossible { day: 31, month: today.month() }, sure)
}

/// Seven days of a month, counted from its beginning or its end.
fn seventh(place: i8, month: Month, today: NaiveDate) -> Dated {
    let ends = [Third::Whole, Third::End].map(|third| month_span(month, third, today).spans().first().copied());
    let [Some(whole), Some(end)] = ends else { return sure(today) };
    let start = whole.first.with_day(1).unwrap_or(whole.first);
    let first = if place < 0 { plus(end.first, -6) } else { plus(start, 7 * i64::from(place - 1)) };
    let last = plus(first, 6);
    Dated::Sure(Span { first: if last >= today { first.max(today) } else { first }, last: Some(last) })
}

fn week_around(date: NaiveDate, today: NaiveDate) -> Span {
    let monday = monday(date);
    let last = plus(monday, 6);
    Span { first: if last >= today { monday.max(today) } else { monday }, last: Some(last) }
}

fn limited(limit: Limit, span: Span, today: NaiveDate) -> Span {
    let last = span.last.unwrap_or(span.first);
    if last < today && matches!(limit, Limit::From | Limit::After) {
        return span;
    }
    match limit {
        Limit::From => Span { first: span.first.max(today), last: None },
        Limit::After => Span { first: plus(last, 1).max(today), last: None },
        Limit::Until => Span { first: today.min(span.first), last: Some(last) },
        Limit::Before => Span { first: today.min(plus(span.first, -1)), last: Some(plus(span.first, -1)) },
    }
}

/// The second day is the next of its kind after the first: "del viernes al lunes".
fn between(first: &Day, last: &Day, present: &Present) -> Dated {
    let from = dates(first, present);
    let Some(start) = from.spans().first().map(|span| span.first) else { return from };
    let to = match last {
        Day::Weekday(..) | Day::OfMonth(_) | Day::Date { .. } => dates(last, &present.on(start)),
        Day::Today(_)
        | Day::Tomorrow(_)
        | Day::Months(_)
        | Day::Elapsed(_)
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
        | Day::Between(..) => dates(last, present),
    };
    let Some(end) = to.spans().last().and_then(|span| span.last) else { return to };
    Dated::Sure(Span { first: start.min(end), last: Some(end.max(start)) })
}
