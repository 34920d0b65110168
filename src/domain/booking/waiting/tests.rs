//! The waiting list by itself: what a wish takes, whose turn it is and when, what may join, and what becomes of an offer.

use super::*;
use crate::domain::booking::act::{Act, Refusal, Who};
use crate::domain::booking::tests::kit::{SERVICE, Shop, appointment_id, at, changed, contact, customer, done, hold, people, refused};
use crate::domain::booking::{Actor, Slot, Wanted, renewed, slots};
use chrono::NaiveDate;
use chrono_tz::America::{Mexico_City, Tijuana};
use uuid::Uuid;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn wish(first: &str, last: &str) -> WaitWish {
    WaitWish::days(date(first), date(last))
}

fn entry(nth: u128, wish: WaitWish, created: &str) -> Entry {
    Entry {
        id: WaitlistId(Uuid::from_u128(0x7000 + nth)),
        state: WaitState::Waiting,
        service: SERVICE,
        resources: Vec::new(),
        wish,
        moves: None,
        contact: contact(nth),
        conversation: ConversationId(Uuid::from_u128(0x3000 + nth)),
        name: Some("Eva".into()),
        language: Language::Es,
        appointment: None,
        created_at: at(created),
        updated_at: at(created),
    }
}

fn place(entry: Entry) -> Place {
    Place { entry, look_no: 1, aside: false, failed: None }
}

fn free(shop: &Shop, line: &[Place]) -> Vec<Slot> {
    let wanted: Wanted = wanted(&shop.agenda, line, SERVICE, shop.now).unwrap();
    slots(&shop.book(), &wanted)
}

fn offer_to(entry: &Entry, id: u128, start: &str) -> Act {
    let who = Who {
        contact: Some(entry.contact),
        conversation: Some(entry.conversation),
        name: entry.name.clone(),
        language: entry.language,
        ..Who::default()
    };
    Act::Offer {
        id: appointment_id(id),
        entry: entry.id,
        service: entry.service,
        start: at(start),
        resource: None,
        moves: entry.moves,
        who,
    }
}

#[test]
fn a_wish_is_local_days_and_hours_and_half_open() {
    let morning = WaitWish { from: 540, to: 720, ..wish("2027-03-15", "2027-03-16") };
    for (start, fits) in [
        ("2027-03-15T14:59:00Z", false),
        ("2027-03-15T15:00:00Z", true),
        ("2027-03-15T17:59:59Z", true),
        ("2027-03-15T18:00:00Z", false),
        ("2027-03-16T15:00:00Z", true),
        ("2027-03-17T15:00:00Z", false),
        ("2027-03-14T15:00:00Z", false),
    ] {
        assert_eq!(morning.fits(Mexico_City, at(start)), fits, "{start}");
    }
    let sooner = WaitWish { before: Some(at("2027-03-15T16:00:00Z")), ..wish("2027-03-15", "2027-03-15") };
    assert!(sooner.fits(Mexico_City, at("2027-03-15T15:30:00Z")) && !sooner.fits(Mexico_City, at("2027-03-15T16:00:00Z")));
    assert_eq!(sooner.ends(Mexico_City), at("2027-03-15T16:00:00Z"));
    assert_eq!(morning.ends(Mexico_City), at("2027-03-16T18:00:00Z"));
}

#[test]
fn on_the_day_the_clocks_change_a_wish_is_still_that_day() {
    let spring = wish("2027-03-14", "2027-03-14");
    let span = spring.span(Tijuana);
    assert_eq!((span.start, span.end), (at("2027-03-14T08:00:00Z"), at("2027-03-15T07:00:00Z")), "23 hours");
    // Nine in the morning is an hour earlier than the day before.
    let nine = WaitWish { from: 540, to: 541, ..spring };
    assert!(nine.fits(Tijuana, at("2027-03-14T16:00:00Z")) && !nine.fits(Tijuana, at("2027-03-14T17:00:00Z")));
    let autumn = wish("2027-11-07", "2027-11-07").span(Tijuana);
    assert_eq!((autumn.start, autumn.end), (at("2027-11-07T07:00:00Z"), at("2027-11-08T08:00:00Z")), "25 hours");
}

#[test]
fn the_first_in_line_whom_a_time_fits_is_offered_the_earliest() {
    let shop = Shop::m();
    let mut line = vec![
        place(entry(1, wish("2027-03-20", "2027-03-20"), "2027-03-01T10:00:00Z")),
        place(entry(2, wish("2027-03-15", "2027-03-16"), "2027-03-01T11:00:00Z")),
        place(entry(3, wish("2027-03-15", "2027-03-16"), "2027-03-01T12:00:00Z")),
    ];
    let all = free(&shop, &line);
    let monday: Vec<Slot> = all.iter().filter(|slot| slot.span.start < at("2027-03-16T00:00:00Z")).cloned().collect();
    let now = at("2027-03-13T17:00:00Z");
    let next = |line: &[Place], skip: &[WaitlistId]| next_offer(&shop.agenda, line, &monday, skip, now).map(|it| (it.entry.id, it.start));
    assert_eq!(next(&line, &[]), Some((line[1].entry.id, monday[0].span.start)), "the first waits for another day");
    assert_eq!(next(&line, &[line[1].entry.id]).map(|it| it.0), Some(line[2].entry.id), "who was refused is passed over");
    line[1].aside = true;
    assert_eq!(next(&line, &[]).map(|it| it.0), Some(line[2].entry.id), "who has a hold to decide about is asked one thing at a time");
    line[1].aside = false;
    line[1].failed = Some(monday[0].span.start);
    assert_eq!(next(&line, &[]), Some((line[1].entry.id, monday[1].span.start)), "what came to nothing is not offered again");
    assert_eq!(next_offer(&shop.agenda, &line, &[], &[], now), None);
}

