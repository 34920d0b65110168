//! Fixtures of the acceptance list: M, T and D, and a book that applies decisions.

use crate::domain::booking::act::{Act, Actor, Job, Outcome, Refusal, Who};
use crate::domain::booking::*;
use crate::domain::ids::{AgentId, AppointmentId, ContactId, ConversationId, ResourceId, ServiceId};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::when::zone::wall;
use chrono_tz::Tz;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

pub const SERVICE: ServiceId = ServiceId(Uuid::from_u128(1));
pub const ONE: ResourceId = resource_id(1);
pub const TWO: ResourceId = resource_id(2);

pub const fn resource_id(nth: u128) -> ResourceId {
    ResourceId(Uuid::from_u128(0x100 + nth))
}

pub fn appointment_id(nth: u128) -> AppointmentId {
    AppointmentId(Uuid::from_u128(0x1000 + nth))
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub fn span(start: &str, end: &str) -> Span {
    Span { start: at(start), end: at(end) }
}

pub fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

/// `"09:00-18:00"` as hours.
pub fn hours(text: &str) -> DayHours {
    let clock = |text: &str| {
        let (hour, minute) = text.split_once(':').unwrap();
        hour.parse::<u16>().unwrap() * 60 + minute.parse::<u16>().unwrap()
    };
    let (from, to) = text.split_once('-').unwrap();
    DayHours { from: clock(from), to: clock(to) }
}

pub fn week(working: &str, saturday: &str, sunday: &str) -> WeekHours {
    let day = |text: &str| text.split(',').filter(|text| !text.is_empty()).map(hours).collect::<Vec<_>>();
    let mut week: [Vec<DayHours>; 7] = std::array::from_fn(|_| day(working));
    week[5] = day(saturday);
    week[6] = day(sunday);
    WeekHours(week)
}

pub fn every_day(hours: &str) -> WeekHours {
    week(hours, hours, hours)
}

pub fn resource(id: ResourceId, zone: Tz, hours: WeekHours) -> Resource {
    Resource {
        id,
        name: "Ana".into(),
        aliases: Vec::new(),
        kind: ResourceKind::Person,
        capacity: 1,
        zone,
        hours,
        exceptions: Vec::new(),
        outside_calendar: false,
    }
}

pub fn service(id: ServiceId, duration: u32, notice: u32, needs: &[&[ResourceId]]) -> Service {
    Service {
        id,
        name: BTreeMap::from([("es".to_owned(), "Limpieza".to_owned())]),
        aliases: Vec::new(),
        duration,
        step: Some(duration),
        buffer_before: 0,
        buffer_after: 0,
        min_notice: notice,
        max_advance_days: 60,
        price: None,
        needs: needs.iter().map(|any_of| Need { any_of: any_of.to_vec() }).collect(),
        limits: Limits::default(),
        questions: Vec::new(),
        approval: false,
    }
}

/// A book with an agenda, rows and calendars, at a present.
#[derive(Clone, Debug)]
pub struct Shop {
    pub agenda: Agenda,
    pub rows: Vec<Appointment>,
    pub busy: Vec<Busy>,
    pub jobs: Vec<Job>,
    pub now: Timestamp,
    pub ids: u128,
}

impl Shop {
    pub fn new(zone: Tz, hours: WeekHours, duration: u32, notice: u32, now: &str) -> Self {
        let agenda = Agenda {
            locale: "es-MX".to_owned(),
            zone,
            services: vec![service(SERVICE, duration, notice, &[&[ONE]])],
            resources: vec![resource(ONE, zone, hours)],
            holidays: Vec::new(),
            retired: Retired::default(),
            rules: Rules::default(),
        };
        Self { agenda, rows: Vec::new(), busy: Vec::new(), jobs: Vec::new(), now: at(now), ids: 0 }
    }

    /// Mexico City, Mon–Fri 09:00–18:00, Sat 10:00–14:00, 30/30, notice 120, now two days before 2027-03-15.
    pub fn m() -> Self {
        Self::new(chrono_tz::America::Mexico_City, week("09:00-18:00", "10:00-14:00", ""), 30, 120, "2027-03-13T12:00:00Z")
    }

    /// Tijuana, the same hours every day, 60/60, no notice, now a fortnight before the given day.
    pub fn t(hours: &str, now: &str) -> Self {
        Self::new(chrono_tz::America::Tijuana, every_day(hours), 60, 0, now)
    }

    pub fn service(&mut self) -> &mut Service {
        &mut self.agenda.services[0]
    }

    pub fn one(&mut self) -> &mut Resource {
        &mut self.agenda.resources[0]
    }

    /// Adds a resource like the first, for the first need.
    pub fn colleague(&mut self, nth: u128) -> ResourceId {
        let id = resource_id(nth);
        let like = self.agenda.resources[0].clone();
        self.agenda.resources.push(Resource { id, ..like });
        self.service().needs[0].any_of.push(id);
        id
    }

    pub fn book(&self) -> Book<'_> {
        Book { agenda: &self.agenda, appointments: &self.rows, busy: &self.busy, shown: &[], now: self.now }
    }

    /// Lists with all rows, and with only those that a store would load: the two must agree.
    pub fn slots(&self, within: Span) -> Vec<Slot> {
        let wanted = Wanted { service: SERVICE, within, resource: None, moving: None, limit: 10_000 };
        let all = slots(&self.book(), &wanted);
        let loaded = self.load(reach_of(&self.agenda, &wanted, self.now).as_ref());
        assert_eq!(all, slots(&Book { appointments: &loaded, ..self.book() }, &wanted), "a store loads too little for {wanted:?}");
        all
    }

    /// Starts on a local day of the tenant, as seconds-precise instants.
    pub fn starts(&self, date: &str) -> Vec<Timestamp> {
        self.slots(self.day(date)).iter().map(|slot| slot.span.start).collect()
    }

    pub fn day(&self, date: &str) -> Span {
        slot::day(self.agenda.zone, date.parse().unwrap())
    }

    /// Starts on a local day as local wall times.
    pub fn walls(&self, date: &str) -> Vec<String> {
        self.starts(date).into_iter().map(|at| wall(self.agenda.zone, at).format("%-H:%M").to_string()).collect()
    }

    /// Opening of the first resource that touches a local day.
    pub fn open(&self, date: &str) -> Vec<Span> {
        let day = self.day(date);
        let resource = &self.agenda.resources[0];
        opening::Opening::of(&self.agenda, resource, day).open.into_iter().filter(|open| open.overlaps(day)).collect()
    }

    pub fn next_id(&mut self) -> AppointmentId {
        self.ids += 1;
        appointment_id(self.ids)
    }

    /// Decides with only the rows that a store would load, and with all rows: the two must agree. Then applies.
    pub fn act(&mut self, actor: Actor, act: &Act) -> Outcome {
        let decision = self.decide(actor, act);
        self.apply(&decision);
        decision.outcome
    }

    pub fn decide(&self, actor: Actor, act: &Act) -> Decision {
        let named = named(act);
        let current = self.rows.iter().find(|row| Some(row.id) == named).cloned();
        let all = decide(&self.book(), current.as_ref(), actor, act);
        let reach = reach(&self.agenda, actor, act, current.as_ref());
        let on = |loaded: &[Appointment]| decide(&Book { appointments: loaded, ..self.book() }, current.as_ref(), actor, act);
        assert_eq!(all, on(&self.load(reach.as_ref())), "a store loads too little for {act:?}");
        let few = on(&self.load(reach.map(|reach| reach.narrow()).as_ref()));
        match (&all.outcome, &few.outcome) {
            (Outcome::Refused { why, .. }, Outcome::Refused { why: of_few, .. }) => assert_eq!(why, of_few),
            (_, _) => assert_eq!(all, few, "the narrow reach is too narrow for {act:?}"),
        }
        all
    }

    /// Loads what [`Reach`] names, as a store would.
    pub fn load(&self, reach: Option<&Reach>) -> Vec<Appointment> {
        let Some(reach) = reach else { return Vec::new() };
        let day_ago = self.now.before(minutes(24 * 60));
        let named = |row: &&Appointment| {
            let ours = row.seats.iter().any(|seat| reach.resources.contains(&seat.resource)) || reach.service == Some(row.service);
            let stands = row.status.protects() || matches!(row.status, Status::Completed | Status::NoShow);
            (reach.span.is_some_and(|span| span.overlaps(row.span)) && ours && stands)
                || (reach.contact.is_some() && row.contact == reach.contact && (row.status.protects() || row.created_at > day_ago))
                || (reach.conversation.is_some()
                    && row.conversation == reach.conversation
                    && (row.status == Status::Held || row.created_at > day_ago))
                || (reach.group.is_some() && reach.group == Some(row.group()))
                || (reach.request_key.is_some() && row.request_key == reach.request_key)
        };
        self.rows.iter().filter(named).cloned().collect()
    }

    /// Applies puts as a database does: by version, and without two rows on one seat at once.
    pub fn apply(&mut self, decision: &Decision) {
        for put in &decision.puts {
            let place = self.rows.iter().position(|row| row.id == put.after.id);
            assert_eq!(place.map(|at| self.rows[at].version), put.before);
            assert!(put.after.version == put.before.unwrap_or(0) + 1);
            if let Some(at) = place {
                self.rows[at] = put.after.clone();
            } else {
                self.rows.push(put.after.clone());
            }
            overlapless(&self.rows);
        }
        self.jobs.extend(decision.jobs.iter().cloned());
    }

    pub fn hold(&mut self, who: u128, start: &str) -> Outcome {
        let id = self.next_id();
        self.act(customer(who), &hold(id, start))
    }

    pub fn confirm(&mut self, who: u128, id: AppointmentId) -> Outcome {
        self.act(customer(who), &Act::Confirm { id, name: None })
    }

    pub fn cancel(&mut self, who: u128, id: AppointmentId) -> Outcome {
        self.act(customer(who), &Act::Cancel { id, version: None, reason: "customer".into() })
    }

    /// Holds and confirms.
    pub fn booked(&mut self, who: u128, start: &str) -> Appointment {
        let id = done(self.hold(who, start)).id;
        done(self.confirm(who, id))
    }

    pub fn row(&self, id: AppointmentId) -> &Appointment {
        self.rows.iter().find(|row| row.id == id).unwrap()
    }
}

