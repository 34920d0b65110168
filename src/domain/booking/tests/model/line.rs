//! Those who wait in the model: they join, are served by whoever looks, and follow what becomes of the book, as the store's transaction has it.

use super::super::kit::{appointment_id, contact};
use super::world::World;
use crate::domain::booking::act::{Act, Outcome, Who};
use crate::domain::booking::waiting::{
    Entry, Live, Place, WaitState, WaitWish, is_new_booking, join, next_look, next_offer, offered_to, wanted,
};
use crate::domain::booking::*;
use crate::domain::ids::{AppointmentId, ConversationId, WaitlistId};
use crate::domain::language::Language;
use crate::domain::when::zone::{later, wall};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The list, with everybody who was ever on it.
#[derive(Default)]
pub struct Line {
    entries: BTreeMap<WaitlistId, Entry>,
    joined: usize,
}

impl World {
    /// Somebody wants a time within the next days.
    pub fn join(&mut self) {
        let (who, service) = (u128::from(self.dice.roll(40)), self.dice.roll(4));
        let Some(service) = self.agenda.services.get(usize::try_from(service).unwrap()).map(|service| service.id) else { return };
        let today = wall(self.agenda.zone, self.now).date();
        self.ids += 1;
        let entry = Entry {
            id: WaitlistId(Uuid::from_u128(0x9_0000_0000 + self.ids)),
            state: WaitState::Waiting,
            service,
            resources: Vec::new(),
            wish: WaitWish::days(today, later(today, self.dice.roll(3))),
            moves: None,
            contact: contact(who),
            conversation: ConversationId(Uuid::from_u128(0x3000 + who)),
            name: Some("Eva".into()),
            language: Language::Es,
            appointment: None,
            created_at: self.now,
            updated_at: self.now,
        };
        let live: Vec<Entry> = self.line.entries.values().filter(|entry| entry.state.is_live()).cloned().collect();
        let own: Vec<Entry> = live.iter().filter(|there| there.contact == entry.contact).cloned().collect();
        let all = u64::try_from(live.len()).unwrap();
        if let Ok((entry, true)) = join(&self.agenda, Live { own: &own, all }, entry, self.now) {
            self.count("joined");
            let is_new = self.line.entries.insert(entry.id, entry).is_none();
            self.line.joined += usize::from(is_new);
        }
    }

    /// Somebody looks whose turn it is; a second one may look at the same moment.
    pub fn serve(&mut self) {
        for _ in 0..2 {
            self.look();
        }
    }

    fn look(&mut self) {
        let deciding = |entry: &Entry| {
            let asked = |row: &Appointment| {
                let agreed = matches!(row.status, Status::Confirming | Status::PendingOwner);
                (row.status == Status::Held && row.protects_at(self.now)) || (agreed && row.service == entry.service)
            };
            self.rows.values().any(|row| row.contact == Some(entry.contact) && asked(row))
        };
        let failed = |entry: &Entry| entry.appointment.and_then(|id| self.rows.get(&id)).map(|row| row.span.start);
        let waiting = self.line.entries.values().filter(|entry| entry.state == WaitState::Waiting);
        let mut line: Vec<Place> =
            waiting.map(|entry| Place { entry: entry.clone(), look_no: 1, aside: deciding(entry), failed: failed(entry) }).collect();
        line.sort_by_key(|place| (place.entry.created_at, place.entry.id));
        let rows: Vec<Appointment> = self.rows.values().cloned().collect();
        let book = Book { agenda: &self.agenda, appointments: &rows, busy: &self.busy, shown: &[], now: self.now };
        let free: Vec<Slot> = self
            .agenda
            .services
            .iter()
            .filter_map(|service| wanted(&self.agenda, &line, service.id, self.now))
            .flat_map(|wanted| slots(&book, &wanted))
            .collect();
        let offer = next_offer(&self.agenda, &line, &free, &[], self.now);
        let over: Vec<WaitlistId> =
            line.iter().filter(|place| next_look(&self.agenda, &place.entry, self.now).is_none()).map(|place| place.entry.id).collect();
        for id in over {
            self.turn(id, WaitState::Waiting, WaitState::Expired, None);
        }
        let Some(offer) = offer else { return };
        let (id, entry) = (self.next_id(), offer.entry);
        let who = Who {
            contact: Some(entry.contact),
            conversation: Some(entry.conversation),
            name: entry.name,
            language: entry.language,
            ..Who::default()
        };
        let act = Act::Offer { id, entry: entry.id, service: entry.service, start: offer.start, resource: None, moves: None, who };
        self.ask(Actor::System, act);
    }

    fn next_id(&mut self) -> AppointmentId {
        self.ids += 1;
        appointment_id(self.ids)
    }

