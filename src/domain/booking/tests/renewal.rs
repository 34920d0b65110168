//! Renewing a hold, to the second.

use super::kit::*;
use crate::domain::booking::*;

/// M's half hour at nine, held at noon UTC: until 12:10.
fn held() -> (Shop, Appointment) {
    let mut shop = Shop { now: at("2027-03-15T12:00:00Z"), ..Shop::m() };
    let row = done(shop.hold(1, "2027-03-15T15:00:00Z"));
    assert_eq!(row.hold_expires_at, Some(at("2027-03-15T12:10:00Z")));
    (shop, Appointment { conversation: Some(uuid::Uuid::from_u128(9).into()), ..row })
}

#[test]
fn a_live_hold_has_its_time_once_more_when_its_customer_writes() {
    let (shop, row) = held();
    let after = renewed(&row, &shop.agenda.rules, at("2027-03-15T12:09:59Z")).unwrap();
    assert_eq!(after.hold_expires_at, Some(at("2027-03-15T12:19:59Z")));
    assert_eq!((after.renewed, after.version, after.status), (1, row.version + 1, Status::Held));
    assert_eq!(after.span, row.span);
}

#[test]
fn no_hold_is_renewed_twice() {
    let (shop, row) = held();
    let after = renewed(&row, &shop.agenda.rules, at("2027-03-15T12:05:00Z")).unwrap();
    assert_eq!(renewed(&after, &shop.agenda.rules, at("2027-03-15T12:14:00Z")), None);
}

#[test]
fn a_hold_that_has_run_out_is_not_revived() {
    let (shop, row) = held();
    assert_eq!(renewed(&row, &shop.agenda.rules, at("2027-03-15T12:10:00Z")), None);
    let expired = Appointment { status: Status::Expired, ..row };
    assert_eq!(renewed(&expired, &shop.agenda.rules, at("2027-03-15T12:05:00Z")), None);
}

#[test]
fn what_stands_and_what_was_only_offered_is_left_alone() {
    let (shop, row) = held();
    let confirmed = Appointment { status: Status::Confirmed, hold_expires_at: None, ..row.clone() };
    let offered = Appointment { told: None, ..row };
    for other in [confirmed, offered] {
        assert_eq!(renewed(&other, &shop.agenda.rules, at("2027-03-15T12:05:00Z")), None);
    }
}
