//! Moves of appointments that stand in an outside calendar: asked once more before the swap, the last one wins, the event is found wherever it is.

use super::bookings::at;
use super::calendars::{PEOPLE, START, office};
use crate::domain::booking::{Act, DayHours, ResourceKind, Span, Status, WeekHours};
use crate::ports::calendar::{CalendarJobs, event_name};
use crate::ports::clock::Clock;
use crate::store::admin::bookings::{Offer, ResourceDefinition};
use crate::testing::calendar::CalendarFault;
use anyhow::Result;
use std::time::Duration;

const LATER: &str = "2026-09-23T18:00:00Z";
const LAST: &str = "2026-09-23T20:00:00Z";

/// A63 for moves: busy by now.
#[actix::test]
async fn a_move_to_where_somebody_else_is_by_now_leaves_the_old_time_and_offers_others() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    let waiting = office.agrees_to_move(&row, LATER).await?;
    assert_eq!((waiting.status, waiting.moves), (Status::Confirming, Some(row.id)), "nothing is moved before the calendar was asked");
    office.rig.calendar.make_busy(office.resource, waiting.span);
    office.becomes(waiting.id, Status::Failed).await?;
    office.hears("No pude mover su cita", 1).await?;
    office.stands_once(&row).await?;
    assert_eq!(office.stored(row.id).await?, row, "the old time stands");
    let heard = office.rig.received("ana");
    assert!(heard.last().is_some_and(|text| text.contains("Sigue en pie") && text.contains("11:")), "{heard:?}");
    Ok(())
}

/// A74: its own event does not stand in the way, also where the two times overlap.
#[actix::test]
async fn sched_a74_a_move_is_made_once_the_calendar_has_nothing_against_it() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    let waiting = office.agrees_to_move(&row, LATER).await?;
    office.becomes(waiting.id, Status::Released).await?;
    let moved = office.stored(row.id).await?;
    assert_eq!((moved.span, moved.status), (waiting.span, Status::Confirmed));
    office.stands_once(&moved).await?;
    office.hears("12:00", 1).await?;
    assert_eq!(office.rig.calendar.events()[0].1.sequence, 1);
    assert_eq!(office.rig.calendar.made(), 1, "the same event");
    Ok(())
}

#[actix::test]
async fn a_move_waits_for_a_calendar_that_does_not_say_and_then_for_its_owner() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    let waiting = office.agrees_to_move(&row, LATER).await?;
    office.rig.calendar.unknown(true);
    office.rig.pass(Duration::from_secs(700), Duration::from_secs(2)).await;
    office.becomes(waiting.id, Status::PendingOwner).await?;
    assert_eq!(office.stored(row.id).await?.span, row.span);
    office.rig.calendar.unknown(false);
    office.act(PEOPLE, Act::Set { id: waiting.id, status: Status::Confirmed, reason: None }).await?;
    let moved = office.stored(row.id).await?;
    assert_eq!(moved.span, waiting.span);
    office.stands_once(&moved).await
}

