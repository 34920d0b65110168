//! Joins what is said about days with what is said about hours into one answer, or a question.
//!
//! Every date and time of an answer comes from here; none lies in the past unless the answer says so.

use super::calendar::{Dated, Present, Span, dates, plus};
use super::day::{Day, Which};
use super::excluding::Denied;
use super::joining::{agree, alike, beside_day, merge_clocks, paired};
use super::narrowing::narrowed;
use super::points::Point;
use super::ranges::Clock;
use super::readings::{DAY, Open, hours_of, part_hours, pick, pick_range, time_of};
use super::scan::{Said, Sayings};
use super::zone::{Resolved, resolve, wall};
use super::{Answer, Doubt, Moment, Times, Understood, WhenContext};
use crate::domain::time::Timestamp;
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

/// A question with more choices than this is none.
const MAX_CHOICES: usize = 6;

/// Makes an answer of what was said.
pub(super) fn settle(said: &Sayings, context: &WhenContext<'_>) -> Understood {
    let desk = Desk { context, present: Present { local: wall(context.zone, context.now), language: context.language } };
    let spoken = beside_day(said);
    let clocks = merge_clocks(&spoken);
    let days = desk.days(said);
    if days.is_empty() {
        return match (clocks.is_empty(), context.selected) {
            (true, _) => Understood::Nothing,
            (false, Some(date)) => desk.on_each(&[desk.selected(date, said)], &clocks, false),
            (false, None) => desk.without_day(&clocks),
        };
    }
    let this = said.days.len() == 1 && said.days.iter().any(|said| matches!(said.what, Day::Weekday(_, Which::This)));
    if days.len() > 1 && spoken.len() == clocks.len() && clocks.len() == days.len() && paired(&days, &spoken) {
        let pairs = days.iter().zip(&clocks);
        let outcomes = pairs.map(|(day, clock)| desk.on_each(std::slice::from_ref(&day.what), &[*clock], this)).collect();
        return together(Some(Doubt::Alternatives), outcomes);
    }
    if let Some(asked) = desk.hour_or_date(said, &spoken, &days) {
        return asked;
    }
    let days: Vec<Dated> = desk.ahead(days).into_iter().map(|said| said.what).collect();
    desk.on_each(&days, &clocks, this)
}

/// The context, with today.
struct Desk<'a> {
    context: &'a WhenContext<'a>,
    present: Present,
}

