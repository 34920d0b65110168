//! `join_waitlist` and `leave_waitlist`: the wish is taken from the customer's words and from what they were shown, never from a model.

use super::Look;
use super::find::Search;
use super::wish::Named;
use crate::domain::assent::refuses;
use crate::domain::booking::choice::by_place;
use crate::domain::booking::voice::{Tapped, Trouble, Voice, tapped};
use crate::domain::booking::waiting::{DAY_END, Entry, WaitState, WaitWish, offered_to};
use crate::domain::booking::{Act, Appointment, Book, Busy, Purpose, Service, Shown, Status, Wanted, slots};
use crate::domain::ids::{AppointmentId, ResourceId, WaitlistId};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::tool::ToolOutcome;
use crate::domain::when::zone::{later, start_of_day, wall};
use crate::domain::when::{Answer, Hours, Times, Understood};
use crate::domain::words::Words;
use crate::ports::toolbox::ToolError;
use crate::toolbox::arguments;
use chrono::{NaiveTime, Timelike};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// Days of a wish that names none.
const DAYS: u64 = 30;
/// Most slots that are looked at.
const MOST: usize = 400;

/// Wants a time before the one that there is.
const SOONER: &[&str] = &["antes/earlier/sooner/before", "mas temprano/pronto/cerca", "mais cedo", "adelant*/antecip*"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    #[serde(default)]
    service: String,
    #[serde(default)]
    when: String,
    with: Option<String>,
}

