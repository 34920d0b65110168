//! A customer who names another zone: their words are read by its clocks, and what they are told names both.
//!
//! Nothing is remembered but what was told: the zone holds as long as the last answer told it.

use super::Look;
use super::wish::open_on;
use crate::domain::booking::Resource;
use crate::domain::booking::voice::zone_told;
use crate::domain::content::Content;
use crate::domain::time::Timestamp;
use crate::domain::tool::{ToolCall, ToolOutcome};
use crate::domain::when::named_zone::{named_zone, unknown_zone};
use crate::domain::when::zone::{Resolved, later, resolve, wall};
use crate::domain::when::{Answer, Days, Moment, Times};
use crate::ports::toolbox::ToolContext;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use serde_json::Value;

/// The zone that the customer's newest words name, or that the last answer told; `None`: the business's.
pub fn named(context: &ToolContext, home: Tz) -> Option<Tz> {
    let customer = &context.customer;
    let said = customer.said.iter().rev().find_map(|said| named_zone(&said.text));
    said.or_else(|| customer.asked.as_deref().and_then(zone_told)).filter(|zone| *zone != home)
}

impl Look<'_> {
    /// The zone in which the customer's words for times are read.
    pub fn zone(&self) -> Tz {
        self.abroad.unwrap_or(self.agenda.zone)
    }

    /// Takes a zone from earlier words of the customer that a call passes on, if the newest name none.
    pub fn heard(self, call: &ToolCall) -> Self {
        let when = call.arguments.get("when").and_then(Value::as_str).unwrap_or_default();
        let none_said = named_zone(&self.said()).is_none();
        let passed = named_zone(when).filter(|zone| none_said && *zone != self.agenda.zone);
        Self { abroad: self.abroad.or(passed), ..self }
    }

    /// The words give a time by the clocks of a place that nobody knows, and none that is known.
    pub fn zone_is_unknown(&self, passed_on: &str) -> bool {
        let said = self.said();
        let words = if named_zone(&said).is_none() && !unknown_zone(&said) { passed_on } else { said.as_str() };
        named_zone(words).is_none() && unknown_zone(words)
    }

    /// Tells times in the customer's zone too.
    pub fn told_abroad(&self, content: Content, starts: &[Timestamp]) -> Content {
        match self.abroad {
            Some(abroad) => self.voice().with_zone(content, abroad, starts),
            None => content,
        }
    }

    /// A time as a question names it, in both zones.
    pub fn told_moment(&self, at: Timestamp) -> String {
        let labels = self.voice().labels();
        self.abroad.map_or_else(
            || labels.moment(at),
            |zone| {
                let theirs = crate::domain::when::labels::Labels { zone, ..labels };
                format!("{} ({})", labels.moment_with_zone(at), theirs.moment_with_zone(at))
            },
        )
    }

    /// Lists the customer's appointments.
    pub fn mine(&self) -> ToolOutcome {
        let all = &self.desk.appointments;
        let starts: Vec<Timestamp> = all.iter().map(|one| one.span.start).collect();
        self.say(self.told_abroad(self.voice().mine(all, &self.desk.waiting), &starts))
    }

    /// Opening intervals that begin on a date, as the customer's clocks show them.
    pub fn open_on(&self, resource: &Resource, date: NaiveDate) -> Vec<(NaiveTime, NaiveTime)> {
        let Some(abroad) = self.abroad else { return open_on(resource, date) };
        let there = |local: NaiveDateTime| wall(abroad, instant(self.agenda.zone, local));
        let around = date.pred_opt().into_iter().chain([date, later(date, 1)]);
        let of_day = |day: NaiveDate| {
            open_on(resource, day).into_iter().map(move |(from, to)| {
                let last = if to <= from { later(day, 1) } else { day };
                (day.and_time(from), last.and_time(to))
            })
        };
        let open = around.flat_map(of_day).map(|(from, to)| (there(from), there(to)));
        open.filter(|(from, _)| from.date() == date).map(|(from, to)| (from.time(), to.time())).collect()
    }

    /// What was meant by the customer's clocks, by the business's: the list of those who wait knows no other. Hours of other days are wide.
    pub fn at_home(&self, answer: &Answer) -> Answer {
        if self.abroad.is_none() {
            return *answer;
        }
        match answer {
            Answer::Moment(moment) => Answer::Moment(Moment { local: wall(self.agenda.zone, moment.at), at: moment.at }),
            Answer::Days(days) => Answer::Days(Days { times: Times::Any, ..*days }),
            Answer::Times(_) => Answer::Times(Times::Any),
        }
    }
}

/// The instant of a clock time; of one that is shown twice the earlier, of one that is not shown the next.
fn instant(zone: Tz, local: NaiveDateTime) -> Timestamp {
    match resolve(zone, local) {
        Resolved::Unique(at) | Resolved::Fold { first: at, .. } | Resolved::Gap { after: at } => at,
    }
}
