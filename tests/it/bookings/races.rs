//! Many at once: nobody gets what another has, and nobody loses what they were promised. `RECADO_TEST_ATTEMPTS` makes the runs longer.

use super::judge::{Findings, Outside, look, outside};
use super::rig::{EARLY, NINE, Office, at, changed, from, hold};
use super::worker::{Job, Process, Tally, agenda, job, refusals, run, settle};
use crate::store::rig::open;
use crate::support::database::TestDatabase;
use crate::support::variables::{number, say};
use anyhow::{Context, Result};
use futures::future::try_join_all;
use recado::domain::booking::Span;
use recado::ports::bookings::Bookings;
use recado::ports::calendar::Event;
use recado::testing::calendar_server::CalendarServer;
use sea_orm::DbBackend;
use std::time::Duration;
use tokio::time::Instant;

/// A59.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_who_want_one_slot_at_once_one_gets_it() -> Result<()> {
    for office in Office::both().await? {
        let service = office.simple(1).await?.id;
        for customer in 100..150 {
            office.customer(customer).await?;
        }
        let elsewhere = open(office.rig.database.url()).await?;
        // SQLite has one server, PostgreSQL may have more.
        let second = if office.store().backend() == DbBackend::Postgres { &elsewhere } else { office.store() };
        let began = Instant::now();
        let asked = (100..150).map(|customer| {
            let store = if customer % 2 == 0 { office.store() } else { second };
            store.act(office.tenant, from(customer), hold(service, at(NINE)), at(EARLY))
        });
        let outcomes = try_join_all(asked).await?;
        assert_eq!(outcomes.iter().filter(|outcome| changed(outcome)).count(), 1);
        assert_eq!(refusals(&outcomes), 49);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert_eq!(office.rig.count("appointment").await?, 1);
    }
    Ok(())
}

/// Nothing strange was answered, and the rows say the same.
async fn judged(office: &Office, tally: &Tally, calendar: &CalendarServer) -> Result<()> {
    settle(office.store(), &calendar.calendar).await?;
    let stood = tally.known.iter().filter(|known| known.stands).count();
    say(format!("{:?}: {} agreed, {} taken, {stood} stand", office.store().backend(), tally.agreed, tally.taken));
    say(format!("{} of {} silences of the calendar were felt", tally.unknown, calendar.silences()));
    say(format!("{} writes were asked for again, their outcome was not known", tally.again));
    assert_eq!(tally.strange, Vec::<String>::new());
    assert!(tally.agreed > 20 && tally.taken > 20 && stood > 5, "too little happened");
    assert!(tally.unknown <= most_unknown(calendar.silences()), "more is unknown than the calendar kept to itself: {}", tally.unknown);
    assert_eq!(look(&office.rig, &tally.known).await?, Findings::default());
    let events = calendar.calendar.events().len();
    say(format!("{:?}: {events} events outside, {} ever made", office.store().backend(), calendar.calendar.made()));
    assert!(calendar.calendar.made() > 20, "too little happened outside");
    assert_eq!(outside(&office.rig, &calendar.calendar).await?, Outside::default());
    assert_eq!(calendar.calendar.complaints(), Vec::<String>::new());
    Ok(())
}

/// How often a calendar may be called unknown that was silent so often: a silence outdates what was said before, which others who are just
/// booking may have counted on, and a busy machine lets a few answers come too late.
const fn most_unknown(silences: u64) -> u64 {
    2 * silences + 5
}

/// A calendar that loses one answer of seven after having done what it was asked, and does not say one time in twenty what is busy.
async fn calendar() -> Result<CalendarServer> {
    let server = CalendarServer::start().await?;
    server.drop_every(7);
    server.silent_every(20);
    Ok(server)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_slot_is_booked_twice_by_many_tasks_on_sqlite() -> Result<()> {
    let office = Office::on(TestDatabase::sqlite().await?).await?;
    let services = agenda(&office).await?;
    let calendar = calendar().await?;
    let job = job(&office, &services, (100, 64), number("RECADO_TEST_ATTEMPTS", 5_000), &calendar).await?;
    let tally = run(office.store(), &job).await?;
    judged(&office, &tally, &calendar).await
}

/// Runs a job in two processes of their own.
async fn twice(office: &Office, attempts: u64, broken: &str) -> Result<(Tally, CalendarServer)> {
    let services = agenda(office).await?;
    let calendar = calendar().await?;
    let mut processes = Vec::new();
    for first in [1_000, 2_000] {
        let job: Job = job(office, &services, (first, 8), attempts / 2, &calendar).await?;
        processes.push(Process::start(&job, broken)?);
    }
    let mut tally = Tally::default();
    for process in processes {
        tally.add(tokio::task::spawn_blocking(move || process.end()).await??);
    }
    Ok((tally, calendar))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_slot_is_booked_twice_by_two_processes_on_postgres() -> Result<()> {
    let office = Office::on(TestDatabase::postgres().await?).await?;
    let (tally, calendar) = twice(&office, number("RECADO_TEST_ATTEMPTS", 5_000), "").await?;
    judged(&office, &tally, &calendar).await
}

/// Control: the wall by itself is enough, and what it refuses is answered as any slot that is taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wall_alone_keeps_slots_from_being_booked_twice() -> Result<()> {
    for office in Office::both().await? {
        let (tally, calendar) = twice(&office, 600, "booking_check").await?;
        judged(&office, &tally, &calendar).await?;
    }
    Ok(())
}

/// Control: without wall and check the judge sees it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_wall_and_the_check_the_judge_is_not_content() -> Result<()> {
    for office in Office::both().await? {
        let down: &[&str] = match office.store().backend() {
            DbBackend::Postgres => &["ALTER TABLE appointment_seat DROP CONSTRAINT appointment_seat_wall"],
            DbBackend::Sqlite | DbBackend::MySql | _ => {
                &["DROP TRIGGER appointment_seat_wall_insert", "DROP TRIGGER appointment_seat_wall_update"]
            }
        };
        for statement in down {
            sea_orm::ConnectionTrait::execute_unprepared(office.rig.database.connection(), statement).await?;
        }
        let (tally, _calendar) = twice(&office, 200, "booking_check").await?;
        let findings = look(&office.rig, &tally.known).await?;
        assert!(findings.overlaps > 0 && findings.over_capacity > 0, "{findings:?}");
    }
    Ok(())
}

/// Control: a job that is forgotten is an event without its booking, or a booking without its event, and the judge sees either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calendar_that_is_out_of_step_does_not_content_the_judge() -> Result<()> {
    for office in Office::both().await? {
        let (_, calendar) = twice(&office, 200, "").await?;
        settle(office.store(), &calendar.calendar).await?;
        assert_eq!(outside(&office.rig, &calendar.calendar).await?, Outside::default());
        let (resource, event) = calendar.calendar.events().pop().context("no event")?;
        calendar.calendar.lose(resource, &event.name);
        assert_eq!(outside(&office.rig, &calendar.calendar).await?.eventless, 1);
        let moved = Event { span: Span { start: event.span.start.before(Duration::from_secs(1)), ..event.span }, ..event };
        calendar.calendar.plant(resource, moved);
        assert_eq!(outside(&office.rig, &calendar.calendar).await?.orphans.len(), 1, "at another time it is not its event");
    }
    Ok(())
}
