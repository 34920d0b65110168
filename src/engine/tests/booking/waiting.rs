//! The waiting list over time: the next in line, late answers, the quiet hours, and ends by other ways. The clock is the test's own.

use super::kit::{Clinic, ROOM};
use crate::crypto::ids::SystemIds;
use crate::domain::booking::act::Who;
use crate::domain::booking::waiting::WaitState;
use crate::domain::booking::{Act, Actor};
use crate::domain::content::Content;
use crate::domain::ids::{AppointmentId, ContactId};
use crate::domain::inbox::Tenant;
use crate::domain::suspension::{Feature, Stopped};
use crate::domain::time::Timestamp;
use crate::ports::bookings::Bookings;
use crate::ports::clock::Clock;
use crate::ports::ids::IdSource;
use crate::ports::waitlist::WaitFilter;
use anyhow::{Context, Result};
use std::time::Duration;

const OTHER: &str = "stranger";
/// Saturday at eleven in Mexico City.
const ELEVEN: &str = "2027-03-06T17:00:00Z";
const FREED: &str = "Se liberó un lugar";

/// A clinic whose Saturday is full.
async fn full(now: &str) -> Result<Clinic> {
    let clinic = Clinic::open(now, "America/Mexico_City", Some("Ana López".to_owned()), None).await?;
    clinic.fill("2027-03-06", "2027-03-06").await?;
    Ok(clinic)
}

async fn waits(clinic: &Clinic, room: &str) -> Result<()> {
    clinic.says(room, Content::text("una limpieza el sábado a las 11")).await?;
    let told = clinic.says(room, Content::text("avíseme")).await?;
    assert!(told.contains("lista de espera"), "{told}");
    clinic.rig.pass(Duration::from_secs(2), Duration::from_millis(500)).await;
    Ok(())
}

async fn pass(clinic: &Clinic, minutes: u64) -> Result<()> {
    clinic.rig.pass(Duration::from_secs(60 * minutes), Duration::from_secs(30)).await;
    clinic.rig.settle().await
}

fn last(clinic: &Clinic, room: &str) -> String {
    clinic.rig.received(room).last().cloned().unwrap_or_default()
}

async fn states(clinic: &Clinic) -> Result<Vec<WaitState>> {
    let all = clinic.rig.store.tenant(clinic.rig.tenant).waiting_entries(&WaitFilter { limit: 50, ..WaitFilter::default() }).await?;
    Ok(all.iter().map(|entry| entry.state).collect())
}

#[actix::test]
async fn silence_gives_the_time_to_the_next_in_line_and_a_late_yes_finds_it_gone() -> Result<()> {
    let clinic = full("2027-03-03T20:30:00Z").await?;
    waits(&clinic, ROOM).await?;
    waits(&clinic, OTHER).await?;
    let told = clinic.frees(ELEVEN).await?;
    assert!(told.contains(FREED), "{told}");
    assert!(!last(&clinic, OTHER).contains(FREED), "one time is offered to one");
    assert_eq!(states(&clinic).await?, [WaitState::Offered, WaitState::Waiting]);
    pass(&clinic, 18).await?;
    assert!(last(&clinic, OTHER).contains(FREED), "{}", last(&clinic, OTHER));
    assert_eq!(states(&clinic).await?, [WaitState::Expired, WaitState::Offered]);
    let late = clinic.says(ROOM, Content::text("sí")).await?;
    assert!(late.contains("ya venció y se ocupó"), "{late}");
    let second = clinic.says(OTHER, Content::text("sí")).await?;
    assert!(second.contains("quedó confirmada"), "{second}");
    assert_eq!(states(&clinic).await?, [WaitState::Expired, WaitState::Booked]);
    Ok(())
}

#[actix::test]
async fn a_late_yes_takes_a_time_that_nobody_else_wanted() -> Result<()> {
    let clinic = full("2027-03-03T20:30:00Z").await?;
    waits(&clinic, ROOM).await?;
    clinic.frees(ELEVEN).await?;
    pass(&clinic, 16).await?;
    assert_eq!(states(&clinic).await?, [WaitState::Expired]);
    let late = clinic.says(ROOM, Content::text("sí")).await?;
    assert!(late.contains("quedó confirmada"), "{late}");
    assert_eq!(states(&clinic).await?, [WaitState::Booked]);
    assert_eq!(clinic.appointments().await?, ["confirmed 2027-03-06T17:00:00Z"]);
    Ok(())
}

#[actix::test]
async fn a_no_gives_the_time_to_the_next_in_line() -> Result<()> {
    let clinic = full("2027-03-03T20:30:00Z").await?;
    waits(&clinic, ROOM).await?;
    waits(&clinic, OTHER).await?;
    clinic.frees(ELEVEN).await?;
    let told = clinic.says(ROOM, Content::text("no, gracias")).await?;
    assert!(told.contains("no la aparto"), "{told}");
    assert_eq!(states(&clinic).await?[0], WaitState::Declined, "at once");
    pass(&clinic, 2).await?;
    assert!(last(&clinic, OTHER).contains(FREED), "{}", last(&clinic, OTHER));
    assert_eq!(states(&clinic).await?, [WaitState::Declined, WaitState::Offered]);
    Ok(())
}

