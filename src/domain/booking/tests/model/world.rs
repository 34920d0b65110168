//! The business: rows under versions and one constraint, and everybody who acts on them.

use super::super::kit::{appointment_id, at, contact, every_day, minutes, people, resource, resource_id, service};
use super::calendar::Calendar;
use super::judge::{Promise, Verdict, lost, orphans, overlaps};
use super::line::Line;
use super::worker::Flight;
use crate::domain::booking::act::{Act, Outcome, Refusal, Who};
use crate::domain::booking::waiting::offered_to;
use crate::domain::booking::*;
use crate::domain::ids::{AppointmentId, ConversationId, ServiceId};
use crate::domain::time::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Which device is switched off, to see the judge go red.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// None.
    On,
    /// Decisions see no rows but the ones that they name, and no constraint stands behind them.
    Off,
    /// The job that removes an event which came too late is forgotten.
    NoDeletes,
}

/// Numbers from a seed: the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[usize::try_from(self.roll(from.len() as u64)).unwrap()].clone())
    }
}

/// A decision on what was read a moment ago, not yet written.
struct Pending {
    actor: Actor,
    act: Act,
    decision: Decision,
}

/// Everything.
pub struct World {
    pub dice: Dice,
    pub check: Check,
    pub agenda: Agenda,
    pub now: Timestamp,
    pub rows: BTreeMap<AppointmentId, Appointment>,
    pub jobs: Vec<Job>,
    pub flights: Vec<Flight>,
    pub calendar: Calendar,
    pub tries: BTreeMap<AppointmentId, u32>,
    pub line: Line,
    past: Vec<Appointment>,
    pub busy: Vec<Busy>,
    pending: Vec<Pending>,
    promises: BTreeMap<AppointmentId, Promise>,
    shown: Vec<(ServiceId, Timestamp)>,
    recent: Vec<AppointmentId>,
    pub ids: u128,
    verdict: Verdict,
}

fn service_id(nth: u128) -> ServiceId {
    ServiceId(Uuid::from_u128(nth))
}

fn agenda() -> Agenda {
    let zone = chrono_tz::America::Tijuana;
    let [one, two, room, three] = [1, 2, 3, 4].map(resource_id);
    let outside = |id, capacity| Resource { outside_calendar: true, capacity, ..resource(id, zone, every_day("09:00-11:00")) };
    let mut with_room = service(service_id(2), 45, 30, &[&[two, one], &[room]]);
    with_room.step = Some(15);
    with_room.buffer_before = 5;
    with_room.buffer_after = 10;
    let mut approved = service(service_id(3), 20, 0, &[&[three]]);
    approved.approval = true;
    let mut services = vec![service(service_id(1), 30, 0, &[&[one, two]]), with_room, approved, service(service_id(4), 25, 0, &[&[room]])];
    services.iter_mut().for_each(|service| service.max_advance_days = 3);
    Agenda {
        locale: "es-MX".to_owned(),
        retired: crate::domain::booking::Retired::default(),
        zone,
        services,
        resources: vec![resource(one, zone, every_day("09:00-11:00")), outside(two, 1), outside(room, 2), outside(three, 1)],
        holidays: Vec::new(),
        rules: Rules { holds_per_day: 200, quiet_from: 0, quiet_to: 0, ..Rules::default() },
    }
}

impl World {
    pub fn new(seed: u64, check: Check) -> Self {
        let agenda = agenda();
        let calendars = agenda.resources.iter().filter(|resource| resource.outside_calendar);
        let busy = calendars.map(|resource| Busy { resource: resource.id, spans: Some(Vec::new()) }).collect();
        Self {
            dice: Dice(seed),
            check,
            agenda,
            now: at("2027-03-10T12:00:00Z"),
            rows: BTreeMap::new(),
            jobs: Vec::new(),
            flights: Vec::new(),
            calendar: Calendar::default(),
            tries: BTreeMap::new(),
            line: Line::default(),
            past: Vec::new(),
            busy,
            pending: Vec::new(),
            promises: BTreeMap::new(),
            shown: Vec::new(),
            recent: Vec::new(),
            ids: 0,
            verdict: Verdict::default(),
        }
    }

