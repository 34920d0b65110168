//! Outside calendars: from the customer's yes to the event, with calendars that are busy, silent, slow or unwilling.

use super::bookings::{Office, at};
use crate::domain::booking::{Act, Actor, Appointment, Span, Status};
use crate::domain::ids::AppointmentId;
use crate::engine::Threads;
use crate::engine::placement::Single;
use crate::ports::calendar::{CalendarJobs, JobEnd, event_name};
use crate::ports::clock::Clock;
use crate::ports::ids::IdSource;
use crate::testing::calendar::CalendarFault;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::Result;
use std::time::Duration;
use uuid::Uuid;

pub(super) const PEOPLE: Actor = Actor::People { agent: crate::domain::ids::AgentId(Uuid::from_u128(77)) };
pub(super) const START: &str = "2026-09-23T16:00:00Z";

pub(super) async fn office() -> Result<Office> {
    Office::on(Rig::new().await?, |service| service, true).await
}

impl Office {
    /// Waits, with the clock moving, until an appointment stands as expected.
    pub async fn becomes(&self, id: AppointmentId, status: Status) -> Result<Appointment> {
        self.rig
            .until(status.as_str(), || async {
                self.rig.advance(Duration::from_millis(200));
                Ok(self.stored(id).await?.status == status)
            })
            .await?;
        self.stored(id).await
    }

    /// Our events, by name and time.
    pub fn events(&self) -> Vec<(String, Span)> {
        self.rig.calendar.events().into_iter().map(|(_, event)| (event.name, event.span)).collect()
    }

    pub async fn stands_once(&self, row: &Appointment) -> Result<()> {
        self.some_seconds().await?;
        assert_eq!(self.events(), [(event_name(row.id, row.generation), row.span)], "one event, at the time of the appointment");
        assert_eq!(self.rig.calendar.complaints(), Vec::<String>::new());
        Ok(())
    }

    /// Books and waits until the calendar has it.
    pub async fn agreed(&self) -> Result<Appointment> {
        let asked = self.book(START).await?;
        let row = self.becomes(asked.id, Status::Confirmed).await?;
        self.stands_once(&row).await?;
        Ok(row)
    }

    /// What stands in Ana's conversation for people only.
    pub async fn notes(&self, words: &str) -> Result<usize> {
        let lines = self.rig.messages("ana").await?;
        Ok(lines.iter().filter(|line| line.direction == "note" && line.text.contains(words)).count())
    }

    /// Ana agrees to another time; returns the move as it waits.
    pub async fn agrees_to_move(&self, row: &Appointment, start: &str) -> Result<Appointment> {
        let (id, actor) = (AppointmentId(crate::crypto::ids::SystemIds::new().uuid()), self.actor().await?);
        let (service, moves, who) = (self.service, Some(row.id), Default::default());
        self.act(actor, Act::Hold { id, service, start: at(start), resource: None, moves, who, request_key: None }).await?;
        self.act(actor, Act::Confirm { id, name: None }).await
    }

    async fn free(&self) -> Result<bool> {
        use crate::domain::booking::Wanted;
        use crate::ports::bookings::Bookings;
        let within = Span { start: at(START), end: at(START).after(Duration::from_secs(1)) };
        let wanted = Wanted { service: self.service, within, resource: None, moving: None, limit: 1 };
        Ok(!self.rig.store.slots(self.rig.tenant, wanted, self.rig.clock.now()).await?.is_empty())
    }
}

#[actix::test]
async fn an_appointment_is_confirmed_once_the_calendar_has_its_event_and_the_customer_hears_it() -> Result<()> {
    let office = office().await?;
    let asked = office.book(START).await?;
    assert_eq!(asked.status, Status::Confirming);
    let row = office.becomes(asked.id, Status::Confirmed).await?;
    office.hears("quedó confirmada", 1).await?;
    office.stands_once(&row).await?;
    assert_eq!(office.heard("quedó confirmada"), 1);
    assert_eq!(office.rig.calendar.made(), 1);
    Ok(())
}