#[actix::test]
async fn who_takes_another_time_instead_gives_the_offer_to_the_next_in_line() -> Result<()> {
    let clinic = full("2027-03-03T20:30:00Z").await?;
    waits(&clinic, ROOM).await?;
    waits(&clinic, OTHER).await?;
    clinic.frees(ELEVEN).await?;
    clinic.says(ROOM, Content::text("mejor el lunes a las 10")).await?;
    pass(&clinic, 2).await?;
    assert!(last(&clinic, OTHER).contains(FREED), "{}", last(&clinic, OTHER));
    assert_eq!(states(&clinic).await?, [WaitState::Declined, WaitState::Offered]);
    Ok(())
}

#[actix::test]
async fn nobody_is_told_at_night_and_the_first_in_line_hears_in_the_morning() -> Result<()> {
    // 20:50 on Wednesday.
    let clinic = full("2027-03-04T02:50:00Z").await?;
    waits(&clinic, ROOM).await?;
    pass(&clinic, 15).await?;
    let told = clinic.frees(ELEVEN).await?;
    assert!(!told.contains(FREED), "quiet begins at nine: {told}");
    assert_eq!(states(&clinic).await?, [WaitState::Waiting]);
    clinic.rig.clock.jump_to(Timestamp::parse("2027-03-04T13:59:30Z").context("an instant")?);
    clinic.rig.pass(Duration::from_secs(10), Duration::from_secs(1)).await;
    clinic.rig.settle().await?;
    assert_eq!(states(&clinic).await?, [WaitState::Waiting], "a few seconds before eight");
    pass(&clinic, 2).await?;
    assert!(last(&clinic, ROOM).contains(FREED), "{}", last(&clinic, ROOM));
    Ok(())
}

#[actix::test]
async fn a_wait_ends_with_a_booking_of_another_way_and_with_its_days() -> Result<()> {
    let clinic = full("2027-03-03T20:30:00Z").await?;
    waits(&clinic, ROOM).await?;
    waits(&clinic, OTHER).await?;
    let row = clinic.rig.conversations().await?.into_iter().min_by_key(|row| row.number).context("a conversation")?;
    let all = clinic.rig.store.appointments(clinic.rig.tenant, crate::ports::bookings::Filter { limit: 99, ..Default::default() }).await?;
    let eleven = Timestamp::parse(ELEVEN).context("an instant")?;
    let there = all.iter().find(|one| one.span.start == eleven).context("somebody is there")?;
    let people = Actor::People { agent: clinic.rig.agent };
    let act = async |act| clinic.rig.store.act(clinic.rig.tenant, people, act, clinic.rig.clock.now()).await;
    act(Act::Cancel { id: there.id, version: None, reason: "owner".to_owned() }).await?;
    let who = Who { contact: Some(ContactId(row.contact_id)), name: Some("Ana".to_owned()), ..Who::default() };
    let id = AppointmentId(SystemIds::new().uuid());
    act(Act::Book { id, service: clinic.cleaning, start: eleven, resource: None, who, request_key: None }).await?;
    assert_eq!(states(&clinic).await?, [WaitState::Booked, WaitState::Waiting]);
    clinic.rig.clock.jump_to(Timestamp::parse("2027-03-07T18:00:00Z").context("an instant")?);
    pass(&clinic, 1).await?;
    assert_eq!(states(&clinic).await?, [WaitState::Booked, WaitState::Expired]);
    Ok(())
}

#[actix::test]
async fn nothing_is_offered_that_could_not_be_told_or_taken() -> Result<()> {
    for feature in [Feature::Booking, Feature::Outgoing] {
        let clinic = full("2027-03-03T20:30:00Z").await?;
        waits(&clinic, ROOM).await?;
        let stop = |stopped: Stopped| {
            clinic.rig.directory.change(clinic.rig.inbox, |inbox| {
                inbox.tenant = std::sync::Arc::new(Tenant { stopped: stopped.clone(), ..(*inbox.tenant).clone() });
            });
        };
        stop(Stopped::default().with(feature, "unpaid"));
        let told = clinic.frees(ELEVEN).await?;
        assert!(!told.contains(FREED), "{told}");
        assert_eq!(states(&clinic).await?, [WaitState::Waiting], "{feature:?}");
        stop(Stopped::default());
        pass(&clinic, 17).await?;
        assert!(last(&clinic, ROOM).contains(FREED), "{feature:?} {}", last(&clinic, ROOM));
        assert_eq!(states(&clinic).await?, [WaitState::Offered]);
    }
    Ok(())
}
