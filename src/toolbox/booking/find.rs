//! `find_slots`: from the customer's words to a hold, a list, or a question back.

use super::Look;
use super::hold::Wish;
use super::wish::Named;
use crate::domain::booking::choice::next_handle;
use crate::domain::booking::voice::{Lead, Trouble};
use crate::domain::booking::waiting::WaitWish;
use crate::domain::booking::{Act, Purpose, Service, Shown, Slot, Span, Wanted};
use crate::domain::ids::{AppointmentId, ResourceId};
use crate::domain::time::Timestamp;
use crate::domain::tool::ToolOutcome;
use crate::domain::when::zone::local_day;
use crate::domain::when::{Answer, Days, Doubt, Moment, Times, Understood};
use crate::ports::toolbox::ToolError;
use crate::toolbox::arguments;
use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// Most times that are shown at once.
const MOST_SHOWN: usize = 4;
/// Most of one day, where several days are asked for.
const MOST_OF_DAY: usize = 2;
/// Times shown near a wish that cannot be met.
const MOST_NEAR: usize = 3;
/// Most slots that are looked at.
const MOST_LOOKED_AT: usize = 400;
/// How much of an open span is looked at before it is looked on: most wishes are met early.
const STRIDE: Duration = Duration::from_hours(24 * 14);
/// Furthest that is looked for something near a wish.
const NEAR: Duration = Duration::from_hours(24 * 21);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    service: String,
    when: String,
    with: Option<String>,
}

/// What is looked for.
#[derive(Clone, Copy)]
pub struct Search<'a> {
    pub service: &'a Service,
    pub resource: Option<ResourceId>,
    pub moving: Option<AppointmentId>,
}

pub async fn call(look: &Look<'_>, given: &Value, moving: Option<AppointmentId>) -> Result<ToolOutcome, ToolError> {
    let Arguments { service, when, with } = arguments(given)?;
    let of_id = |id: AppointmentId| look.desk.appointments.iter().find(|one| one.id == id);
    // A move that is under way goes on, unless the customer now speaks of another service.
    let underway = || look.moving().and_then(of_id).filter(|one| !look.names_another(one.service));
    let moved = moving.and_then(of_id).or_else(underway);
    let service = match moved.and_then(|one| look.agenda.service(one.service)) {
        Some(service) => service,
        None => match look.service(&service) {
            Named::One(service) => service,
            Named::Nothing | Named::Unclear => return Ok(look.say(look.voice().which_service())),
        },
    };
    let resource = match look.person(with.as_deref(), service) {
        Named::One(resource) => Some(resource),
        Named::Nothing => None,
        Named::Unclear => return Ok(look.say(look.voice().ask_back(&Trouble::NoSuchPerson(look.people_of(service))))),
    };
    if look.zone_is_unknown(&when) {
        return Ok(look.say(look.voice().ask_back(&Trouble::NoSuchZone)));
    }
    let search = Search { service, resource, moving: moved.map(|one| one.id) };
    look.search(search, look.wished(&when, Some(service))).await
}