#[test]
fn nobody_is_offered_anything_in_the_quiet_hours() {
    let shop = Shop::m();
    let one = entry(1, wish("2027-03-15", "2027-03-16"), "2027-03-01T10:00:00Z");
    let line = vec![place(one.clone())];
    let free = free(&shop, &line);
    // Quiet from 21:00 to 08:00 in Mexico City, which is 03:00Z to 14:00Z.
    for (now, may) in
        [("2027-03-14T02:59:59Z", true), ("2027-03-14T03:00:00Z", false), ("2027-03-14T13:59:59Z", false), ("2027-03-14T14:00:00Z", true)]
    {
        assert_eq!(next_offer(&shop.agenda, &line, &free, &[], at(now)).is_some(), may, "{now}");
    }
    assert_eq!(next_look(&shop.agenda, &one, at("2027-03-14T03:00:00Z")), Some(at("2027-03-14T14:00:00Z")), "in the morning");
    assert_eq!(next_look(&shop.agenda, &one, at("2027-03-14T15:00:00Z")), Some(at("2027-03-14T15:15:00Z")));
    assert_eq!(next_look(&shop.agenda, &one, at("2027-03-17T05:55:00Z")), Some(at("2027-03-17T06:00:00Z")), "not beyond the last day");
    assert_eq!(next_look(&shop.agenda, &one, at("2027-03-17T06:00:00Z")), None, "its days have passed");
}

#[test]
fn a_person_who_was_asked_for_must_be_free() {
    let shop = Shop::m();
    let mut one = entry(1, wish("2027-03-15", "2027-03-15"), "2027-03-01T10:00:00Z");
    let line = [place(one.clone())];
    let (free, now) = (free(&shop, &line), at("2027-03-13T17:00:00Z"));
    let resource = free[0].free[0][0];
    one.resources = vec![resource];
    assert_eq!(next_offer(&shop.agenda, &[place(one.clone())], &free, &[], now).unwrap().resource, Some(resource));
    one.resources = vec![ResourceId(Uuid::from_u128(0xdead))];
    assert_eq!(next_offer(&shop.agenda, &[place(one)], &free, &[], now), None);
}

#[test]
fn what_cannot_be_waited_for_is_refused_by_name() {
    let shop = Shop::m();
    let now = at("2027-03-13T17:00:00Z");
    let nobody = Live { own: &[], all: 0 };
    let asked = |wish| entry(1, wish, "2027-03-13T17:00:00Z");
    let why = |entry| join(&shop.agenda, nobody, entry, now).unwrap_err();
    let fine = wish("2027-03-15", "2027-03-16");
    assert!(join(&shop.agenda, nobody, asked(fine), now).is_ok());
    assert_eq!(why(asked(wish("2027-03-16", "2027-03-15"))), Refusal::Closed);
    assert_eq!(why(asked(wish("2027-03-01", "2027-03-12"))), Refusal::Past);
    assert_eq!(why(asked(wish("2028-03-01", "2028-03-02"))), Refusal::TooFar);
    assert_eq!(why(asked(wish("2027-03-15", "2027-06-15"))), Refusal::Closed, "at most 62 days");
    assert_eq!(why(asked(WaitWish { from: 700, to: 700, ..fine })), Refusal::Closed);
    assert_eq!(why(Entry { service: ServiceId(Uuid::nil()), ..asked(fine) }), Refusal::UnknownService);
    assert_eq!(why(Entry { resources: vec![ResourceId(Uuid::nil())], ..asked(fine) }), Refusal::UnknownResource);
    let others: Vec<Entry> = (10..15).map(|nth| Entry { service: ServiceId(Uuid::from_u128(nth)), ..asked(fine) }).collect();
    let live = |own, all| join(&shop.agenda, Live { own, all }, asked(fine), now);
    assert_eq!(live(&others, 5), Err(Refusal::TooMany));
    assert_eq!(live(&[], 500), Err(Refusal::LimitReached));
}

