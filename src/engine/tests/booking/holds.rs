//! A hold whose customer goes on writing.

use super::kit::{Clinic, ROOM};
use crate::domain::booking::Status;
use crate::domain::content::Content;
use anyhow::Result;
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