    /// Lets so many customers try, then lets everything come to rest, and judges.
    pub fn run(&mut self, attempts: usize) -> Verdict {
        let mut steps = 0_usize;
        while self.verdict.seen.get("attempts").copied().unwrap_or(0) < attempts {
            if steps.is_multiple_of(20) {
                self.show();
            }
            if steps.is_multiple_of(500) {
                self.file();
            }
            self.step();
            steps += 1;
        }
        self.rest();
        let rows: Vec<&Appointment> = self.past.iter().chain(self.rows.values()).collect();
        self.verdict.faults.extend(overlaps(&self.agenda, &rows));
        self.verdict.faults.extend(lost(&self.promises, &rows));
        self.verdict.faults.extend(self.judge_line(&rows));
        self.verdict.faults.extend(orphans(&self.agenda, &self.calendar, &rows));
        self.verdict.faults.truncate(5);
        self.verdict.clone()
    }

    pub fn count(&mut self, what: &'static str) {
        *self.verdict.seen.entry(what).or_default() += 1;
    }

    fn step(&mut self) {
        if self.dice.roll(3) == 0
            && let Some(pending) = self.pending.pop()
        {
            self.write(pending);
        }
        match self.dice.roll(100) {
            0..=31 => self.hold(None),
            32..=34 => self.book(),
            35..=51 => self.confirm(),
            52..=57 => self.cancel(),
            58..=61 => self.hold_a_move(),
            62..=63 => self.move_at_once(),
            64..=69 => self.set(),
            70..=77 => self.take_a_job(),
            78..=85 => self.land(),
            86 => self.now = self.now.after(minutes(60)),
            87 | 88 => self.now = self.now.after(minutes(11)),
            89 | 90 => self.join(),
            91..=93 => self.serve(),
            _ => self.now = self.now.after(minutes(1)),
        }
    }

    /// Decides on what stands now. Now and then somebody else is quicker before it is written.
    pub fn ask(&mut self, actor: Actor, act: Act) {
        let decision = self.decide(actor, &act);
        let pending = Pending { actor, act, decision };
        if self.dice.roll(6) == 0 {
            self.pending.insert(0, pending);
        } else {
            self.write(pending);
        }
    }

    /// Writes a decision, or decides once more if what it was made on has changed.
    fn write(&mut self, Pending { actor, act, decision }: Pending) {
        let decision = if self.fits(&decision) {
            decision
        } else {
            self.count("decided again");
            let again = self.decide(actor, &act);
            if !self.fits(&again) {
                self.verdict.faults.push(format!("a fresh decision does not fit: {act:?} {again:?}"));
                return;
            }
            again
        };
        if self.offers_in_vain(&act, &decision) {
            return;
        }
        self.follow(&act, &decision);
        for put in decision.puts {
            if put.before.is_some() && put.after.status == Status::Expired {
                self.count("expired");
            }
            self.rows.insert(put.after.id, put.after);
        }
        let too_late = matches!(act, Act::Settled { .. });
        if too_late && !decision.jobs.is_empty() {
            self.count("event too late");
        }
        if !(too_late && self.check == Check::NoDeletes) {
            self.jobs.extend(decision.jobs);
        }
        self.hear(&act, &decision.outcome);
    }

    fn decide(&self, actor: Actor, act: &Act) -> Decision {
        let named = match act {
            Act::Show { .. } | Act::Join { .. } | Act::Leave { .. } => None,
            Act::Hold { id, .. } | Act::Confirm { id, .. } | Act::Book { id, .. } | Act::Move { id, .. } | Act::Cancel { id, .. } => {
                Some(*id)
            }
            Act::Answer { id, .. }
            | Act::Set { id, .. }
            | Act::Settled { id, .. }
            | Act::Refused { id, .. }
            | Act::Anew { id, .. }
            | Act::Offer { id, .. } => Some(*id),
        };
        let current = named.and_then(|id| self.rows.get(&id));
        let moves = if let Act::Hold { moves, .. } = act { *moves } else { None };
        let own = |row: &&Appointment| {
            self.check != Check::Off
                || Some(row.id) == named
                || Some(row.id) == moves
                || current.is_some_and(|now| now.moves == Some(row.id))
        };
        let rows: Vec<Appointment> = self.rows.values().filter(own).cloned().collect();
        let book = Book { agenda: &self.agenda, appointments: &rows, busy: &self.busy, shown: &[], now: self.now };
        decide(&book, current, actor, act)
    }

