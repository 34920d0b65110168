//! The agenda as people change it: seen at once here, within a second elsewhere, and inside a transaction always.

use super::rig::{EARLY, NINE, Office, at, changed, definition, hold, offer, service, why};
use crate::store::rig::open;
use anyhow::{Context, Result};
use recado::domain::booking::{Holiday, Refusal, Rules, Service};
use recado::domain::ids::{ResourceId, ServiceId};
use recado::ports::bookings::Bookings;
use recado::store::admin::AdminError;
use recado::store::admin::bookings::{Offer, Removed};
use uuid::Uuid;

#[tokio::test]
async fn a_change_of_the_agenda_counts_at_once() -> Result<()> {
    for office in Office::both().await? {
        assert_eq!(office.store().agenda(office.tenant).await?, None, "nothing is offered");
        let made = office.simple(1).await?;
        assert_eq!(office.starts(made.id, EARLY, "2027-03-16T00:00:00Z", EARLY).await?.len(), 18);
        let longer = Service { duration: 60, ..made.clone() };
        office.admin.replace_service(office.tenant, offer(longer)).await?;
        assert_eq!(office.starts(made.id, EARLY, "2027-03-16T00:00:00Z", EARLY).await?.len(), 9);
        let day = at(NINE).to_chrono().date_naive();
        office.admin.put_holiday(office.tenant, Holiday { date: day, name: "Natalicio".to_owned() }).await?;
        assert_eq!(office.starts(made.id, EARLY, "2027-03-16T00:00:00Z", EARLY).await?, []);
        assert_eq!(why(&office.hold(1, made.id, NINE, EARLY).await?), Some(Refusal::Closed));
        assert!(office.admin.remove_holiday(office.tenant, day).await?);
        assert!(!office.admin.remove_holiday(office.tenant, day).await?);
        office.admin.put_booking_rules(office.tenant, Rules { hold_minutes: 5, ..Rules::default() }).await?;
        let held = super::rig::done(office.hold(1, made.id, NINE, EARLY).await?)?;
        assert_eq!(held.hold_expires_at, Some(at("2027-03-15T12:05:00Z")));
    }
    Ok(())
}

/// Another process may have an agenda in memory; its transactions see the newest one all the same.
#[tokio::test]
async fn an_act_never_goes_by_an_agenda_that_is_out_of_date() -> Result<()> {
    for office in Office::both().await? {
        let made = office.simple(1).await?;
        let elsewhere = open(office.rig.database.url()).await?;
        let act = || elsewhere.act(office.tenant, super::rig::from(1), hold(made.id, at(NINE)), at(EARLY));
        assert!(changed(&act().await?));
        assert!(elsewhere.agenda(office.tenant).await?.is_some());
        office.admin.replace_service(office.tenant, Offer { active: false, ..offer(made.clone()) }).await?;
        assert_eq!(why(&act().await?), Some(Refusal::UnknownService));
    }
    Ok(())
}

#[tokio::test]
async fn what_appointments_refer_to_is_retired_and_the_rest_is_deleted() -> Result<()> {
    for office in Office::both().await? {
        let ana = office.resource("Ana", 1).await?;
        let luis = office.resource("Luis", 1).await?;
        let used = office.service(&[&[ana]]).await?.id;
        let unused = office.service(&[&[luis]]).await?.id;
        office.book(1, used, NINE, EARLY).await?;
        assert_eq!(office.admin.remove_service(office.tenant, used).await?, Removed::Retired);
        assert_eq!(office.admin.remove_service(office.tenant, unused).await?, Removed::Gone);
        assert_eq!(office.admin.remove_resource(office.tenant, ana).await?, Removed::Retired);
        assert_eq!(office.admin.remove_resource(office.tenant, luis).await?, Removed::Gone);
        let services = office.admin.list_services(office.tenant).await?;
        assert_eq!(services.iter().map(|offer| (offer.what.id, offer.active)).collect::<Vec<_>>(), [(used, false)]);
        let resources = office.admin.list_resources(office.tenant).await?;
        assert_eq!(resources.iter().map(|(id, offer)| (*id, offer.active)).collect::<Vec<_>>(), [(ana, false)]);
        assert!(matches!(office.admin.remove_service(office.tenant, unused).await, Err(AdminError::NoService(id)) if id == unused));
        assert!(matches!(office.admin.remove_resource(office.tenant, luis).await, Err(AdminError::NoResource(id)) if id == luis));
        let agenda = office.store().agenda(office.tenant).await?.context("what stands is told by it")?;
        assert!(agenda.services.is_empty() && agenda.resources.is_empty(), "nothing is offered");
        assert_eq!((agenda.any_service(used).is_some(), agenda.any_resource(ana).is_some()), (true, true));
        assert_eq!(office.rig.count("appointment WHERE status = 'confirmed'").await?, 1, "what stands is kept");
    }
    Ok(())
}

#[tokio::test]
async fn a_form_that_does_not_fit_names_its_field() -> Result<()> {
    for office in Office::both().await? {
        let ana = office.resource("Ana", 1).await?;
        let nobody = ResourceId(Uuid::from_u128(404));
        let refused = office.admin.add_service(office.tenant, offer(service(&[&[nobody]]))).await;
        assert!(matches!(refused, Err(AdminError::Invalid { field: "needs", .. })));
        let short = Service { duration: 4, ..service(&[&[ana]]) };
        assert!(matches!(office.admin.add_service(office.tenant, offer(short)).await, Err(AdminError::Invalid { field: "duration", .. })));
        let mut lost = definition("Luis", 1);
        lost.zone = Some("America/Nowhere".to_owned());
        assert!(matches!(office.admin.add_resource(office.tenant, offer(lost)).await, Err(AdminError::Invalid { field: "zone", .. })));
        let unknown = Service { id: ServiceId(Uuid::from_u128(404)), ..service(&[&[ana]]) };
        assert!(matches!(office.admin.replace_service(office.tenant, offer(unknown)).await, Err(AdminError::NoService(_))));
        assert_eq!(office.admin.list_services(office.tenant).await?, []);
        assert_eq!(office.rig.count("service").await?, 0);
    }
    Ok(())
}

#[tokio::test]
async fn what_is_set_reads_back_as_it_was_written() -> Result<()> {
    for office in Office::both().await? {
        let mut ana = definition("Ana", 4);
        ana.zone = Some("America/Tijuana".to_owned());
        let id = office.admin.add_resource(office.tenant, Offer { what: ana.clone(), position: 7, active: false }).await?;
        let stored = office.admin.list_resources(office.tenant).await?;
        assert_eq!(stored, [(id, Offer { what: ana, position: 7, active: false })]);
        let made = office.admin.add_service(office.tenant, offer(service(&[&[id]]))).await?;
        assert_eq!(office.admin.list_services(office.tenant).await?, [made]);
        assert_eq!(office.admin.booking_rules(office.tenant).await?, Rules::default());
        let rules = Rules { reminder_hours: vec![48], ..Rules::default() };
        office.admin.put_booking_rules(office.tenant, rules.clone()).await?;
        assert_eq!(office.admin.booking_rules(office.tenant).await?, rules);
        let agenda = office.store().agenda(office.tenant).await?.context("an agenda")?;
        assert_eq!((agenda.rules.clone(), agenda.resources.len(), agenda.zone), (rules, 0, chrono_tz::America::Mexico_City));
    }
    Ok(())
}
