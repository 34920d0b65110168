//! Holds, races, confirmation.

use super::kit::*;
use crate::domain::booking::act::{Act, JobKind, Outcome, Refusal, Who};
use crate::domain::booking::*;

const NINE: &str = "2027-03-15T15:00:00Z";

/// M at noon UTC on the day itself, three hours before nine.
fn noon() -> Shop {
    Shop { now: at("2027-03-15T12:00:00Z"), ..Shop::m() }
}

/// M whose only resource has an outside calendar that is free.
fn outside() -> Shop {
    let mut shop = noon();
    shop.one().outside_calendar = true;
    shop.busy = vec![Busy { resource: ONE, spans: Some(Vec::new()) }];
    shop
}

#[test]
fn sched_a57_a_hold_ends_to_the_second_and_a_late_yes_gets_alternatives() {
    let mut shop = noon();
    let first = done(shop.hold(1, NINE));
    assert_eq!((first.status, first.hold_expires_at), (Status::Held, Some(at("2027-03-15T12:10:00Z"))));
    assert_eq!(first.local_start, "2027-03-15T09:00");
    shop.now = at("2027-03-15T12:09:59Z");
    let (why, alternatives) = refused(shop.hold(2, NINE));
    assert_eq!((why, alternatives[0].span.start), (Refusal::Taken, at("2027-03-15T15:30:00Z")));
    shop.now = at("2027-03-15T12:10:00Z");
    let second = done(shop.hold(2, NINE));
    assert_eq!(shop.row(first.id).status, Status::Expired);
    let (why, alternatives) = refused(shop.confirm(1, first.id));
    assert_eq!((why, alternatives.len()), (Refusal::HoldGone, 3));
    assert_eq!(done(shop.confirm(2, second.id)).status, Status::Confirmed);
}

#[test]
fn sched_a58_a_late_yes_takes_a_free_slot_again() {
    for swept in [false, true] {
        let mut shop = noon();
        let id = done(shop.hold(1, NINE)).id;
        shop.now = at("2027-03-15T12:10:30Z");
        if swept {
            done(shop.act(Actor::System, &Act::Set { id, status: Status::Expired, reason: None }));
        }
        let row = done(shop.confirm(1, id));
        assert_eq!((row.status, row.span.start, row.hold_expires_at), (Status::Confirmed, at(NINE), None));
        assert_eq!(refused(shop.hold(2, NINE)).0, Refusal::Taken);
    }
}

#[test]
fn sched_a59_of_fifty_holds_one_succeeds() {
    let mut shop = noon();
    let outcomes: Vec<Outcome> = (1..=50).map(|who| shop.hold(who, NINE)).collect();
    assert!(changed(&outcomes[0]));
    assert!(outcomes.into_iter().skip(1).all(|outcome| refused(outcome).0 == Refusal::Taken));
}

#[test]
fn sched_a60_overlaps_are_refused_and_neighbours_are_not() {
    let mut shop = noon();
    shop.service().step = Some(15);
    shop.booked(1, NINE);
    assert_eq!(refused(shop.hold(2, "2027-03-15T15:15:00Z")).0, Refusal::Taken);
    assert!(changed(&shop.hold(2, "2027-03-15T15:30:00Z")));
}

#[test]
fn sched_a61_a_customer_on_two_channels_has_one_hold() {
    let mut shop = noon();
    let first = done(shop.hold(1, NINE));
    let web = Actor::Contact { contact: contact(1), conversation: crate::domain::ids::ConversationId(uuid::Uuid::from_u128(77)) };
    let id = shop.next_id();
    let decision = shop.decide(web, &hold(id, "2027-03-15T16:00:00Z"));
    shop.apply(&decision);
    assert_eq!(decision.freed, [Freed { service: SERVICE, span: first.span, resources: vec![ONE] }]);
    let live: Vec<_> = shop.rows.iter().filter(|row| row.protects_at(shop.now)).map(|row| row.id).collect();
    assert_eq!((live, shop.row(first.id).status), (vec![id], Status::Released));
    assert_eq!(refused(shop.confirm(1, first.id)).0, Refusal::HoldGone);
    // Also one that is weeks away, and held in another conversation.
    let far = done(shop.hold(1, "2027-05-10T15:00:00Z")).id;
    let id = shop.next_id();
    done(shop.act(web, &hold(id, "2027-03-15T17:00:00Z")));
    assert_eq!(shop.row(far).status, Status::Released);
    // Their own hold does not stand in the way of another time that overlaps it.
    shop.service().step = Some(15);
    assert!(changed(&shop.hold(1, "2027-03-15T17:15:00Z")));
}