    /// What a database checks: versions, and that no two groups share a seat.
    fn fits(&self, decision: &Decision) -> bool {
        let changed: BTreeMap<_, _> = decision.puts.iter().map(|put| (put.after.id, &put.after)).collect();
        let versions = decision.puts.iter().all(|put| self.rows.get(&put.after.id).map(|row| row.version) == put.before);
        let clear = |after: &Appointment| {
            let meets = |row: &Appointment| {
                row.status.protects()
                    && row.group() != after.group()
                    && row.span.overlaps(after.span)
                    && row.seats.iter().any(|seat| after.seats.contains(seat))
            };
            !after.status.protects() || !self.rows.values().any(|row| meets(changed.get(&row.id).copied().unwrap_or(row)))
        };
        versions && (self.check == Check::Off || changed.values().all(|after| clear(after)))
    }

    /// What the customer hears, and may rely on.
    fn hear(&mut self, act: &Act, outcome: &Outcome) {
        match outcome {
            Outcome::Shown { .. } | Outcome::Waiting { .. } => {}
            Outcome::Refused { why, .. } => self.count(match why {
                Refusal::Taken => "taken",
                Refusal::HoldGone => "hold gone",
                Refusal::NotFound => "not found",
                Refusal::WrongState => "wrong state",
                Refusal::Past | Refusal::TooSoon | Refusal::TooFar => "out of time",
                Refusal::Closed | Refusal::LimitReached | Refusal::CalendarUnknown | Refusal::UnknownService | Refusal::QuestionOpen => {
                    "closed"
                }
                Refusal::UnknownResource
                | Refusal::Stale
                | Refusal::TooLate
                | Refusal::TooMany
                | Refusal::KeyReused
                | Refusal::OutOfSight => "other refusal",
            }),
            Outcome::Done { changed: false, .. } => self.count("repeated"),
            Outcome::Done { appointment, moved_from, changed: true } => {
                self.recent.push(appointment.id);
                self.count(if moved_from.is_some() { "moved" } else { appointment.status.as_str() });
                if matches!(act, Act::Confirm { .. }) && appointment.status.protects() && moved_from.is_none() {
                    let late = self.now.micros() - appointment.created_at.micros() >= 600_000_000;
                    self.count(if late { "late yes" } else { "yes" });
                }
                if appointment.status == Status::Confirmed {
                    self.promises.insert(appointment.id, Promise { span: appointment.span, called_off: false });
                } else if let (Status::Cancelled, Some(promise)) = (appointment.status, self.promises.get_mut(&appointment.id)) {
                    promise.called_off = true;
                }
            }
        }
    }

    /// Shows everybody what is free; they will choose from it while it ages.
    fn show(&mut self) {
        let book = Book { agenda: &self.agenda, appointments: &[], busy: &self.busy, shown: &[], now: self.now };
        let within = Span { start: self.now, end: self.now.after(minutes(2 * 1_440)) };
        let all = self.agenda.services.iter().flat_map(|service| {
            let wanted = Wanted { service: service.id, within, resource: None, moving: None, limit: 30 };
            slots(&book, &wanted).into_iter().map(|slot| (slot.service, slot.span.start))
        });
        self.shown = all.collect();
    }

    /// Puts rows away that nobody will look at any more.
    fn file(&mut self) {
        while let Some(pending) = self.pending.pop() {
            self.write(pending);
        }
        let (day, now) = (minutes(25 * 60), self.now);
        let old = |row: &Appointment| {
            let begun = row.span.end < now.before(minutes(2 * 1_440));
            let over = matches!(row.status, Status::Cancelled | Status::Expired | Status::Released | Status::Failed);
            begun || (over && row.updated_at < now.before(day))
        };
        let busy = |id| self.jobs.iter().any(|job| job.appointment == id) || self.flights.iter().any(|flight| flight.job.appointment == id);
        let done: Vec<AppointmentId> = self.rows.values().filter(|row| old(row) && !busy(row.id)).map(|row| row.id).collect();
        self.past.extend(done.iter().filter_map(|id| self.rows.remove(id)));
        self.recent.drain(..self.recent.len().saturating_sub(80));
    }