impl Desk<'_> {
    /// English "Friday 12" is at noon, or the 12th if that is a Friday.
    fn hour_or_date(&self, said: &Sayings, clocks: &[Said<Clock>], days: &[Said<Dated>]) -> Option<Understood> {
        let ([day], [clock], [dated]) = (said.days.as_slice(), clocks, days) else { return None };
        let Clock::Point(Point { hour, minutes: 0, half: None, padded: false }) = clock.what else { return None };
        let bare = clock.from == day.to && clock.to == day.to + 1 && matches!(day.what, Day::Weekday(_, Which::Plain));
        let date = dates(&Day::OfMonth(hour), &self.present).spans().first().and_then(|span| span.only());
        let coming = dated.what.spans().first().and_then(|span| span.only())?;
        let date = date.filter(|date| bare && *date != coming && date.weekday() == coming.weekday())?;
        let hours = self.on(&dated.what, &[clock.what], false);
        Some(together(Some(Doubt::Disagreement), vec![hours, self.span(Span::day(date), &[])]))
    }

    /// Turns sayings into dates; those about one day become one.
    fn days(&self, said: &Sayings) -> Vec<Said<Dated>> {
        let mut all: Vec<(Said<Dated>, Day)> = Vec::new();
        let denied = Denied::of(&said.denied, &self.present);
        for one in narrowed(said, &self.present) {
            let dated = denied.left_of(dates(&one.what, &self.present), &one.what);
            let next = Said { what: dated, from: one.from, to: one.to, joined: one.joined, apart: one.apart };
            match all.last_mut() {
                Some((last, day)) if !one.joined && !one.apart && day.is_single() && one.what.is_single() && !alike(day, &one.what) => {
                    last.what = agree((&last.what, day), (&next.what, &one.what));
                    last.to = one.to;
                    if !matches!(one.what, Day::Weekday(..)) {
                        *day = one.what;
                    }
                }
                Some(_) | None => all.push((next, one.what)),
            }
        }
        let mut found: Vec<Said<Dated>> = all.into_iter().map(|(said, _)| said).collect();
        let mut seen: Vec<Dated> = Vec::new();
        found.retain(|said| {
            let new = !seen.contains(&said.what);
            seen.push(said.what.clone());
            new
        });
        found
    }

    /// The day that the conversation is about, unless words beside the hour may say another one.
    fn selected(&self, date: NaiveDate, said: &Sayings) -> Dated {
        let span = Span::day(date);
        if said.vague.is_empty() { Dated::Sure(span) } else { Dated::Ask(Doubt::WhichWeek, vec![span, Span::day(plus(date, 7))]) }
    }

    /// Leaves out what has passed, if something else is said.
    fn ahead(&self, mut found: Vec<Said<Dated>>) -> Vec<Said<Dated>> {
        let today = self.present.today();
        let past = |said: &Said<Dated>| {
            let spans = said.what.spans();
            !spans.is_empty() && spans.iter().all(|span| span.last.is_some_and(|last| last < today))
        };
        if found.iter().any(|said| !past(said)) {
            found.retain(|said| !past(said));
        }
        found
    }

    /// Answers for these dates with these hours.
    fn on_each(&self, days: &[Dated], clocks: &[Clock], this_week: bool) -> Understood {
        let outcomes: Vec<Understood> = days.iter().map(|day| self.on(day, clocks, this_week)).collect();
        together((outcomes.len() > 1).then_some(Doubt::Alternatives), outcomes)
    }

    fn on(&self, day: &Dated, clocks: &[Clock], this_week: bool) -> Understood {
        match day {
            Dated::Sure(span) => {
                let answer = self.span(*span, clocks);
                let passed = this_week && matches!(answer, Understood::Past(_)) && span.only() == Some(self.present.today());
                if passed { self.span(Span::day(plus(span.first, 7)), clocks) } else { answer }
            }
            Dated::Ask(doubt, spans) => together(Some(*doubt), spans.iter().map(|span| self.span(*span, clocks)).collect()),
            Dated::Elapsed(minutes) => self.elapsed(*minutes),
            Dated::Impossible { day, month } => Understood::Impossible { day: *day, month: *month },
        }
    }

    /// Instants that are counted from now are rounded up to whole minutes.
    fn elapsed(&self, minutes: i64) -> Understood {
        const MINUTE: i64 = 60_000_000;
        let now = self.context.now.micros().div_euclid(MINUTE).saturating_mul(MINUTE);
        let at =
            Timestamp::from_micros(now.saturating_add(minutes.saturating_add(1).saturating_mul(MINUTE)).max(self.context.now.micros()));
        let at = if self.context.now.micros().rem_euclid(MINUTE) == 0 { at.before(std::time::Duration::from_secs(60)) } else { at };
        self.checked(wall(self.context.zone, at), at)
    }

    fn span(&self, span: Span, clocks: &[Clock]) -> Understood {
        if clocks.is_empty() {
            return self.days_answer(span, Times::Any);
        }
        let outcomes: Vec<Understood> = clocks.iter().map(|clock| self.with_clock(span, clock)).collect();
        together((outcomes.len() > 1).then_some(Doubt::Alternatives), outcomes)
    }

    fn with_clock(&self, span: Span, clock: &Clock) -> Understood {
        let only = span.only();
        let open = only.map_or_else(|| Open::usual(span.first, self.context.hours), |date| Open::on(date, self.context.hours));
        let past = only.filter(|date| *date == self.present.today()).map(|_| self.minute_of_day());
        match clock {
            Clock::Part(part) => self.days_answer(span, Times::Within(hours_of(part_hours(*part, self.context.language)))),
            Clock::Range(from, until) => {
                let ranges = pick_range(*from, *until, &open, past).into_iter();
                together(Some(Doubt::HalfOfDay), ranges.map(|range| self.days_answer(span, Times::Within(hours_of(range)))).collect())
            }
            Clock::Point(point) => {
                let minutes = pick(*point, &open, past).into_iter();
                let outcome = |minute: i32| match only {
                    Some(date) => self.moment(date, minute),
                    None => self.days_answer(span, Times::At(time_of(minute))),
                };
                together(Some(Doubt::HalfOfDay), minutes.map(outcome).collect())
            }
        }
    }

    fn without_day(&self, clocks: &[Clock]) -> Understood {
        let open = Open::usual(self.present.today(), self.context.hours);
        let times = |clock: &Clock| -> Vec<Times> {
            match clock {
                Clock::Part(part) => vec![Times::Within(hours_of(part_hours(*part, self.context.language)))],
                Clock::Range(from, until) => {
                    pick_range(*from, *until, &open, None).into_iter().map(|range| Times::Within(hours_of(range))).collect()
                }
                Clock::Point(point) => pick(*point, &open, None).into_iter().map(|minute| Times::At(time_of(minute))).collect(),
            }
        };
        let sure = |times: Times| Understood::Sure(Answer::Times(times));
        let outcomes = clocks.iter().map(|clock| together(Some(Doubt::HalfOfDay), times(clock).into_iter().map(sure).collect())).collect();
        together((clocks.len() > 1).then_some(Doubt::Alternatives), outcomes)
    }

    fn minute_of_day(&self) -> i32 {
        i32::try_from(self.present.local.num_seconds_from_midnight() / 60).unwrap_or_default()
    }

    fn days_answer(&self, span: Span, times: Times) -> Understood {
        let today = self.present.today();
        let over = match times {
            Times::Any | Times::At(_) => false,
            Times::Within(hours) => hours.until.num_seconds_from_midnight() > 0 && hours.until <= self.present.local.time(),
        };
        match span.last {
            Some(last) if last < today || (last == today && over) => Understood::Past(Answer::Days(span.at(times))),
            Some(_) | None => Understood::Sure(Answer::Days(Span { first: span.first.max(today), last: span.last }.at(times))),
        }
    }

    /// Returns the instant of a clock time, minutes from 1440 on being of the next date.
    fn moment(&self, date: NaiveDate, minute: i32) -> Understood {
        let local = plus(date, i64::from(minute.div_euclid(DAY))).and_time(time_of(minute));
        match resolve(self.context.zone, local) {
            Resolved::Unique(at) => self.checked(local, at),
            Resolved::Fold { first, second } => together(Some(Doubt::Twice), vec![self.checked(local, first), self.checked(local, second)]),
            Resolved::Gap { after } => {
                let next = Moment { local: wall(self.context.zone, after), at: after };
                if after <= self.context.now { Understood::Past(Answer::Moment(next)) } else { Understood::Missing { asked: local, next } }
            }
        }
    }

    fn checked(&self, local: NaiveDateTime, at: Timestamp) -> Understood {
        let moment = Answer::Moment(Moment { local, at });
        if at <= self.context.now { Understood::Past(moment) } else { Understood::Sure(moment) }
    }
}