#[test]
fn sched_a62_the_same_request_twice_is_one() {
    let mut shop = noon();
    let request = |id, start: &str| Act::Hold {
        id,
        service: SERVICE,
        start: at(start),
        resource: None,
        moves: None,
        who: Who::default(),
        request_key: Some("wamid.1".into()),
    };
    let (one, two) = (shop.next_id(), shop.next_id());
    let first = done(shop.act(customer(1), &request(one, NINE)));
    let again = shop.act(customer(1), &request(two, NINE));
    assert_eq!((changed(&again), done(again)), (false, first.clone()));
    assert_eq!(refused(shop.act(customer(1), &request(two, "2027-03-15T16:00:00Z"))).0, Refusal::KeyReused);
    let stranger = shop.act(customer(2), &request(two, NINE));
    assert!(matches!(stranger, Outcome::Refused { why: Refusal::KeyReused, appointment: None, .. }), "{stranger:?}");
    let confirmed = done(shop.confirm(1, one));
    let repeated = shop.confirm(1, one);
    assert_eq!((changed(&repeated), done(repeated)), (false, confirmed.clone()));
    // The hold's own request, repeated after the yes, finds the appointment.
    assert_eq!(done(shop.act(customer(1), &request(two, NINE))), confirmed);
    assert_eq!(shop.rows.len(), 1);
}

#[test]
fn a_customer_makes_so_many_holds_a_day() {
    let mut shop = noon();
    shop.agenda.rules.holds_per_day = 3;
    for start in [NINE, "2027-03-15T16:00:00Z", "2027-03-15T17:00:00Z"] {
        assert!(changed(&shop.hold(1, start)));
    }
    assert_eq!(refused(shop.hold(1, "2027-03-15T18:00:00Z")).0, Refusal::TooMany);
    assert!(changed(&shop.hold(2, "2027-03-15T18:00:00Z")));
    shop.now = at("2027-03-16T12:00:00Z");
    assert!(changed(&shop.hold(1, "2027-03-16T18:00:00Z")));
}

#[test]
fn sched_a63_an_outside_event_before_the_event_is_made_fails_it() {
    let mut shop = outside();
    let row = shop.booked(1, NINE);
    assert_eq!((row.status, row.generation, shop.jobs.len()), (Status::Confirming, 1, 1));
    assert_eq!(shop.jobs[0], Job { kind: JobKind::Create, appointment: row.id, version: row.version, generation: 1 });
    let decision = shop.decide(Actor::System, &Act::Refused { id: row.id, generation: 1, reason: "external_busy".into() });
    shop.apply(&decision);
    let failed = done(decision.outcome);
    assert_eq!((failed.status, failed.reason.as_deref()), (Status::Failed, Some("external_busy")));
    assert_eq!((decision.freed.len(), decision.jobs[0].kind), (1, JobKind::Delete));
    shop.busy[0].spans = Some(vec![row.span]);
    assert!(!shop.starts("2027-03-15").contains(&at(NINE)));
    assert_eq!(nearest(&shop.book(), &Ask::of(SERVICE), row.span.start, 3).len(), 3);
}

#[test]
fn sched_a64_an_answer_that_comes_twice_or_late_changes_nothing_more() {
    let mut shop = outside();
    let row = shop.booked(1, NINE);
    let settled = Act::Settled { id: row.id, generation: 1 };
    assert_eq!(done(shop.act(Actor::System, &settled)).status, Status::Confirmed);
    assert!(!changed(&shop.act(Actor::System, &settled)));
    assert_eq!(shop.jobs.len(), 1);
    // A job that is repeated after a crash finds the row confirmed, and its own event.
    assert_eq!(job_now(&shop.jobs[0], Some(shop.row(row.id))), JobKind::Create);
}

#[test]
fn sched_a65_a_calendar_that_refuses_for_good_gives_the_slot_back() {
    let mut shop = outside();
    let row = shop.booked(1, NINE);
    assert!(!shop.starts("2027-03-15").contains(&at(NINE)));
    done(shop.act(Actor::System, &Act::Refused { id: row.id, generation: 1, reason: "calendar_refused".into() }));
    assert_eq!(shop.row(row.id).status, Status::Failed);
    assert!(shop.starts("2027-03-15").contains(&at(NINE)));
    assert!(changed(&shop.hold(2, NINE)));
    // Too late: the event that was made all the same must go.
    let decision = shop.decide(Actor::System, &Act::Settled { id: row.id, generation: 1 });
    assert_eq!(decision.jobs, [Job { kind: JobKind::Delete, appointment: row.id, version: 4 - 1, generation: 1 }]);
}