    fn hold(&mut self, moves: Option<Appointment>) {
        let (who, chosen) = (u128::from(self.dice.roll(40)), self.dice.pick(&self.shown.clone()));
        let Some((service, start)) = chosen else { return };
        let service = moves.as_ref().map_or(service, |row| row.service);
        self.ids += 1;
        self.count("attempts");
        let act = Act::Hold {
            id: appointment_id(self.ids),
            service,
            start,
            resource: None,
            moves: moves.as_ref().map(|row| row.id),
            who: Who::default(),
            request_key: None,
        };
        let actor = moves.as_ref().and_then(owner);
        let actor = actor.unwrap_or(Actor::Contact { contact: contact(who), conversation: ConversationId(Uuid::from_u128(0x3000 + who)) });
        self.ask(actor, act);
    }

    fn hold_a_move(&mut self) {
        let row = self.some_row(|row| row.status == Status::Confirmed);
        if row.is_some() {
            self.hold(row);
        }
    }

    fn book(&mut self) {
        let Some((service, start)) = self.dice.pick(&self.shown.clone()) else { return };
        self.ids += 1;
        self.count("attempts");
        let who = Who { contact: Some(contact(1_000)), ..Who::default() };
        self.ask(people(), Act::Book { id: appointment_id(self.ids), service, start, resource: None, who, request_key: None });
    }

    fn confirm(&mut self) {
        let Some(row) = self.some_row(|row| matches!(row.status, Status::Held | Status::Expired)) else { return };
        self.ask(owner(&row).unwrap_or(people()), Act::Confirm { id: row.id, name: None });
    }

    fn cancel(&mut self) {
        if self.dice.roll(4) == 0 {
            return self.give_back();
        }
        let Some(row) = self.some_row(|_| true) else { return };
        let actor = if self.dice.roll(2) == 0 { people() } else { owner(&row).unwrap_or(people()) };
        self.ask(actor, Act::Cancel { id: row.id, version: None, reason: "customer".into() });
    }

    /// A customer does not want what is held for them, or was offered to them.
    fn give_back(&mut self) {
        let offered = self.some_row(|row| row.status == Status::Held && offered_to(row).is_some());
        let Some(row) = offered.or_else(|| self.some_row(|row| row.status == Status::Held)) else { return };
        self.ask(owner(&row).unwrap_or(people()), Act::Cancel { id: row.id, version: None, reason: "customer".into() });
    }

    fn move_at_once(&mut self) {
        let Some(row) = self.some_row(|row| row.status == Status::Confirmed) else { return };
        let fitting: Vec<_> = self.shown.iter().filter(|(service, _)| *service == row.service).copied().collect();
        let Some((_, start)) = self.dice.pick(&fitting) else { return };
        let resource = if self.dice.roll(2) == 0 { None } else { self.dice.pick(&[resource_id(1), resource_id(2)]) };
        self.ask(people(), Act::Move { id: row.id, version: Some(row.version), start, resource });
    }

    fn set(&mut self) {
        let Some(row) = self.some_row(|row| row.status.protects()) else { return };
        let wanted = [Status::Confirmed, Status::Completed, Status::NoShow, Status::Expired];
        let status = if row.status == Status::PendingOwner { Status::Confirmed } else { self.dice.pick(&wanted).unwrap() };
        let actor = if status == Status::Expired { Actor::System } else { people() };
        self.ask(actor, Act::Set { id: row.id, status, reason: None });
    }

    /// Picks one of the rows that somebody dealt with lately.
    fn some_row(&mut self, fits: impl Fn(&Appointment) -> bool) -> Option<Appointment> {
        let ids: Vec<_> = self.recent.iter().rev().take(60).filter(|id| self.rows.get(id).is_some_and(&fits)).copied().collect();
        self.dice.pick(&ids).and_then(|id| self.rows.get(&id).cloned())
    }

    /// Lets everything come to rest: nobody asks any more, and everything outside works.
    fn rest(&mut self) {
        loop {
            while let Some(pending) = self.pending.pop() {
                self.write(pending);
            }
            self.finish_all_jobs();
            if self.pending.is_empty() {
                return;
            }
        }
    }
}

fn owner(row: &Appointment) -> Option<Actor> {
    Some(Actor::Contact { contact: row.contact?, conversation: row.conversation? })
}