/// A53: a calendar that does not say is never free; once it speaks within the time of trying, all goes on by itself.
#[actix::test]
async fn sched_a53_a_calendar_that_does_not_say_yields_nothing_and_its_recovery_confirms() -> Result<()> {
    let office = office().await?;
    let asked = office.book(START).await?;
    office.rig.calendar.unknown(true);
    office.rig.pass(Duration::from_secs(70), Duration::from_secs(1)).await;
    assert_eq!(office.stored(asked.id).await?.status, Status::Confirming, "no instant confirmation");
    assert_eq!(office.rig.calendar.made(), 0);
    let later = AppointmentId(Uuid::from_u128(5));
    let hold = Act::Hold {
        id: later,
        service: office.service,
        start: at("2026-09-24T16:00:00Z"),
        resource: None,
        moves: None,
        who: Default::default(),
        request_key: None,
    };
    assert!(office.act(PEOPLE, hold).await.is_err(), "the minute in which the answer was believed is over");
    office.rig.calendar.unknown(false);
    let row = office.becomes(asked.id, Status::Confirmed).await?;
    office.stands_once(&row).await
}

/// A53: after the time of trying an owner decides, whose word is enough.
#[actix::test]
async fn sched_a53_after_ten_minutes_of_silence_the_owner_decides() -> Result<()> {
    let office = office().await?;
    let asked = office.book(START).await?;
    office.rig.calendar.unknown(true);
    office.rig.pass(Duration::from_secs(700), Duration::from_secs(2)).await;
    let row = office.becomes(asked.id, Status::PendingOwner).await?;
    assert_eq!(row.reason.as_deref(), Some("calendar_unknown"));
    office.act(PEOPLE, Act::Set { id: asked.id, status: Status::Confirmed, reason: None }).await?;
    let row = office.stored(asked.id).await?;
    office.hears("quedó confirmada", 1).await?;
    office.stands_once(&row).await
}

/// A63.
#[actix::test]
async fn sched_a63_what_somebody_else_put_there_meanwhile_is_seen_and_other_times_are_offered() -> Result<()> {
    let office = office().await?;
    let asked = office.book(START).await?;
    office.rig.calendar.make_busy(office.resource, asked.span);
    let row = office.becomes(asked.id, Status::Failed).await?;
    assert_eq!(row.reason.as_deref(), Some("external_busy"));
    office.hears("No pude confirmar su cita", 1).await?;
    office.some_seconds().await?;
    assert_eq!(office.events(), []);
    office.clock_to(office.rig.clock.now().after(Duration::from_secs(70)));
    assert!(!office.free().await?, "it is not free: somebody else has it");
    Ok(())
}

/// A64.
#[actix::test]
async fn sched_a64_an_event_that_was_made_although_nobody_said_so_is_found_again() -> Result<()> {
    let office = office().await?;
    office.rig.calendar.then(CalendarFault::TimeoutAfter);
    let asked = office.book(START).await?;
    let row = office.becomes(asked.id, Status::Confirmed).await?;
    office.stands_once(&row).await?;
    assert_eq!(office.rig.calendar.made(), 1);
    Ok(())
}

#[actix::test]
async fn an_event_that_was_not_made_is_made_by_the_next_try() -> Result<()> {
    for fault in [CalendarFault::TimeoutBefore, CalendarFault::Hang] {
        let office = office().await?;
        office.rig.calendar.then(fault);
        let asked = office.book(START).await?;
        let row = office.becomes(asked.id, Status::Confirmed).await?;
        office.stands_once(&row).await?;
    }
    Ok(())
}

/// A65.
#[actix::test]
async fn sched_a65_what_a_calendar_refuses_for_good_fails_and_the_slot_is_free_again() -> Result<()> {
    let office = office().await?;
    office.rig.calendar.then(CalendarFault::Refused);
    let asked = office.book(START).await?;
    let row = office.becomes(asked.id, Status::Failed).await?;
    assert_eq!(row.reason.as_deref(), Some("calendar_refused"));
    office.hears("No pude confirmar su cita", 1).await?;
    office.some_seconds().await?;
    assert_eq!(office.events(), []);
    assert!(office.free().await?, "it is listed again");
    assert_eq!(office.notes("El calendario externo no acepta").await?, 1, "the owner is alerted");
    Ok(())
}

