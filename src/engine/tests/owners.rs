//! What owners do in their own calendars: deleted, moved, overlapped; and the comparison of everything that makes both sides one again.

use super::bookings::{Office, at};
use super::calendars::office;
use crate::domain::booking::{Appointment, Rules, Span, Status};
use crate::domain::ids::AppointmentId;
use crate::domain::time::Timestamp;
use crate::ports::calendar::{CalendarJobs, Event, Owner, PollEnd, PollOutcome, event_name};
use crate::ports::clock::Clock;
use anyhow::Result;
use std::time::Duration;
use uuid::Uuid;

const LATER: &str = "2026-09-23T18:00:00Z";
const CALLED_OFF: &str = "fue cancelada por el negocio";

fn half_hour(start: &str) -> Span {
    Span { start: at(start), end: at(start).after(Duration::from_mins(30)) }
}

impl Office {
    /// Lets the calendar be looked at from beginning to end, and what comes of it be done. A look that was under way may have seen the calendar
    /// as it was: the second that ends has seen what is there now.
    async fn looks(&self) -> Result<()> {
        let mut ended = self.looked_at().await?;
        let mut looks = 0;
        for _ in 0..6 {
            self.rig.pass(Duration::from_secs(80), Duration::from_secs(1)).await;
            let now = self.looked_at().await?;
            looks += usize::from(now != ended);
            ended = now;
            if looks == 2 {
                break;
            }
        }
        self.some_seconds().await
    }

    async fn looked_at(&self) -> Result<Option<Timestamp>> {
        Ok(self.rig.store.calendar_state(self.owner()).await?.and_then(|state| state.checked_at))
    }

    /// Lets everything be compared.
    async fn night(&self) -> Result<()> {
        self.rig.calendar.expire_cursors();
        self.looks().await
    }

    fn owner(&self) -> Owner {
        Owner { tenant: self.rig.tenant, resource: self.resource }
    }
}

fn name(row: &Appointment) -> String {
    event_name(row.id, row.generation)
}

#[actix::test]
async fn sched_a76_what_the_owner_deletes_is_cancelled_and_the_customer_told() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    office.looks().await?;
    office.rig.calendar.owner_deletes(office.resource, &name(&row));
    office.looks().await?;
    let gone = office.stored(row.id).await?;
    assert_eq!((gone.status, gone.reason.as_deref()), (Status::Cancelled, Some("owner_calendar")));
    office.hears(CALLED_OFF, 1).await?;
    office.clock_to(at("2026-09-22T16:00:00Z"));
    office.some_seconds().await?;
    assert_eq!((office.heard("le recuerdo su cita"), office.heard(CALLED_OFF)), (0, 1), "reminders are not sent");
    assert_eq!(office.events(), []);
    Ok(())
}

#[actix::test]
async fn sched_a76_by_policy_people_tell_the_customer_themselves() -> Result<()> {
    let office = office().await?;
    office.admin()?.put_booking_rules(office.rig.tenant, Rules { tell_calendar_changes: false, ..Rules::default() }).await?;
    let row = office.agreed().await?;
    office.rig.calendar.owner_deletes(office.resource, &name(&row));
    office.looks().await?;
    assert_eq!(office.stored(row.id).await?.status, Status::Cancelled);
    assert_eq!((office.heard(CALLED_OFF), office.notes("no se le avisó al cliente").await?), (0, 1));
    Ok(())
}

#[actix::test]
async fn sched_a77_after_the_cursor_expired_nothing_is_called_off_that_a_look_finds() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    office.looks().await?;
    // The whole list leaves it out, though it is there.
    office.rig.calendar.hide(&name(&row));
    office.night().await?;
    assert_eq!(office.stored(row.id).await?, row);
    office.stands_once(&row).await?;
    assert_eq!(office.heard(CALLED_OFF), 0);
    // What was deleted while no cursor told of it is found by the same list.
    office.rig.calendar.owner_deletes(office.resource, &name(&row));
    office.night().await?;
    assert_eq!(office.stored(row.id).await?.status, Status::Cancelled);
    Ok(())
}

#[actix::test]
async fn a_calendar_that_cannot_be_seen_calls_nothing_off() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    office.rig.calendar.expire_cursors();
    office.rig.calendar.unknown(true);
    office.looks().await?;
    assert_eq!(office.stored(row.id).await?.status, Status::Confirmed);
    let state = office.rig.store.calendar_state(office.owner()).await?.unwrap_or_default();
    assert!(state.unknown_since.is_some(), "{state:?}");
    office.rig.calendar.unknown(false);
    office.rig.pass(Duration::from_secs(200), Duration::from_secs(2)).await;
    let state = office.rig.store.calendar_state(office.owner()).await?.unwrap_or_default();
    assert!(state.unknown_since.is_none() && state.checked_at.is_some(), "{state:?}");
    Ok(())
}