impl Look<'_> {
    pub fn people_of(&self, service: &Service) -> Vec<String> {
        let all = service.resources().filter_map(|id| self.agenda.resource(id));
        all.filter(|one| one.kind == crate::domain::booking::ResourceKind::Person).map(|one| one.name.clone()).collect()
    }

    pub async fn search(&self, search: Search<'_>, wished: Understood) -> Result<ToolOutcome, ToolError> {
        let today = self.date(self.context.at);
        match wished {
            Understood::Nothing => self.in_days(search, Days { first: today, last: None, times: Times::Any }).await,
            Understood::Sure(Answer::Moment(moment)) => self.at_moment(search, moment.at).await,
            Understood::Sure(Answer::Days(days)) => self.in_days(search, days).await,
            Understood::Sure(Answer::Times(times)) => self.in_days(search, Days { first: today, last: None, times }).await,
            Understood::Ask { doubt: Doubt::HalfOfDay | Doubt::Twice | Doubt::Alternatives, choices } => match moments(&choices) {
                Some(moments) => self.one_of(search, moments).await,
                None => self.each_of(search, &choices).await,
            },
            Understood::Ask { choices, .. } => {
                let labels = choices.iter().map(|choice| self.label(choice)).collect();
                Ok(self.say(self.voice().ask_back(&Trouble::OneOf(labels))))
            }
            Understood::Missing { next, .. } => self.near(search, next.at, None).await,
            Understood::Past(_) => Ok(self.say(self.voice().ask_back(&Trouble::Past))),
            Understood::Impossible { day, month } => Ok(self.say(self.voice().ask_back(&Trouble::NoSuchDate { day, month }))),
        }
    }

    fn date(&self, at: Timestamp) -> NaiveDate {
        at.to_chrono().with_timezone(&self.zone()).date_naive()
    }

    fn clock(&self, at: Timestamp) -> NaiveTime {
        at.to_chrono().with_timezone(&self.zone()).time()
    }

    fn label(&self, choice: &Answer) -> String {
        let labels = self.voice().labels();
        match choice {
            Answer::Moment(moment) => self.told_moment(moment.at),
            Answer::Days(days) => labels.date(days.first),
            Answer::Times(Times::At(time)) => time.format("%H:%M").to_string(),
            Answer::Times(Times::Within(hours)) => format!("{}–{}", hours.from.format("%H:%M"), hours.until.format("%H:%M")),
            Answer::Times(Times::Any) => String::new(),
        }
    }

    pub async fn slots(&self, search: Search<'_>, within: Span, limit: usize) -> Result<Vec<Slot>, ToolError> {
        let wanted = Wanted { service: search.service.id, within, resource: search.resource, moving: search.moving, limit };
        let slots = self.tools.book.slots(self.context.customer.key.tenant, wanted, self.context.at).await;
        slots.map_err(|error| ToolError::Failed(error.to_string()))
    }

    async fn is_free(&self, search: Search<'_>, at: Timestamp) -> Result<bool, ToolError> {
        let within = Span { start: at, end: at.after(Duration::from_micros(1)) };
        Ok(self.slots(search, within, 1).await?.iter().any(|slot| slot.span.start == at))
    }

    /// The very time: held at once, if it is free.
    async fn at_moment(&self, search: Search<'_>, at: Timestamp) -> Result<ToolOutcome, ToolError> {
        if self.is_free(search, at).await? {
            return Ok(self.hold(&Wish { service: search.service.id, start: at, resource: search.resource, moves: search.moving }));
        }
        let date = self.date(at);
        let moment = Answer::Moment(Moment { local: date.and_time(self.clock(at)), at });
        self.near(search, at, Some(self.wish_of(&moment, search.service))).await
    }

    /// Several readings of a time: the only free one is meant; of several the customer chooses.
    async fn one_of(&self, search: Search<'_>, moments: Vec<Moment>) -> Result<ToolOutcome, ToolError> {
        let mut free = Vec::new();
        for moment in &moments {
            if self.is_free(search, moment.at).await? {
                free.push(moment.at);
            }
        }
        match (free.as_slice(), moments.first()) {
            ([only], _) => self.at_moment(search, *only).await,
            ([], Some(first)) => self.near(search, first.at, None).await,
            ([], None) => Ok(self.say(self.voice().nothing_free(search.service.id))),
            (several, _) => {
                let mut slots = Vec::new();
                for at in several {
                    slots.extend(self.slots(search, Span { start: *at, end: at.after(Duration::from_micros(1)) }, 1).await?);
                }
                Ok(self.show(search, slots))
            }
        }
    }

    /// Several days, or halves of days, each of which may suit: what is free in each of them. Where none is, as for the first of them alone.
    async fn each_of(&self, search: Search<'_>, choices: &[Answer]) -> Result<ToolOutcome, ToolError> {
        let mut found = Vec::new();
        for choice in choices {
            let (few, several_days) = match choice {
                Answer::Moment(moment) => {
                    let within = Span { start: moment.at, end: moment.at.after(Duration::from_micros(1)) };
                    (self.slots(search, within, 1).await?, false)
                }
                Answer::Days(_) | Answer::Times(_) => {
                    let days = self.days_of(choice);
                    (self.fitting(search, self.span_of(search, days), days.times).await?, days.last != Some(days.first))
                }
            };
            found.push((few, several_days));
        }
        found.retain(|(slots, _)| !slots.is_empty());
        if found.is_empty() {
            return match choices.first() {
                Some(Answer::Moment(moment)) => self.at_moment(search, moment.at).await,
                Some(other) => self.in_days(search, self.days_of(other)).await,
                None => Ok(self.say(self.voice().nothing_free(search.service.id))),
            };
        }
        let share = MOST_SHOWN.div_ceil(found.len()).max(1);
        let few = found.into_iter().map(|(slots, several_days)| self.few(slots, several_days, share));
        Ok(self.show(search, in_turn(few.collect(), MOST_SHOWN.max(choices.len()))))
    }

    /// The days of a choice; a time of day alone may be on any day from today on.
    fn days_of(&self, choice: &Answer) -> Days {
        match choice {
            Answer::Days(days) => *days,
            Answer::Times(times) => Days { first: self.date(self.context.at), last: None, times: *times },
            Answer::Moment(moment) => {
                Days { first: moment.local.date(), last: Some(moment.local.date()), times: Times::At(moment.local.time()) }
            }
        }
    }

    fn span_of(&self, search: Search<'_>, days: Days) -> Span {
        let (start, _) = local_day(self.zone(), days.first);
        let last = days.last.unwrap_or_else(|| {
            days.first.checked_add_days(chrono::Days::new(u64::from(search.service.max_advance_days))).unwrap_or(days.first)
        });
        let (_, end) = local_day(self.zone(), last);
        Span { start, end }
    }

    /// Times in some days; without any, the next ones after.
    async fn in_days(&self, search: Search<'_>, days: Days) -> Result<ToolOutcome, ToolError> {
        let Span { start, end } = self.span_of(search, days);
        let fitting = self.fitting(search, Span { start, end }, days.times).await?;
        if fitting.is_empty() {
            let wish = match days.times {
                Times::At(time) => chrono::TimeDelta::seconds(i64::from(chrono::Timelike::num_seconds_from_midnight(&time))),
                Times::Any | Times::Within(_) => chrono::TimeDelta::zero(),
            };
            let waits = self.wish_of(&Answer::Days(days), search.service);
            return self.near(search, start.after(wish.to_std().unwrap_or_default()), Some(waits)).await;
        }
        let several_days = days.last != Some(days.first);
        Ok(self.show(search, self.chosen_few(fitting, several_days)))
    }

    /// Free times of a span that fit a wish: those of its first stretch that has enough of them on as many days as are shown, else all.
    async fn fitting(&self, search: Search<'_>, within: Span, times: Times) -> Result<Vec<Slot>, ToolError> {
        let (mut found, mut start) = (Vec::new(), within.start);
        while start < within.end && found.len() < MOST_LOOKED_AT {
            let end = start.after(STRIDE).min(within.end);
            let some = self.slots(search, Span { start, end }, MOST_LOOKED_AT).await?;
            found.extend(some.into_iter().filter(|slot| fits(times, self.clock(slot.span.start))));
            if self.chosen_few(found.clone(), true).len() >= MOST_SHOWN {
                break;
            }
            start = end;
        }
        found.truncate(MOST_LOOKED_AT);
        Ok(found)
    }

    /// A few of many: spread over the day, or the first of several days.
    pub fn chosen_few(&self, slots: Vec<Slot>, several_days: bool) -> Vec<Slot> {
        self.few(slots, several_days, MOST_SHOWN)
    }

    fn few(&self, slots: Vec<Slot>, several_days: bool, most: usize) -> Vec<Slot> {
        if !several_days {
            let step = slots.len().div_ceil(most).max(1);
            return slots.into_iter().step_by(step).take(most).collect();
        }
        let mut few: Vec<Slot> = Vec::new();
        let mut day = None;
        let mut of_day = 0;
        for slot in slots {
            let date = self.date(slot.span.start);
            of_day = if day == Some(date) { of_day + 1 } else { 1 };
            day = Some(date);
            // The second of a day is a few hours after the first, where there is one.
            let apart = few.last().is_none_or(|last| slot.span.start.since(last.span.start) >= Duration::from_hours(3) || of_day == 1);
            if apart && few.iter().filter(|one| self.date(one.span.start) == date).count() < MOST_OF_DAY {
                few.push(slot);
            }
            if few.len() >= most {
                break;
            }
        }
        few
    }

    /// The nearest times to a wish that cannot be met: of the same day first. Who wants nothing else may wait.
    async fn near(&self, search: Search<'_>, wish: Timestamp, waits: Option<WaitWish>) -> Result<ToolOutcome, ToolError> {
        let (start, end) = local_day(self.zone(), self.date(wish));
        let mut slots = self.slots(search, Span { start, end }, MOST_LOOKED_AT).await?;
        if slots.is_empty() {
            slots = self.slots(search, Span { start: end, end: end.after(NEAR) }, MOST_NEAR).await?;
        }
        slots.sort_by_key(|slot| slot.span.start.since(wish).max(wish.since(slot.span.start)));
        slots.truncate(MOST_NEAR);
        slots.sort_by_key(|slot| slot.span.start);
        if slots.is_empty() {
            return Ok(match self.to_wait_for(0, search, waits) {
                Some(wait) => self.act(Act::Show { shown: vec![wait] }),
                None => self.say(self.voice().nothing_free(search.service.id)),
            });
        }
        let mut shown = self.as_shown(search, slots);
        shown.extend(self.to_wait_for(shown.len(), search, waits));
        Ok(self.act(Act::Show { shown }))
    }

    pub fn show(&self, search: Search<'_>, slots: Vec<Slot>) -> ToolOutcome {
        self.act(Act::Show { shown: self.as_shown(search, slots) })
    }

    fn as_shown(&self, search: Search<'_>, slots: Vec<Slot>) -> Vec<Shown> {
        let one = |(at, slot): (usize, Slot)| Shown {
            handle: self.handle(at),
            service: slot.service,
            span: slot.span,
            resource: search.resource,
            moves: search.moving,
            purpose: Purpose::Take,
        };
        slots.into_iter().enumerate().map(one).collect()
    }

    /// The name of the next list's nth entry.
    pub fn handle(&self, at: usize) -> String {
        next_handle(&self.desk.shown, at)
    }

    /// Why these times are shown, from the words that asked for them.
    pub fn lead(&self, when: &str, shown: &[Shown]) -> Lead {
        let Some(first) = shown.first() else { return Lead::Free };
        let service = self.agenda.service(first.service);
        let has = |at: Timestamp| shown.iter().any(|one| one.span.start == at);
        match self.wished(when, service) {
            Understood::Sure(Answer::Moment(moment)) if !has(moment.at) => Lead::Near,
            Understood::Sure(Answer::Days(days)) => {
                let all = shown.iter().all(|one| {
                    let date = self.date(one.span.start);
                    date >= days.first && days.last.is_none_or(|last| date <= last) && fits(days.times, self.clock(one.span.start))
                });
                if all { Lead::Free } else { Lead::Near }
            }
            Understood::Sure(Answer::Times(times)) if !shown.iter().all(|one| fits(times, self.clock(one.span.start))) => Lead::Near,
            Understood::Missing { .. } => Lead::NoSuchTime,
            Understood::Ask { doubt: doubt @ (Doubt::HalfOfDay | Doubt::Twice | Doubt::Alternatives), choices } => {
                let local = |one: &Shown| self.date(one.span.start).and_time(self.clock(one.span.start));
                let meant = shown.iter().all(|one| choices.iter().any(|choice| choice.contains(local(one))));
                if !meant {
                    Lead::Near
                } else if doubt == Doubt::Alternatives {
                    Lead::Free
                } else {
                    Lead::WhichHour
                }
            }
            Understood::Sure(_) | Understood::Nothing | Understood::Ask { .. } | Understood::Past(_) | Understood::Impossible { .. } => {
                Lead::Free
            }
        }
    }
}

/// The choices, if all of them are moments.
fn moments(choices: &[Answer]) -> Option<Vec<Moment>> {
    let moment = |choice: &Answer| match choice {
        Answer::Moment(moment) => Some(*moment),
        Answer::Days(_) | Answer::Times(_) => None,
    };
    choices.iter().map(moment).collect()
}

/// Takes from several lists in turn, so that each has its share, and returns what was taken in the order of time.
fn in_turn(lists: Vec<Vec<Slot>>, most: usize) -> Vec<Slot> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or_default();
    let mut taken: Vec<Slot> = Vec::new();
    for at in 0..longest {
        for slot in lists.iter().filter_map(|list| list.get(at)) {
            if taken.len() < most && !taken.iter().any(|one| one.span == slot.span) {
                taken.push(slot.clone());
            }
        }
    }
    taken.sort_by_key(|slot| slot.span.start);
    taken
}

fn fits(times: Times, clock: NaiveTime) -> bool {
    match times {
        Times::Any => true,
        Times::At(time) => clock == time,
        Times::Within(hours) => clock >= hours.from && (hours.until == NaiveTime::MIN || clock < hours.until),
    }
}