    fn turn(&mut self, id: WaitlistId, from: WaitState, to: WaitState, appointment: Option<AppointmentId>) {
        let now = self.now;
        if let Some(entry) = self.line.entries.get_mut(&id).filter(|entry| entry.state == from) {
            entry.state = to;
            entry.updated_at = now;
            entry.appointment = appointment.or(entry.appointment);
            self.count(match to {
                WaitState::Waiting | WaitState::Left => "waits again",
                WaitState::Offered => "offered",
                WaitState::Booked => "waited and booked",
                WaitState::Declined => "declined",
                WaitState::Expired => "waited in vain",
            });
        }
    }

    /// What the store's condition on the entry refuses: an offer to somebody who does not wait any more.
    pub fn offers_in_vain(&self, act: &Act, decision: &Decision) -> bool {
        let Act::Offer { entry, .. } = act else { return false };
        matches!(decision.outcome, Outcome::Done { changed: true, .. })
            && self.line.entries.get(entry).is_none_or(|entry| entry.state != WaitState::Waiting)
    }

    /// Brings the list in step with a decision that is about to be written.
    pub fn follow(&mut self, act: &Act, decision: &Decision) {
        if let (Act::Offer { entry, .. }, Outcome::Done { appointment, changed: true, .. }) = (act, &decision.outcome) {
            self.turn(*entry, WaitState::Waiting, WaitState::Offered, Some(appointment.id));
        }
        for put in &decision.puts {
            let before = self.rows.get(&put.after.id).cloned();
            if let (Some(id), Some(before)) = (offered_to(&put.after), &before)
                && before.status != put.after.status
            {
                let state = self.line.entries.get(&id).map(|entry| entry.state);
                if let Some(next) = state.and_then(|state| state.after_offer(put.after.status, false)) {
                    self.turn(id, state.unwrap(), next, Some(put.after.id));
                }
            }
            if is_new_booking(before.as_ref(), &put.after) {
                let (zone, made) = (self.agenda.zone, &put.after);
                let ended = |entry: &&Entry| {
                    entry.state == WaitState::Waiting
                        && Some(entry.contact) == made.contact
                        && entry.service == made.service
                        && entry.wish.fits(zone, made.span.start)
                };
                let ids: Vec<WaitlistId> = self.line.entries.values().filter(ended).map(|entry| entry.id).collect();
                ids.into_iter().for_each(|id| self.turn(id, WaitState::Waiting, WaitState::Booked, Some(made.id)));
            }
        }
    }

    /// Judges the list: nobody is lost, an offered time is a hold of theirs that is live or has run out, and no hold is offered to two.
    pub fn judge_line(&self, rows: &[&Appointment]) -> Vec<String> {
        let rows: BTreeMap<AppointmentId, &Appointment> = rows.iter().map(|row| (row.id, *row)).collect();
        let mut faults = Vec::new();
        if self.line.joined != self.line.entries.len() {
            faults.push("an entry of the list is lost".to_owned());
        }
        let came_to_nothing = |row: &Appointment| matches!(row.status, Status::Failed | Status::Cancelled);
        let mut offered: BTreeMap<AppointmentId, WaitlistId> = BTreeMap::new();
        for entry in self.line.entries.values() {
            let row = entry.appointment.and_then(|id| rows.get(&id));
            let own = row.is_some_and(|row| row.contact == Some(entry.contact));
            let fits = match entry.state {
                WaitState::Waiting | WaitState::Left => entry.appointment.is_none() || (own && row.is_some_and(|row| came_to_nothing(row))),
                WaitState::Offered => {
                    own && row.is_some_and(|row| matches!(row.status, Status::Held | Status::Confirming | Status::PendingOwner))
                }
                WaitState::Booked => own && row.is_some_and(|row| row.status != Status::Held && row.status != Status::Released),
                WaitState::Declined => own && row.is_some_and(|row| row.status == Status::Released),
                // Its days have passed, or its hold has.
                WaitState::Expired => {
                    let gone = |row: &Appointment| matches!(row.status, Status::Expired | Status::Released) || came_to_nothing(row);
                    entry.appointment.is_none() || (own && row.is_some_and(|row| gone(row)))
                }
            };
            if !fits {
                faults.push(format!("list: {entry:?} with {row:?}"));
            }
            let of_offer = row.filter(|row| offered_to(row).is_some());
            if let Some(other) = of_offer.and_then(|row| offered.insert(row.id, entry.id)) {
                faults.push(format!("one time was offered to two: {other} and {}", entry.id));
            }
        }
        let live = |row: &&&Appointment| offered_to(row).is_some() && row.protects_at(self.now) && row.status == Status::Held;
        for row in rows.values().filter(live) {
            if !offered.contains_key(&row.id) {
                faults.push(format!("a time is held for nobody in line: {row:?}"));
            }
        }
        faults
    }
}
