//! Takes what was denied out of what is wanted: "cualquier día menos el jueves", "next week except Monday", "el viernes, pero no esta semana".

use super::Doubt;
use super::calendar::{Dated, Present, Span, dates, plus};
use super::day::{Day, Which};
use super::scan::Said;
use chrono::{Datelike, NaiveDate, Weekday};

/// Pieces that a span is cut into at most: what lies behind is left whole, nobody is shown so much at once.
const MAX_PIECES: usize = 4;
/// How far ahead a span is cut.
const MAX_DAYS: i64 = 42;

/// What was denied.
pub(super) struct Denied {
    weekdays: Vec<Weekday>,
    dates: Vec<NaiveDate>,
    spans: Vec<Span>,
}

impl Denied {
    /// Reads sayings that were denied.
    pub fn of(said: &[Said<Day>], present: &Present) -> Self {
        let mut all = Self { weekdays: Vec::new(), dates: Vec::new(), spans: Vec::new() };
        for one in said {
            if let Day::Weekday(weekday, Which::Plain) = one.what {
                all.weekdays.push(weekday);
                continue;
            }
            for span in dates(&one.what, present).spans() {
                match span.only() {
                    Some(date) => all.dates.push(date),
                    None => all.spans.push(span),
                }
            }
        }
        all
    }

    /// Returns what is left of the dates of a saying.
    pub fn left_of(&self, dated: Dated, day: &Day) -> Dated {
        if self.weekdays.is_empty() && self.dates.is_empty() && self.spans.is_empty() {
            return dated;
        }
        match dated {
            Dated::Sure(span) => match span.only() {
                Some(date) => self.moved_on(date, day),
                None => one_of(Doubt::Alternatives, self.pieces(span)),
            },
            Dated::Ask(doubt, spans) => {
                let free = |span: &Span| span.only().is_none_or(|date| !self.in_spans(date));
                let any = spans.iter().any(free);
                let spans = spans.into_iter().filter(|span| !any || free(span));
                one_of(doubt, spans.flat_map(|span| if span.only().is_some() { vec![span] } else { self.pieces(span) }).collect())
            }
            Dated::Elapsed(_) | Dated::Impossible { .. } => dated,
        }
    }

    fn contains(&self, date: NaiveDate) -> bool {
        self.weekdays.contains(&date.weekday()) || self.dates.contains(&date) || self.in_spans(date)
    }

    fn in_spans(&self, date: NaiveDate) -> bool {
        self.spans.iter().any(|span| span.first <= date && span.last.is_none_or(|last| date <= last))
    }

    /// A weekday of a week that does not suit is the one after; if only its date was denied, it has to be asked.
    fn moved_on(&self, date: NaiveDate, day: &Day) -> Dated {
        if !matches!(day, Day::Weekday(_, which) if *which != Which::Last) {
            return Dated::Sure(Span::day(date));
        }
        if self.dates.contains(&date) {
            return Dated::Ask(Doubt::WhichWeek, vec![Span::day(date), Span::day(plus(date, 7))]);
        }
        let free = (0..MAX_DAYS / 7).map(|weeks| plus(date, 7 * weeks)).find(|date| !self.in_spans(*date));
        Dated::Sure(Span::day(free.unwrap_or(date)))
    }

    fn pieces(&self, span: Span) -> Vec<Span> {
        let mut pieces: Vec<Span> = Vec::new();
        let mut from = None;
        for days in 0..MAX_DAYS {
            let date = plus(span.first, days);
            if pieces.len() >= MAX_PIECES || span.last.is_some_and(|last| date > last) {
                break;
            }
            match (self.contains(date), from) {
                (false, None) => from = Some(date),
                (true, Some(first)) => {
                    pieces.push(Span { first, last: Some(plus(date, -1)) });
                    from = None;
                }
                (true, None) | (false, Some(_)) => {}
            }
        }
        pieces.extend(from.filter(|_| !self.in_spans(plus(span.first, MAX_DAYS))).map(|first| Span { first, last: span.last }));
        pieces
    }
}

fn one_of(doubt: Doubt, spans: Vec<Span>) -> Dated {
    match spans.as_slice() {
        [only] => Dated::Sure(*only),
        [..] => Dated::Ask(doubt, spans),
    }
}