/// A66: the worker dies after the event was made and before the book heard of it.
#[actix::test]
async fn sched_a66_a_death_between_the_event_and_the_book_ends_in_one_event_and_a_confirmation() -> Result<()> {
    use crate::ports::calendar::{Calendars, Event, Owner};
    let mut office = Office::on(Rig::build(RigOptions::default()).await?, |service| service, true).await?;
    let asked = office.book(START).await?;
    let now = office.rig.clock.now();
    let taken = office.rig.store.take_jobs(now, now.after(Duration::from_mins(1)), 9).await?;
    assert_eq!(taken.len(), 1);
    assert_eq!(office.rig.store.take_jobs(now, now.after(Duration::from_mins(1)), 9).await?, [], "one holder at a time");
    let name = event_name(asked.id, asked.generation);
    let event = Event { name, appointment: asked.id, span: asked.span, zone: String::new(), title: String::new(), sequence: 0 };
    office.rig.calendar.create(Owner { tenant: office.rig.tenant, resource: office.resource }, &event).await?;
    office.rig.start(&Single, Threads::Current).await?;
    let row = office.becomes(asked.id, Status::Confirmed).await?;
    office.stands_once(&row).await?;
    assert_eq!(office.rig.calendar.made(), 1);
    // The dead one's word comes late and changes nothing.
    office.rig.store.end_job(&taken[0], JobEnd::Again(now)).await?;
    office.stands_once(&row).await
}

/// A74: the same event at the new time.
#[actix::test]
async fn sched_a74_a_move_changes_the_same_event() -> Result<()> {
    let office = office().await?;
    let asked = office.book(START).await?;
    let row = office.becomes(asked.id, Status::Confirmed).await?;
    office.stands_once(&row).await?;
    let start = at(START).after(Duration::from_mins(30));
    office.rig.calendar.then(CalendarFault::TimeoutBefore);
    let moved = office.act(PEOPLE, Act::Move { id: asked.id, version: None, start, resource: None }).await?;
    office.some_seconds().await?;
    office.stands_once(&moved).await?;
    assert_eq!((moved.span.start, office.rig.calendar.made()), (start, 1));
    Ok(())
}

#[actix::test]
async fn a_cancellation_leaves_no_event_behind_however_it_falls() -> Result<()> {
    let office = office().await?;
    let asked = office.book(START).await?;
    office.rig.calendar.then(CalendarFault::TimeoutAfter);
    office.some_seconds().await?;
    office.act(office.actor().await?, Act::Cancel { id: asked.id, version: None, reason: "customer".to_owned() }).await?;
    office.rig.pass(Duration::from_secs(70), Duration::from_secs(1)).await;
    office.some_seconds().await?;
    assert_eq!(office.events(), []);
    assert_eq!(office.stored(asked.id).await?.status, Status::Cancelled);
    Ok(())
}

/// A resource that is retired while its calendar is silent: what was agreed is checked and gets its event all the same.
#[actix::test]
async fn what_is_retired_meanwhile_is_still_checked_and_gets_its_event() -> Result<()> {
    for busy in [false, true] {
        let office = office().await?;
        let asked = office.book(START).await?;
        office.rig.calendar.unknown(true);
        office.rig.pass(Duration::from_secs(5), Duration::from_millis(500)).await;
        assert_eq!(office.stored(asked.id).await?.status, Status::Confirming);
        office.admin()?.remove_service(office.rig.tenant, office.service).await?;
        office.admin()?.remove_resource(office.rig.tenant, office.resource).await?;
        if busy {
            office.rig.calendar.make_busy(office.resource, asked.span);
        }
        office.rig.calendar.unknown(false);
        if busy {
            assert_eq!(office.becomes(asked.id, Status::Failed).await?.reason.as_deref(), Some("external_busy"));
        } else {
            let row = office.becomes(asked.id, Status::Confirmed).await?;
            office.stands_once(&row).await?;
        }
    }
    Ok(())
}