#[test]
fn sched_a53_what_a_calendar_does_not_say_an_owner_decides() {
    let mut shop = outside();
    let row = shop.booked(1, NINE);
    let unknown = Act::Refused { id: row.id, generation: 1, reason: "calendar_unknown".into() };
    assert_eq!(done(shop.act(Actor::System, &unknown)).status, Status::PendingOwner);
    assert!(!changed(&shop.act(Actor::System, &unknown)));
    assert_eq!(refused(shop.hold(2, NINE)).0, Refusal::Taken);
    let mut recovered = shop.clone();
    assert_eq!(done(recovered.act(Actor::System, &Act::Settled { id: row.id, generation: 1 })).status, Status::Confirmed);
    let approval = Act::Set { id: row.id, status: Status::Confirmed, reason: None };
    assert_eq!(done(shop.act(people(), &approval)).status, Status::Confirmed);
    assert_eq!(shop.jobs.last().unwrap().kind, JobKind::Create);
    let mut strict = outside();
    strict.agenda.rules.unknown_to_owner = false;
    let row = strict.booked(1, NINE);
    assert_eq!(
        done(strict.act(Actor::System, &Act::Refused { id: row.id, generation: 1, reason: "calendar_unknown".into() })).status,
        Status::Failed
    );
}

#[test]
fn sched_a69_a_request_that_waits_for_an_owner_blocks_its_time() {
    let mut shop = noon();
    shop.service().approval = true;
    assert_eq!(shop.booked(1, NINE).status, Status::PendingOwner);
    assert_eq!(refused(shop.hold(2, NINE)).0, Refusal::Taken);
}

#[test]
fn sched_a70_an_approval_counts_once() {
    let mut shop = outside();
    shop.service().approval = true;
    let row = shop.booked(1, NINE);
    assert_eq!((row.status, shop.jobs.len()), (Status::PendingOwner, 0));
    let approval = Act::Set { id: row.id, status: Status::Confirmed, reason: None };
    assert!(matches!(shop.act(customer(1), &approval), Outcome::Refused { why: Refusal::NotFound, .. }));
    assert_eq!(done(shop.act(people(), &approval)).status, Status::Confirming);
    assert!(!changed(&shop.act(people(), &approval)));
    assert_eq!(done(shop.act(Actor::System, &Act::Settled { id: row.id, generation: 1 })).status, Status::Confirmed);
    assert!(!changed(&shop.act(people(), &approval)));
    assert_eq!(shop.jobs.len(), 1);
}

#[test]
fn sched_a90_what_is_another_customers_looks_absent() {
    let mut shop = noon();
    let held = done(shop.hold(1, NINE)).id;
    let id = shop.next_id();
    for act in [
        Act::Confirm { id: held },
        Act::Cancel { id: held, version: None, reason: "customer".into() },
        Act::Move { id: held, version: None, start: at(NINE), resource: None },
        Act::Set { id: held, status: Status::Completed, reason: None },
        Act::Settled { id: held, generation: 0 },
        Act::Refused { id: held, generation: 0, reason: "calendar_refused".into() },
        hold_moving(id, "2027-03-15T16:00:00Z", held),
    ] {
        let foreign = shop.act(customer(2), &act);
        let absent = Outcome::Refused { why: Refusal::NotFound, alternatives: Vec::new(), appointment: None };
        assert_eq!(foreign, absent, "{act:?}");
    }
    assert_eq!(shop.act(customer(2), &Act::Confirm { id: appointment_id(999) }), shop.act(customer(2), &Act::Confirm { id: held }));
    let row = shop.row(held).clone();
    assert_eq!((row.status, row.version), (Status::Held, 1));
    // A customer holds for nobody but themselves.
    let who = Who { contact: Some(contact(1)), ..Who::default() };
    let act = Act::Hold { id, service: SERVICE, start: at("2027-03-15T17:00:00Z"), resource: None, moves: None, who, request_key: None };
    assert_eq!(done(shop.act(customer(2), &act)).contact, Some(contact(2)));
}

#[test]
fn what_was_shown_replaces_what_was_shown_before() {
    let shop = noon();
    let shown =
        vec![Shown { handle: "A1".into(), service: SERVICE, span: span(NINE, "2027-03-15T15:30:00Z"), resource: None, moves: None }];
    let decision = shop.decide(customer(1), &Act::Show { shown: shown.clone() });
    assert_eq!((decision.shown, decision.outcome), (Some(shown.clone()), Outcome::Shown { shown }));
    assert_eq!(decision.puts, []);
}