pub async fn join(look: &Look<'_>, given: &Value) -> Result<ToolOutcome, ToolError> {
    let Arguments { service, when, with } = arguments(given)?;
    if let Some(shown) = look.agreed_to_wait() {
        let wish = look.wish_of_shown(shown);
        let resources = shown.resource.into_iter().collect();
        return Ok(look.agenda.service(shown.service).map_or_else(
            || look.say(look.voice().which_service()),
            |service| look.wait(service, resources, wish, shown.moves.or_else(|| look.movable(service))),
        ));
    }
    let service = match look.service(&service) {
        Named::One(service) => Some(service),
        Named::Nothing => look.only_booked(),
        Named::Unclear => None,
    };
    let Some(service) = service else { return Ok(look.say(look.voice().which_service())) };
    let resource = match look.person(with.as_deref(), service) {
        Named::One(resource) => Some(resource),
        Named::Nothing => None,
        Named::Unclear => return Ok(look.say(look.voice().ask_back(&Trouble::NoSuchPerson(look.people_of(service))))),
    };
    let words = look.wished(&when, Some(service));
    let Some((wish, resource)) = look.wish(service, resource, &words) else {
        return look.search(Search { service, resource, moving: None }, words).await;
    };
    let moves = look.movable(service);
    let search = Search { service, resource, moving: moves };
    let free = look.slots(search, wish.span(look.agenda.zone), MOST).await?;
    let free: Vec<_> = free.into_iter().filter(|slot| wish.fits(look.agenda.zone, slot.span.start)).collect();
    if !free.is_empty() {
        // Nobody needs to wait for what is free.
        return Ok(look.show(search, look.chosen_few(free, wish.first != wish.last)));
    }
    if !look.could_be(search, &wish) {
        return look.search(search, words).await;
    }
    Ok(look.wait(service, resource.into_iter().collect(), wish, moves))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeaveArguments {
    #[serde(default)]
    service: String,
}

pub fn leave(look: &Look<'_>, given: &Value) -> Result<ToolOutcome, ToolError> {
    let LeaveArguments { service } = arguments(given)?;
    // A time that is held for them is given back at once: somebody else waits for it.
    if let Some(hold) = look.offered() {
        return Ok(look.act(Act::Cancel { id: hold.id, version: None, reason: "declined".to_owned() }));
    }
    let waiting = look.desk.waiting.as_slice();
    let named = match look.service(&service) {
        Named::One(service) => waiting.iter().find(|entry| entry.service == service.id),
        Named::Nothing | Named::Unclear => None,
    };
    Ok(match (waiting, named) {
        ([], _) => look.say(look.voice().waits_for_nothing()),
        ([only], _) => look.act(Act::Leave { id: only.id }),
        (_, Some(entry)) => look.act(Act::Leave { id: entry.id }),
        (several, None) => look.say(look.voice().which_wait(several)),
    })
}

impl Look<'_> {
    /// What the customer has agreed to wait for: by its button, by its place in the list, or by a yes to the question.
    pub fn agreed_to_wait(&self) -> Option<&Shown> {
        let offered = self.desk.shown.iter().find(|one| matches!(one.purpose, Purpose::Wait { .. }))?;
        if let Some(button) = self.tapped() {
            return matches!(tapped(button), Some(Tapped::Pick(handle)) if handle == offered.handle).then_some(offered);
        }
        let newest = self.context.customer.said.last()?;
        let several = self.desk.shown.len() > 1;
        let placed = by_place(&newest.text, self.context.customer.language, &self.desk.shown).filter(|_| several);
        let agreed = placed.is_some_and(|one| one.handle == offered.handle) || self.agreed_to(|voice| voice.ask_to_wait(offered));
        agreed.then_some(offered)
    }

    /// The time that the list holds for the customer.
    fn offered(&self) -> Option<&Appointment> {
        self.desk.hold.as_ref().filter(|hold| hold.protects_at(self.context.at) && offered_to(hold).is_some())
    }

    /// The customer does not want the time that the list holds for them: a no to its question, or its button for another time.
    pub fn declines_offer(&self) -> bool {
        let Some(hold) = self.offered() else { return false };
        if let Some(button) = self.tapped() {
            return tapped(button) == Some(Tapped::Other);
        }
        let customer = &self.context.customer;
        let (Some(newest), Some(asked)) = (customer.said.last(), &customer.asked) else { return false };
        let from = self.desk.appointments.iter().find(|one| Some(one.id) == hold.moves).map(|one| one.span);
        let voices = [Language::Es, Language::En, Language::Pt].map(|language| Voice { agenda: &self.agenda, language });
        let about_it = voices.iter().any(|voice| asked.contains(voice.held(hold, from).text.as_str()));
        let no_time = self.understand(&newest.text, self.agenda.service(hold.service)) == Understood::Nothing;
        about_it && no_time && refuses(&newest.text)
    }

    /// What would be waited for, as it is remembered with what was shown; `None`: nobody needs to wait, or waiting would be in vain.
    pub fn to_wait_for(&self, at: usize, search: Search<'_>, wish: Option<WaitWish>) -> Option<Shown> {
        let wish = wish?;
        let waits = self.desk.waiting.iter().any(|entry| entry.service == search.service.id && entry.wish == wish);
        if waits || !self.could_be(search, &wish) {
            return None;
        }
        Some(Shown {
            handle: self.handle(at),
            service: search.service.id,
            span: wish.span(self.agenda.zone),
            resource: search.resource,
            moves: search.moving,
            purpose: Purpose::Wait { from: wish.from, to: wish.to },
        })
    }

    /// Returns true if the business would have such a time, were nothing booked.
    pub fn could_be(&self, search: Search<'_>, wish: &WaitWish) -> bool {
        let outside = self.agenda.resources.iter().filter(|resource| resource.outside_calendar);
        let busy: Vec<Busy> = outside.map(|resource| Busy { resource: resource.id, spans: Some(Vec::new()) }).collect();
        let book = Book { agenda: &self.agenda, appointments: &[], busy: &busy, shown: &[], now: self.context.at };
        let within = wish.span(self.agenda.zone);
        let wanted = Wanted { service: search.service.id, within, resource: search.resource, moving: None, limit: usize::MAX };
        slots(&book, &wanted).iter().any(|slot| wish.fits(self.agenda.zone, slot.span.start))
    }

    /// Returns the wish of words for a time.
    pub fn wish_of(&self, answer: &Answer, service: &Service) -> WaitWish {
        let today = wall(self.agenda.zone, self.context.at).date();
        let last_of = |first| later(first, DAYS.min(u64::from(service.max_advance_days)));
        let (first, last, times) = match &self.at_home(answer) {
            Answer::Moment(moment) => (moment.local.date(), moment.local.date(), Times::At(moment.local.time())),
            Answer::Days(days) => (days.first, days.last.unwrap_or_else(|| last_of(days.first)), days.times),
            Answer::Times(times) => (today, last_of(today), *times),
        };
        let (from, to) = minutes(times);
        WaitWish { from, to, ..WaitWish::days(first, last.min(later(first, 62))) }
    }

    fn wish_of_shown(&self, shown: &Shown) -> WaitWish {
        let zone = self.agenda.zone;
        let first = wall(zone, shown.span.start).date();
        let last = wall(zone, shown.span.end.before(Duration::from_micros(1))).date();
        let (from, to) = match shown.purpose {
            Purpose::Wait { from, to } => (from, to),
            Purpose::Take | Purpose::Cancel | Purpose::Move => (0, DAY_END),
        };
        let before = Some(shown.span.end).filter(|end| *end != start_of_day(zone, later(last, 1)));
        WaitWish { from, to, before, ..WaitWish::days(first, last) }
    }

    /// What the customer wants to wait for: what they say, what is earlier than what they have, or what they were told is not free.
    fn wish(&self, service: &Service, resource: Option<ResourceId>, words: &Understood) -> Option<(WaitWish, Option<ResourceId>)> {
        let today = wall(self.agenda.zone, self.context.at).date();
        if let Understood::Sure(answer) = words {
            return Some((self.wish_of(answer, service), resource));
        }
        if *words != Understood::Nothing {
            return None;
        }
        let shown = self.desk.shown.iter().find(|one| matches!(one.purpose, Purpose::Wait { .. }) && one.service == service.id);
        if Words::of(&self.said()).any(SOONER)
            && let Some(before) = self.anchor(service)
        {
            let wish = WaitWish { before: Some(before), ..WaitWish::days(today, wall(self.agenda.zone, before).date()) };
            return Some((wish, resource));
        }
        if let Some(shown) = shown {
            return Some((self.wish_of_shown(shown), resource.or(shown.resource)));
        }
        let last = later(today, DAYS.min(u64::from(service.max_advance_days)));
        Some((WaitWish::days(today, last), resource))
    }

    /// The time that "earlier" is earlier than: the customer's appointment, their hold, the first time that they were shown.
    fn anchor(&self, service: &Service) -> Option<Timestamp> {
        let booked = self.desk.appointments.iter().find(|one| one.service == service.id).map(|one| one.span.start);
        let held = self.desk.hold.as_ref().filter(|hold| hold.service == service.id && hold.protects_at(self.context.at));
        let mut takes = self.desk.shown.iter().filter(|one| one.purpose == Purpose::Take && one.service == service.id);
        booked.or_else(|| held.map(|hold| hold.span.start)).or_else(|| takes.next().map(|one| one.span.start))
    }

    /// The service of all the appointments that the customer has, if it is one.
    fn only_booked(&self) -> Option<&Service> {
        let first = self.desk.appointments.first()?.service;
        let same = self.desk.appointments.iter().all(|one| one.service == first);
        self.agenda.service(first).filter(|_| same)
    }

    /// The appointment that an earlier time would move: the customer's only one for the service, if they may move it themselves.
    fn movable(&self, service: &Service) -> Option<AppointmentId> {
        let mut own = self.desk.appointments.iter().filter(|one| one.service == service.id && one.status == Status::Confirmed);
        let (one, other) = (own.next()?, own.next());
        (other.is_none() && !service.approval).then_some(one.id)
    }

    fn wait(&self, service: &Service, resources: Vec<ResourceId>, wish: WaitWish, moves: Option<AppointmentId>) -> ToolOutcome {
        let customer = &self.context.customer;
        let moved = moves.and_then(|id| self.desk.appointments.iter().find(|one| one.id == id));
        self.act(Act::Join {
            entry: Box::new(Entry {
                id: WaitlistId(self.tools.ids.uuid()),
                state: WaitState::Waiting,
                service: service.id,
                resources,
                wish,
                moves,
                contact: customer.contact,
                conversation: customer.key.id,
                name: moved.and_then(|one| one.name.clone()).or_else(|| customer.name.clone()),
                language: customer.language,
                appointment: None,
                created_at: self.context.at,
                updated_at: self.context.at,
            }),
        })
    }
}

/// The minutes of a day that words for a time of day mean.
fn minutes(times: Times) -> (u16, u16) {
    let minute = |time: NaiveTime| u16::try_from(time.num_seconds_from_midnight() / 60).unwrap_or_default();
    match times {
        Times::Any => (0, DAY_END),
        Times::At(time) => (minute(time), minute(time) + 1),
        Times::Within(Hours { from, until }) if until == NaiveTime::MIN => (minute(from), DAY_END),
        Times::Within(Hours { from, until }) if until > from => (minute(from), minute(until)),
        Times::Within(_) => (0, DAY_END),
    }
}
