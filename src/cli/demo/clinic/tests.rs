use super::*;
use crate::cli::demo::book::{self, Scribe};
use crate::domain::booking::{Appointment, Span, Status, Wanted};
use crate::domain::time::Timestamp;
use crate::ports::bookings::{Bookings, Filter};
use crate::ports::clock::Clock;
use crate::store::people::fixtures::Base;
use std::collections::HashSet;
use std::time::Duration;

const ZONE: chrono_tz::Tz = chrono_tz::America::Hermosillo;

/// Seeds as a start of the demo does at an instant; returns the book.
async fn start(base: &Base, admin: &Admin, tenant: TenantId, now: Timestamp) -> Vec<Appointment> {
    let clinic = read().unwrap();
    seed(admin, tenant, &clinic, crate::domain::when::zone::wall(ZONE, now).date()).await.unwrap();
    let agenda = Bookings::agenda(&base.store, tenant).await.unwrap().unwrap();
    let scribe = Scribe { book: &base.store, ids: base.ids.as_ref(), tenant, agenda: &agenda, now };
    book::seed(&scribe, &clinic).await.unwrap();
    Bookings::appointments(&base.store, tenant, Filter { limit: 1_000, ..Filter::default() }).await.unwrap()
}

#[test]
fn the_clinic_speaks_every_language_and_its_prices_are_those_of_the_facts() {
    let clinic = read().unwrap();
    let facts = super::super::seed::facts().unwrap();
    for service in &clinic.services {
        assert_eq!(service.name.keys().collect::<Vec<_>>(), ["en", "es", "pt"]);
        let fact = facts.prices.iter().find(|price| price.name == service.name).map(|price| price.price.clone());
        assert_eq!(service.price, fact, "{:?}", service.name);
    }
}

#[actix_web::test]
async fn every_start_of_the_demo_finds_the_same_clinic_and_a_week_around_today() {
    let base = Base::open().await;
    let admin = crate::http::testkit::desk::door(base.store.clone()).admin;
    let tenant = base.shop("demo", "generic").await.tenant;
    let now = base.clock.now();
    let first = start(&base, &admin, tenant, now).await;
    assert!(first.len() >= 15, "{}", first.len());
    assert_eq!(first, start(&base, &admin, tenant, now).await, "a second start changes nothing");
    let states: HashSet<Status> = first.iter().map(|row| row.status).collect();
    assert!(states.contains(&Status::Confirmed) && states.contains(&Status::Completed), "{states:?}");
    assert!(first.iter().all(|row| row.seats.len() == 2 && row.name.is_some()));
    assert!(
        first.iter().all(|row| (row.span.end <= now) == matches!(row.status, Status::Completed | Status::NoShow) || row.span.start <= now)
    );
    let next_day = start(&base, &admin, tenant, now.after(Duration::from_hours(24))).await;
    assert!(next_day.len() >= first.len(), "the week goes on");
    assert_eq!((admin.list_services(tenant).await.unwrap().len(), admin.list_resources(tenant).await.unwrap().len()), (5, 5));
    for offer in admin.list_services(tenant).await.unwrap() {
        let within = Span { start: now, end: now.after(Duration::from_hours(7 * 24)) };
        let wanted = Wanted { service: offer.what.id, within, resource: None, moving: None, limit: 5 };
        assert_eq!(Bookings::slots(&base.store, tenant, wanted, now).await.unwrap().len(), 5, "{:?}", offer.what.name);
    }
}

#[actix_web::test]
async fn a_clinic_that_somebody_has_changed_is_left_as_it_is() {
    let base = Base::open().await;
    let admin = crate::http::testkit::desk::door(base.store.clone()).admin;
    let tenant = base.shop("demo", "generic").await.tenant;
    start(&base, &admin, tenant, base.clock.now()).await;
    let mut mine = admin.list_services(tenant).await.unwrap().remove(0);
    mine.what.duration = 90;
    admin.replace_service(tenant, mine.clone()).await.unwrap();
    start(&base, &admin, tenant, base.clock.now()).await;
    let now = admin.list_services(tenant).await.unwrap();
    assert_eq!((now.len(), now.iter().filter(|offer| **offer == mine).count()), (5, 1));
}

#[test]
fn a_holiday_lies_ahead_on_every_day() {
    for (today, expected) in [("2026-11-22", "2026-12-25"), ("2026-12-25", "2027-01-01"), ("2026-01-01", "2026-05-01")] {
        assert_eq!(next_holiday(today.parse().unwrap()).unwrap().date.to_string(), expected);
    }
}