/// Makes one of several outcomes: what is past or impossible counts only if nothing else is left.
fn together(doubt: Option<Doubt>, outcomes: Vec<Understood>) -> Understood {
    let mut choices: Vec<Answer> = Vec::new();
    let mut inner = None;
    let mut rest = None;
    for outcome in outcomes {
        match outcome {
            Understood::Sure(answer) => choices.push(answer),
            Understood::Ask { doubt, choices: more } => {
                inner = inner.or(Some(doubt));
                choices.extend(more);
            }
            Understood::Missing { .. } | Understood::Past(_) | Understood::Impossible { .. } => rest = rest.or(Some(outcome)),
            Understood::Nothing => {}
        }
    }
    let mut unique: Vec<Answer> = Vec::with_capacity(choices.len());
    choices.retain(|choice| {
        let new = !unique.contains(choice);
        unique.push(*choice);
        new && unique.len() <= MAX_CHOICES
    });
    match choices.as_slice() {
        [] => rest.unwrap_or(Understood::Nothing),
        [answer] => Understood::Sure(*answer),
        [..] => Understood::Ask {
            doubt: doubt.filter(|_| inner.is_none() || doubt != Some(Doubt::HalfOfDay)).or(inner).unwrap_or(Doubt::Alternatives),
            choices,
        },
    }
}