/// Fails if two protecting rows of different groups share a seat: what the constraint of the database refuses.
pub fn overlapless(rows: &[Appointment]) {
    for (nth, row) in rows.iter().enumerate().filter(|(_, row)| row.status.protects()) {
        for other in rows[..nth].iter().filter(|other| other.status.protects() && other.group() != row.group()) {
            let seat = other.seats.iter().any(|seat| row.seats.contains(seat));
            assert!(!seat || !row.span.overlaps(other.span), "two on one seat:\n{row:?}\n{other:?}");
        }
    }
}

fn named(act: &Act) -> Option<AppointmentId> {
    match act {
        Act::Show { .. } | Act::Join { .. } | Act::Leave { .. } => None,
        Act::Offer { id, .. }
        | Act::Hold { id, .. }
        | Act::Answer { id, .. }
        | Act::Confirm { id, .. }
        | Act::Book { id, .. }
        | Act::Move { id, .. }
        | Act::Cancel { id, .. }
        | Act::Set { id, .. }
        | Act::Settled { id, .. }
        | Act::Refused { id, .. }
        | Act::Anew { id, .. } => Some(*id),
    }
}

pub fn contact(nth: u128) -> ContactId {
    ContactId(Uuid::from_u128(0x2000 + nth))
}

pub fn customer(nth: u128) -> Actor {
    Actor::Contact { contact: contact(nth), conversation: ConversationId(Uuid::from_u128(0x3000 + nth)) }
}