/// People's moves take effect at once: the calendar is asked then, not remembered.
#[actix::test]
async fn people_cannot_move_to_where_the_calendar_is_busy_by_now() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    let busy = Span { start: at(LATER), end: at(LATER).after(Duration::from_mins(30)) };
    office.rig.calendar.make_busy(office.resource, busy);
    let r#move = || Act::Move { id: row.id, version: None, start: at(LATER), resource: None };
    assert!(office.act(PEOPLE, r#move()).await.is_err());
    office.rig.calendar.make_free(office.resource);
    office.rig.calendar.unknown(true);
    assert!(office.act(PEOPLE, r#move()).await.is_err(), "silence is not free");
    office.rig.calendar.unknown(false);
    let moved = office.act(PEOPLE, r#move()).await?;
    office.stands_once(&moved).await
}

#[actix::test]
async fn of_two_quick_moves_the_last_one_wins_whatever_node_is_at_the_first() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    office.act(PEOPLE, Act::Move { id: row.id, version: None, start: at(LATER), resource: None }).await?;
    let (jobs, now) = (&office.rig.store, office.rig.clock.now());
    office.rig.calendar.hold();
    office
        .rig
        .until("the first is under way", || async {
            office.rig.advance(Duration::from_millis(100));
            Ok(office.rig.calendar.waiting() == 1)
        })
        .await?;
    let last = office.act(PEOPLE, Act::Move { id: row.id, version: None, start: at(LAST), resource: None }).await?;
    let at_once = jobs.take_jobs(office.rig.clock.now(), now.after(Duration::from_mins(1)), 9).await?;
    assert_eq!(at_once, [], "another node does not begin the second while the first is under way");
    office.rig.calendar.release();
    office.some_seconds().await?;
    office.stands_once(&last).await?;
    assert_eq!(office.rig.calendar.made(), 1);
    Ok(())
}

/// The version that it was made for keeps a call that was lost on its way from undoing a later one.
#[actix::test]
async fn a_change_that_arrives_late_does_not_undo_the_next_one() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    office.rig.calendar.then(CalendarFault::Late);
    office.act(PEOPLE, Act::Move { id: row.id, version: None, start: at(LATER), resource: None }).await?;
    office.rig.pass(Duration::from_millis(600), Duration::from_millis(200)).await;
    let last = office.act(PEOPLE, Act::Move { id: row.id, version: None, start: at(LAST), resource: None }).await?;
    office.rig.pass(Duration::from_secs(5), Duration::from_millis(500)).await;
    office.stands_once(&last).await?;
    assert_eq!(office.notes("mientras el cliente la movía").await?, 0, "our own call is no edit of somebody else's");
    Ok(())
}

/// A74: If-Match.
#[actix::test]
async fn sched_a74_an_edit_from_outside_is_met_and_decided_again() -> Result<()> {
    for moved_too in [false, true] {
        let office = office().await?;
        let row = office.agreed().await?;
        let name = event_name(row.id, row.generation);
        let elsewhere = Span { start: at(LAST), end: at(LAST).after(Duration::from_mins(30)) };
        // The owner edits between our last look and the change.
        office.rig.calendar.owner_moves(office.resource, &name, if moved_too { elsewhere } else { row.span });
        let moved = office.act(PEOPLE, Act::Move { id: row.id, version: None, start: at(LATER), resource: None }).await?;
        office.some_seconds().await?;
        office.stands_once(&moved).await?;
        assert_eq!(office.rig.calendar.events()[0].1.sequence, 1);
        assert_eq!(office.notes("mientras el cliente la movía").await?, usize::from(moved_too), "people are told if both moved it");
    }
    Ok(())
}

/// Retires the calendar's resource, or takes its calendar away, after an appointment was made.
async fn without_calendar(active: bool) -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    let hours = WeekHours(std::array::from_fn(|_| vec![DayHours { from: 7 * 60, to: 18 * 60 }]));
    let what = ResourceDefinition {
        name: "Luis".to_owned(),
        aliases: vec![],
        kind: ResourceKind::Person,
        capacity: 1,
        zone: None,
        hours,
        exceptions: vec![],
        outside_calendar: !active,
    };
    office.admin()?.replace_resource(office.rig.tenant, office.resource, Offer { what, position: 0, active }).await?;
    if active {
        let moved = office.act(PEOPLE, Act::Move { id: row.id, version: None, start: at(LATER), resource: None }).await?;
        office.stands_once(&moved).await?;
    }
    office.act(PEOPLE, Act::Cancel { id: row.id, version: None, reason: "owner".to_owned() }).await?;
    office.some_seconds().await?;
    assert_eq!(office.events(), [], "removed where it was");
    Ok(())
}

#[actix::test]
async fn the_event_of_a_retired_resource_is_removed_where_it_is() -> Result<()> {
    without_calendar(false).await
}

#[actix::test]
async fn the_event_of_a_resource_that_lost_its_calendar_is_changed_and_removed_where_it_is() -> Result<()> {
    without_calendar(true).await
}

#[actix::test]
async fn a_calendar_that_is_gone_for_good_ends_the_job_with_a_note() -> Result<()> {
    let office = office().await?;
    let row = office.agreed().await?;
    office.rig.calendar.close(office.resource);
    office.act(PEOPLE, Act::Cancel { id: row.id, version: None, reason: "owner".to_owned() }).await?;
    office.some_seconds().await?;
    assert_eq!(office.notes("ya no está disponible").await?, 1);
    assert_eq!(office.stored(row.id).await?.status, Status::Cancelled);
    assert_eq!(office.stored_jobs("dead").await?, 1);
    assert_eq!(office.heard("ya no está disponible"), 0, "the customer does not read it");
    assert_eq!(START, "2026-09-23T16:00:00Z");
    Ok(())
}
