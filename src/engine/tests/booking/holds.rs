//! A hold whose customer goes on writing.

use super::kit::{Clinic, ROOM};
use crate::crypto::ids::SystemIds;
use crate::domain::booking::act::Who;
use crate::domain::booking::{Act, Actor, Status};
use crate::domain::content::Content;
use crate::domain::ids::AppointmentId;
use crate::domain::time::Timestamp;
use crate::ports::bookings::Bookings;
use crate::ports::clock::Clock;
use crate::ports::ids::IdSource;
use anyhow::{Context, Result};
use std::time::Duration;

const TEN: Duration = Duration::from_mins(10);

async fn held() -> Result<Clinic> {
    let clinic = Clinic::open("2027-03-03T20:30:00Z", "America/Mexico_City", Some("Ana López".to_owned()), None).await?;
    clinic.says(ROOM, Content::text("limpieza mañana a las 5")).await?;
    let hold = clinic.newest().await?;
    assert_eq!((hold.status, hold.renewed, hold.hold_expires_at), (Status::Held, 0, Some(hold.created_at.after(TEN))));
    Ok(clinic)
}

#[actix::test]
async fn a_hold_is_renewed_once_when_its_customer_writes_and_never_again() -> Result<()> {
    let clinic = held().await?;
    let first = clinic.newest().await?;
    clinic.rig.advance(Duration::from_mins(9));
    clinic.says(ROOM, Content::text("¿cuánto cuesta?")).await?;
    let renewed = clinic.newest().await?;
    assert_eq!((renewed.id, renewed.status, renewed.renewed, renewed.version), (first.id, Status::Held, 1, first.version + 1));
    assert_eq!(renewed.hold_expires_at, Some(renewed.updated_at.after(TEN)));
    assert!(renewed.updated_at >= first.created_at.after(Duration::from_mins(9)));
    clinic.rig.advance(Duration::from_mins(5));
    clinic.says(ROOM, Content::text("¿y dónde están?")).await?;
    assert_eq!(clinic.newest().await?, renewed);
    Ok(())
}

#[actix::test]
async fn a_hold_that_has_run_out_is_not_revived_by_its_customers_words() -> Result<()> {
    let clinic = held().await?;
    let first = clinic.newest().await?;
    clinic.rig.advance(TEN);
    clinic.says(ROOM, Content::text("¿cuánto cuesta?")).await?;
    let after = clinic.newest().await?;
    assert_eq!((after.id, after.renewed, after.hold_expires_at), (first.id, 0, first.hold_expires_at));
    clinic.taken("2027-03-04T23:00:00Z").await
}

/// A reminder is the newest question: a yes to it is none to what happens to be held.
#[actix::test]
async fn a_yes_to_a_reminder_confirms_no_hold_and_moves_nothing() -> Result<()> {
    let at = |text: &str| Timestamp::parse(text).context("an instant");
    let clinic = held().await?;
    assert!(clinic.says(ROOM, Content::text("sí")).await?.contains("quedó confirmada"));
    let row = clinic.newest().await?;
    clinic.rig.clock.jump_to(at("2027-03-03T22:58:00Z")?);
    let actor = Actor::Contact { contact: row.contact.context("a contact")?, conversation: row.conversation.context("a conversation")? };
    let (id, start) = (AppointmentId(SystemIds::new().uuid()), at("2027-03-05T16:00:00Z")?);
    let hold = Act::Hold { id, service: row.service, start, resource: None, moves: Some(row.id), who: Who::default(), request_key: None };
    clinic.rig.store.act(clinic.rig.tenant, actor, hold, clinic.rig.clock.now()).await?;
    clinic.rig.pass(Duration::from_mins(3), Duration::from_secs(2)).await;
    clinic.rig.settle().await?;
    let reminded = clinic.rig.received(ROOM).last().cloned().unwrap_or_default();
    assert!(reminded.contains("le recuerdo su cita"), "{reminded}");
    clinic.says(ROOM, Content::text("Confirmo")).await?;
    assert_eq!(clinic.appointments().await?, ["confirmed 2027-03-04T23:00:00Z"]);
    Ok(())
}