pub fn people() -> Actor {
    Actor::People { agent: AgentId(Uuid::from_u128(9)) }
}

pub fn hold(id: AppointmentId, start: &str) -> Act {
    let who = Who { name: Some("Eva".into()), language: Language::Es, ..Who::default() };
    Act::Hold { id, service: SERVICE, start: at(start), resource: None, moves: None, who, request_key: None }
}

pub fn hold_moving(id: AppointmentId, start: &str, moves: AppointmentId) -> Act {
    Act::Hold { id, service: SERVICE, start: at(start), resource: None, moves: Some(moves), who: Who::default(), request_key: None }
}

#[track_caller]
pub fn done(outcome: Outcome) -> Appointment {
    match outcome {
        Outcome::Done { appointment, .. } => *appointment,
        other @ (Outcome::Shown { .. } | Outcome::Waiting { .. } | Outcome::Refused { .. }) => panic!("not done: {other:?}"),
    }
}

#[track_caller]
pub fn refused(outcome: Outcome) -> (Refusal, Vec<Slot>) {
    match outcome {
        Outcome::Refused { why, alternatives, .. } => (why, alternatives),
        other @ (Outcome::Shown { .. } | Outcome::Waiting { .. } | Outcome::Done { .. }) => panic!("not refused: {other:?}"),
    }
}

pub fn changed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done { changed: true, .. })
}
