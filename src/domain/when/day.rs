//! What can be said about days, before it is known which dates are meant.

use chrono::Weekday;

/// Which of the weekdays of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// "El martes": the next one after today.
    Plain,
    /// "Este martes", "this Tuesday": today or the coming one.
    This,
    /// "El próximo martes", "el martes que viene", "next Tuesday".
    Coming,
    /// "El otro martes", "na outra terça".
    Other,
    /// "El martes pasado".
    Last,
}

/// A part of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Third {
    /// The whole month.
    Whole,
    /// Its first ten days.
    Beginning,
    /// The ten days in the middle.
    Middle,
    /// Its last day.
    End,
}

/// A month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Month {
    /// This month and so many.
    Offset(i32),
    /// The next one of that name, from 1.
    Named(u32),
}

/// A limit of an open span of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// That day and later.
    From,
    /// Later than that day.
    After,
    /// That day and earlier.
    Until,
    /// Earlier than that day.
    Before,
}

/// Something said about a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Day {
    /// So many days after today.
    Today(i64),
    /// "Tomorrow" and what is counted from it: after midnight it is not clear.
    Tomorrow(i64),
    /// So many months after today.
    Months(i32),
    /// So many minutes after now.
    Elapsed(i64),
    /// A weekday.
    Weekday(Weekday, Which),
    /// A day of a month that is not said.
    OfMonth(u32),
    /// A date, with the year if it is said.
    Date {
        /// Day of the month.
        day: u32,
        /// Month, from 1.
        month: u32,
        /// The year.
        year: Option<i32>,
    },
    /// Two numbers of a date that does not say which is the month.
    Numbers(u32, u32, Option<i32>),
    /// A week, so many after this one.
    Week(i32),
    /// The coming weekend, or the one that is called the next.
    Weekend {
        /// "Next weekend".
        next: bool,
    },
    /// A month or a part of it.
    Month(Month, Third),
    /// The first (1) to fourth or the last (-1) weekday of that name in a month.
    Nth(i8, Weekday, Month),
    /// The week that a day lies in.
    WeekOf(Box<Day>),
    /// The first (1) to fourth or the last (-1) seven days of a month.
    Seventh(i8, Month),
    /// One of these: the words do not tell which.
    OneOf(Vec<Day>),
    /// Any day, the sooner the better.
    Open,
    /// So many days after another one.
    Later(Box<Day>, i64),
    /// The first weekday of that name after another day.
    Following(Weekday, Box<Day>),
    /// An open span.
    Limited(Limit, Box<Day>),
    /// From one day to another.
    Between(Box<Day>, Box<Day>),
}

impl Day {
    /// Returns true for what names one date and not a span.
    pub fn is_single(&self) -> bool {
        match self {
            Self::Today(_)
            | Self::Tomorrow(_)
            | Self::Months(_)
            | Self::Elapsed(_)
            | Self::Weekday(..)
            | Self::OfMonth(_)
            | Self::Date { .. }
            | Self::Numbers(..)
            | Self::Nth(..)
            | Self::Later(..)
            | Self::Following(..) => true,
            Self::Month(_, third) => *third == Third::End,
            Self::OneOf(days) => days.iter().all(Self::is_single),
            Self::Week(_)
            | Self::WeekOf(_)
            | Self::Seventh(..)
            | Self::Weekend { .. }
            | Self::Open
            | Self::Limited(..)
            | Self::Between(..) => false,
        }
    }
}