#[test]
fn a_second_wish_for_a_service_keeps_the_place_in_the_line() {
    let shop = Shop::m();
    let now = at("2027-03-13T17:00:00Z");
    let there = entry(1, wish("2027-03-15", "2027-03-16"), "2027-03-01T10:00:00Z");
    let again = Entry { id: WaitlistId(Uuid::from_u128(5)), ..entry(1, wish("2027-03-17", "2027-03-18"), "2027-03-13T17:00:00Z") };
    let own = [there.clone()];
    let (kept, is_new) = join(&shop.agenda, Live { own: &own, all: 1 }, again.clone(), now).unwrap();
    assert_eq!((kept.id, kept.created_at, kept.wish, is_new), (there.id, there.created_at, again.wish, true));
    let same = join(&shop.agenda, Live { own: &own, all: 1 }, Entry { wish: there.wish, ..again.clone() }, now).unwrap();
    assert_eq!(same, (there.clone(), false));
    let offered = [Entry { state: WaitState::Offered, ..there }];
    assert_eq!(join(&shop.agenda, Live { own: &offered, all: 1 }, again, now).unwrap(), (offered[0].clone(), false));
}

#[test]
fn an_offer_is_a_hold_with_the_time_that_the_rules_give_it() {
    let mut shop = Shop::m();
    let one = entry(1, wish("2027-03-15", "2027-03-15"), "2027-03-01T10:00:00Z");
    let made = done(shop.act(Actor::System, &offer_to(&one, 1, "2027-03-15T15:00:00Z")));
    assert_eq!((made.status, made.hold_expires_at), (Status::Held, Some(shop.now.after(std::time::Duration::from_mins(15)))));
    assert_eq!(offered_to(&made), Some(one.id));
    assert_eq!(made.told, None, "nobody has asked for it: it is told by its news");
    // It keeps the time that it was offered with, whatever its customer writes.
    assert_eq!(renewed(&made, &shop.agenda.rules, shop.now.after(std::time::Duration::from_mins(14))), None);
    // Nobody else has it, and the same once more is nothing new.
    assert_eq!(refused(shop.act(customer(2), &hold(appointment_id(2), "2027-03-15T15:00:00Z"))).0, Refusal::Taken);
    assert!(!changed(&shop.act(Actor::System, &offer_to(&one, 1, "2027-03-15T15:00:00Z"))));
    assert_eq!(
        refused(shop.act(Actor::System, &offer_to(&one, 3, "2027-03-15T15:00:00Z"))).0,
        Refusal::WrongState,
        "one question at a time"
    );
    assert_eq!(done(shop.act(customer(1), &Act::Confirm { id: made.id, name: None })).status, Status::Confirmed);
}

#[test]
fn only_the_list_offers_and_never_over_a_decision() {
    let mut shop = Shop::m();
    let one = entry(1, wish("2027-03-15", "2027-03-15"), "2027-03-01T10:00:00Z");
    for actor in [customer(1), people()] {
        assert_eq!(refused(shop.act(actor, &offer_to(&one, 1, "2027-03-15T15:00:00Z"))).0, Refusal::WrongState);
    }
    done(shop.act(customer(1), &hold(appointment_id(2), "2027-03-15T16:00:00Z")));
    assert_eq!(refused(shop.act(Actor::System, &offer_to(&one, 3, "2027-03-15T15:00:00Z"))).0, Refusal::WrongState);
}

#[test]
fn what_becomes_of_the_hold_becomes_of_the_entry() {
    use WaitState::{Booked, Declined, Expired, Offered, Waiting};
    let table = [
        (Offered, Status::Confirmed, false, Some(Booked)),
        (Offered, Status::Confirming, false, None),
        (Offered, Status::PendingOwner, false, None),
        (Offered, Status::Failed, false, Some(Waiting)),
        (Offered, Status::Cancelled, false, Some(Waiting)),
        (Expired, Status::Confirming, false, Some(Offered)),
        (Expired, Status::PendingOwner, false, Some(Offered)),
        (Offered, Status::Released, false, Some(Declined)),
        (Offered, Status::Released, true, Some(Booked)),
        (Offered, Status::Expired, false, Some(Expired)),
        (Offered, Status::Held, false, None),
        (Expired, Status::Confirmed, false, Some(Booked)),
        (Expired, Status::Released, true, Some(Booked)),
        (Expired, Status::Released, false, None),
        (Declined, Status::Confirmed, false, None),
        (Waiting, Status::Expired, false, None),
        (Booked, Status::Cancelled, false, None),
    ];
    for (state, hold, moved, next) in table {
        assert_eq!(state.after_offer(hold, moved), next, "{state:?} {hold:?} {moved}");
    }
    for state in WaitState::ALL {
        assert_eq!(WaitState::parse(state.as_str()), Some(state));
    }
    assert_eq!(WaitState::parse("queued"), None);
}

#[test]
fn only_what_is_confirmed_ends_a_wait() {
    let mut shop = Shop::m();
    let row = done(shop.act(customer(1), &hold(appointment_id(1), "2027-03-15T15:00:00Z")));
    let as_status = |status| Appointment { status, ..row.clone() };
    for status in [Status::Held, Status::Confirming, Status::PendingOwner, Status::Failed] {
        assert!(!is_new_booking(Some(&row), &as_status(status)), "{status:?} may come to nothing");
    }
    let confirmed = as_status(Status::Confirmed);
    assert!(is_new_booking(None, &confirmed) && is_new_booking(Some(&as_status(Status::PendingOwner)), &confirmed));
    assert!(!is_new_booking(Some(&confirmed), &confirmed));
}