#[actix::test]
async fn what_the_owner_moves_is_adopted_where_it_fits() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    office.rig.calendar.owner_moves(office.resource, &name(&row), half_hour(LATER));
    office.looks().await?;
    let moved = office.stored(row.id).await?;
    assert_eq!((moved.span, moved.status), (half_hour(LATER), Status::Confirmed));
    assert!(moved.version > row.version);
    office.stands_once(&moved).await?;
    office.hears("12:00", 1).await?;
    assert_eq!(office.rig.calendar.made(), 1);
    Ok(())
}

#[actix::test]
async fn what_the_owner_moves_to_where_it_does_not_fit_is_left_to_people() -> Result<()> {
    for there in [half_hour("2026-09-24T03:00:00Z"), Span { end: at(LATER).after(Duration::from_mins(45)), ..half_hour(LATER) }] {
        let office = office().await?;
        let row = office.agreed().await?;
        office.rig.calendar.owner_moves(office.resource, &name(&row), there);
        office.looks().await?;
        office.night().await?;
        assert_eq!(office.stored(row.id).await?, row, "the old time stands");
        assert_eq!(office.notes("Se movió en el calendario externo").await?, 1, "people are told once");
        assert_eq!(office.heard("Se movió"), 0);
    }
    Ok(())
}

#[actix::test]
async fn somebody_elses_event_over_an_appointment_is_told_to_people_and_calls_nothing_off() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    office.looks().await?;
    office.rig.calendar.make_busy(office.resource, Span { start: row.span.start.before(Duration::from_mins(10)), ..row.span });
    office.looks().await?;
    office.night().await?;
    assert_eq!(office.stored(row.id).await?, row);
    assert_eq!(office.notes("Hay otro evento a la misma hora").await?, 1, "once");
    office.stands_once(&row).await
}

/// I3.
#[actix::test]
async fn an_event_that_no_booking_wants_is_removed_by_the_comparison() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    let stray = AppointmentId(Uuid::from_u128(4_711));
    let event = Event {
        name: event_name(stray, 1),
        appointment: stray,
        span: half_hour(LATER),
        zone: String::new(),
        title: String::new(),
        sequence: 0,
    };
    let old = Event { name: event_name(row.id, 9), appointment: row.id, ..event.clone() };
    office.rig.calendar.plant(office.resource, event);
    office.rig.calendar.plant(office.resource, old);
    office.night().await?;
    office.stands_once(&row).await
}

/// I2: a booking whose event was never made.
#[actix::test]
async fn a_booking_without_its_event_gets_one_by_the_comparison() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    office.rig.calendar.lose(office.resource, &name(&row));
    for mark in office.rig.store.marks(office.rig.tenant, row.id).await? {
        office.rig.store.drop_mark(office.rig.tenant, &mark).await?;
    }
    office.night().await?;
    let renewed = office.stored(row.id).await?;
    assert_eq!((renewed.span, renewed.status, renewed.generation), (row.span, Status::Confirmed, row.generation + 1));
    office.stands_once(&renewed).await?;
    assert_eq!(office.heard("quedó confirmada"), 1, "nothing has changed for the customer");
    Ok(())
}

/// A67: the name was made and deleted in the calendar before we could know.
#[actix::test]
async fn sched_a67_a_name_that_was_deleted_in_the_calendar_is_left_for_the_next_generation() -> Result<()> {
    let office = office().await?;
    let asked = office.book(super::calendars::START).await?;
    let event =
        Event { name: name(&asked), appointment: asked.id, span: asked.span, zone: String::new(), title: String::new(), sequence: 0 };
    office.rig.calendar.plant(office.resource, event);
    office.rig.calendar.owner_deletes(office.resource, &name(&asked));
    let row = office.becomes(asked.id, Status::Confirmed).await?;
    assert_eq!(row.generation, 2);
    office.stands_once(&row).await?;
    office.hears("quedó confirmada", 1).await
}

#[actix::test]
async fn pages_are_followed_and_one_node_at_a_time_looks() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    office.rig.calendar.pages_of(1);
    for _ in 0..5 {
        office.rig.calendar.owner_moves(office.resource, &name(&row), row.span);
    }
    office.rig.calendar.owner_deletes(office.resource, &name(&row));
    office.looks().await?;
    assert_eq!(office.stored(row.id).await?.status, Status::Cancelled);
    let (store, far) = (&office.rig.store, office.rig.clock.now().after(Duration::from_hours(9)));
    let taken = store.take_polls(far, far.after(Duration::from_mins(5)), 9).await?;
    assert_eq!((taken.len(), store.take_polls(far, far.after(Duration::from_mins(5)), 9).await?.len()), (1, 0));
    let after = far.after(Duration::from_mins(6));
    let again = store.take_polls(after, after.after(Duration::from_mins(5)), 9).await?;
    let end = |cursor: &str| PollEnd { due: far, now: far, outcome: PollOutcome::Seen { cursor: cursor.to_owned(), compared: false } };
    store.end_poll(&taken[0], end("dead")).await?;
    assert_eq!(store.take_polls(after, after, 9).await?, [], "the dead one's word comes late and changes nothing");
    store.end_poll(&again[0], end("0-1")).await?;
    assert_eq!(store.take_polls(after, after, 9).await?[0].cursor.as_deref(), Some("0-1"));
    Ok(())
}
