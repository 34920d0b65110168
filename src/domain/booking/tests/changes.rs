//! Moving, calling off, ending.

use super::kit::*;
use crate::domain::booking::act::{Act, JobKind, Outcome, Refusal};
use crate::domain::booking::*;

const NINE: &str = "2027-03-15T15:00:00Z";
const QUARTER: &str = "2027-03-15T15:15:00Z";

fn fine_grid() -> Shop {
    let mut shop = Shop { now: at("2027-03-15T12:00:00Z"), ..Shop::m() };
    shop.service().step = Some(15);
    shop
}

fn with_calendar(mut shop: Shop) -> Shop {
    for resource in &mut shop.agenda.resources {
        resource.outside_calendar = true;
        shop.busy.push(Busy { resource: resource.id, spans: Some(Vec::new()) });
    }
    shop
}

#[test]
fn another_person_at_the_same_time_is_told_and_another_room_is_not() {
    use crate::domain::booking::news::news_of;
    let mut shop = Shop::m();
    let other = |shop: &Shop, kind| Resource { kind, id: resource_id(77), ..shop.agenda.resources[0].clone() };
    let row = Appointment { conversation: Some(uuid::Uuid::from_u128(9).into()), ..shop.booked(1, NINE) };
    let moved = Appointment { version: row.version + 1, seats: vec![Seat { resource: resource_id(77), number: 1 }], ..row.clone() };
    for (kind, told) in [(ResourceKind::Person, Some(News::Settled)), (ResourceKind::Room, None)] {
        shop.agenda.resources[0].kind = kind;
        let another = other(&shop, kind);
        shop.agenda.resources.push(another);
        assert_eq!(news_of(Some(&row), &moved, people(), &shop.agenda), told, "{kind:?}");
        assert_eq!(news_of(Some(&row), &Appointment { generation: 2, ..row.clone() }, people(), &shop.agenda), None);
        shop.agenda.resources.truncate(1);
    }
}

#[test]
fn sched_a74_a_move_may_overlap_itself_and_keeps_the_old_time_until_the_yes() {
    let mut shop = with_calendar(fine_grid());
    let row = shop.booked(1, NINE);
    done(shop.act(Actor::System, &Act::Settled { id: row.id, generation: 1 }));
    let id = shop.next_id();
    let held = done(shop.act(customer(1), &hold_moving(id, QUARTER, row.id)));
    assert_eq!((held.moves, held.status), (Some(row.id), Status::Held));
    for start in [NINE, QUARTER, "2027-03-15T15:30:00Z"] {
        assert_eq!(refused(shop.hold(2, start)).0, Refusal::Taken, "{start}");
    }
    let wanted = Wanted { service: SERVICE, within: shop.day("2027-03-15"), resource: None, moving: Some(row.id), limit: 1 };
    assert_eq!(slots(&shop.book(), &wanted)[0].span.start, at(NINE));
    // The yes: the calendar is asked once more before anything moves.
    let agreed = shop.decide(customer(1), &Act::Confirm { id, name: None });
    shop.apply(&agreed);
    assert_eq!(agreed.jobs, [Job { kind: JobKind::Create, appointment: id, version: 2, generation: 0 }]);
    assert_eq!((done(agreed.outcome).status, shop.row(row.id).span), (Status::Confirming, row.span));
    shop.now = at("2027-03-15T12:30:00Z");
    assert_eq!(refused(shop.hold(2, "2027-03-15T15:30:00Z")).0, Refusal::Taken, "what was agreed does not run out");
    let decision = shop.decide(Actor::System, &Act::Settled { id, generation: 0 });
    shop.apply(&decision);
    let Outcome::Done { appointment, moved_from, changed: true } = decision.outcome else { panic!("{:?}", decision.outcome) };
    assert_eq!((appointment.id, appointment.span.start, moved_from), (row.id, at(QUARTER), Some(row.span)));
    assert_eq!((appointment.status, appointment.version, appointment.generation), (Status::Confirmed, 4, 1));
    assert_eq!(appointment.local_start, "2027-03-15T09:15");
    assert_eq!(decision.jobs, [Job { kind: JobKind::Change, appointment: row.id, version: 4, generation: 1 }]);
    assert_eq!((decision.freed.len(), decision.freed[0].span), (1, row.span));
    assert_eq!(shop.row(id).status, Status::Released);
    // The same yes once more.
    let again = shop.confirm(1, id);
    assert_eq!((changed(&again), done(again).span.start), (false, at(QUARTER)));
    assert_eq!(shop.rows.iter().filter(|row| row.protects_at(shop.now)).count(), 1);
}

/// An appointment with an outside calendar and the agreed move of it.
fn waiting() -> (Shop, Appointment, Appointment) {
    let mut shop = with_calendar(fine_grid());
    let row = shop.booked(1, NINE);
    let row = done(shop.act(Actor::System, &Act::Settled { id: row.id, generation: 1 }));
    let id = shop.next_id();
    done(shop.act(customer(1), &hold_moving(id, "2027-03-15T17:00:00Z", row.id)));
    let waiting = done(shop.confirm(1, id));
    shop.jobs.clear();
    (shop, row, waiting)
}

#[test]
fn a_move_that_the_calendar_will_not_have_leaves_the_old_time() {
    for (reason, rule, after) in [
        ("external_busy", true, Status::Failed),
        ("calendar_unknown", false, Status::Failed),
        ("calendar_unknown", true, Status::PendingOwner),
    ] {
        let (mut shop, row, waiting) = waiting();
        shop.agenda.rules.unknown_to_owner = rule;
        let told = done(shop.act(Actor::System, &Act::Refused { id: waiting.id, generation: 0, reason: reason.into() }));
        assert_eq!((told.status, shop.row(row.id), shop.jobs.len()), (after, &row, 0), "{reason}");
        if after == Status::PendingOwner {
            // The owner's word, or the calendar's once it speaks again.
            for act in
                [Act::Set { id: waiting.id, status: Status::Confirmed, reason: None }, Act::Settled { id: waiting.id, generation: 0 }]
            {
                let mut shop = shop.clone();
                let actor = if matches!(act, Act::Set { .. }) { people() } else { Actor::System };
                assert_eq!(done(shop.act(actor, &act)).span, waiting.span);
                assert_eq!((shop.row(row.id).span, shop.row(waiting.id).status), (waiting.span, Status::Released));
            }
        }
    }
}

#[test]
fn a_move_that_waits_goes_with_its_appointment_and_gives_way_to_a_later_yes() {
    let (mut shop, row, waiting) = waiting();
    let mut overruled = shop.clone();
    done(overruled.act(people(), &Act::Move { id: row.id, version: None, start: at("2027-03-15T19:00:00Z"), resource: None }));
    done(overruled.act(Actor::System, &Act::Settled { id: waiting.id, generation: 0 }));
    assert_eq!(overruled.row(row.id).span.start, at("2027-03-15T19:00:00Z"), "people have moved it since");
    let mut called_off = shop.clone();
    done(called_off.cancel(1, row.id));
    assert_eq!(called_off.row(waiting.id).status, Status::Released);
    let late = done(called_off.act(Actor::System, &Act::Settled { id: waiting.id, generation: 0 }));
    assert_eq!((late.status, called_off.row(row.id).status), (Status::Released, Status::Cancelled));
    let id = shop.next_id();
    done(shop.act(customer(1), &hold_moving(id, "2027-03-15T18:00:00Z", row.id)));
    done(shop.confirm(1, id));
    assert_eq!(shop.row(waiting.id).status, Status::Released);
    done(shop.act(Actor::System, &Act::Settled { id, generation: 0 }));
    assert_eq!(shop.row(row.id).span.start, at("2027-03-15T18:00:00Z"));
}

/// A67, and a booking that lacks its event: the next generation, the old name is removed wherever it may be.
#[test]
fn sched_a67_an_event_whose_name_is_spent_is_made_under_the_next_generation() {
    let (mut shop, row, waiting) = waiting();
    let renewed = done(shop.act(Actor::System, &Act::Anew { id: row.id, generation: 1 }));
    assert_eq!((renewed.generation, renewed.status, renewed.span), (2, Status::Confirmed, row.span));
    let kinds: Vec<_> = shop.jobs.iter().map(|job| (job.kind, job.generation)).collect();
    assert_eq!(kinds, [(JobKind::Delete, 1), (JobKind::Create, 2)]);
    assert!(!changed(&shop.act(Actor::System, &Act::Anew { id: row.id, generation: 1 })), "a repeat");
    assert!(!changed(&shop.act(Actor::System, &Act::Anew { id: waiting.id, generation: 0 })), "a move has no event");
    done(shop.cancel(1, row.id));
    assert!(!changed(&shop.act(Actor::System, &Act::Anew { id: row.id, generation: 2 })));
}

/// The event stays where it is until it is changed or removed there.
#[test]
fn an_event_of_a_calendar_that_is_not_used_any_more_follows_its_appointment() {
    let (mut shop, row, _) = waiting();
    shop.agenda.resources.iter_mut().for_each(|resource| resource.outside_calendar = false);
    shop.jobs.clear();
    done(shop.act(people(), &Act::Move { id: row.id, version: None, start: at("2027-03-15T19:00:00Z"), resource: None }));
    assert_eq!(shop.jobs.iter().map(|job| (job.kind, job.generation)).collect::<Vec<_>>(), [(JobKind::Change, 1)]);
}

#[test]
fn an_appointment_is_moved_over_many_weeks() {
    let mut shop = fine_grid();
    let row = shop.booked(1, "2027-05-10T15:00:00Z");
    let id = shop.next_id();
    done(shop.act(customer(1), &hold_moving(id, NINE, row.id)));
    // Another wish for the same move takes the place of the first, also from another conversation.
    let by_people = shop.decide(people(), &hold_moving(appointment_id(900), "2027-03-15T16:00:00Z", row.id));
    assert_eq!(done(by_people.outcome).contact, Some(contact(1)));
    let (other, web) = (shop.next_id(), crate::domain::ids::ConversationId(uuid::Uuid::from_u128(77)));
    done(shop.act(Actor::Contact { contact: contact(1), conversation: web }, &hold_moving(other, QUARTER, row.id)));
    assert_eq!(shop.row(id).status, Status::Released);
    assert_eq!(done(shop.confirm(1, other)).span.start, at(QUARTER));
}

#[test]
fn a_late_yes_to_a_move_takes_the_new_time_again_or_keeps_the_old_one() {
    let mut shop = fine_grid();
    let row = shop.booked(1, NINE);
    let id = shop.next_id();
    done(shop.act(customer(1), &hold_moving(id, "2027-03-15T17:00:00Z", row.id)));
    shop.now = at("2027-03-15T12:11:00Z");
    let mut taken = shop.clone();
    assert!(changed(&taken.hold(2, "2027-03-15T17:00:00Z")));
    assert_eq!(refused(taken.confirm(1, id)).0, Refusal::HoldGone);
    assert_eq!(taken.row(row.id).span, row.span);
    for swept in [false, true] {
        let mut shop = shop.clone();
        if swept {
            done(shop.act(Actor::System, &Act::Set { id, status: Status::Expired, reason: None }));
        }
        assert_eq!(done(shop.confirm(1, id)).span.start, at("2027-03-15T17:00:00Z"));
        assert!(!changed(&shop.confirm(1, id)));
        assert_eq!(shop.row(id).status, Status::Expired);
    }
}

#[test]
fn what_is_held_is_what_is_agreed_although_the_service_has_changed_since() {
    let mut shop = fine_grid();
    let row = shop.booked(1, NINE);
    let id = shop.next_id();
    let held = done(shop.act(customer(1), &hold_moving(id, "2027-03-15T17:00:00Z", row.id)));
    shop.booked(2, "2027-03-15T17:30:00Z");
    shop.service().duration = 60;
    assert_eq!(done(shop.confirm(1, id)).span, held.span);
    let held = done(shop.hold(3, "2027-03-15T19:00:00Z"));
    shop.service().duration = 30;
    assert_eq!(done(shop.confirm(3, held.id)).span, held.span);
    // A hold that has run out is judged as the service is now.
    let held = done(shop.hold(4, "2027-03-15T21:00:00Z"));
    shop.booked(5, "2027-03-15T21:30:00Z");
    shop.now = at("2027-03-15T12:30:00Z");
    shop.service().duration = 60;
    assert_eq!(refused(shop.confirm(4, held.id)).0, Refusal::HoldGone);
    shop.service().duration = 15;
    assert_eq!(done(shop.confirm(4, held.id)).span, span("2027-03-15T21:00:00Z", "2027-03-15T21:15:00Z"));
}

#[test]
fn a_calendar_that_was_added_since_gets_its_event_with_the_move() {
    let mut shop = fine_grid();
    let row = shop.booked(1, NINE);
    let mut shop = with_calendar(shop);
    let decision = shop.decide(people(), &Act::Move { id: row.id, version: None, start: at(QUARTER), resource: None });
    assert_eq!(decision.jobs, [Job { kind: JobKind::Create, appointment: row.id, version: 3, generation: 1 }]);
    shop.apply(&decision);
    // And one that was taken away since loses it.
    shop.one().outside_calendar = false;
    shop.busy.clear();
    let decision = shop.decide(people(), &Act::Cancel { id: row.id, version: None, reason: "owner".into() });
    assert_eq!((decision.jobs[0].kind, decision.jobs[0].generation), (JobKind::Delete, 1));
}

#[test]
fn a_move_of_one_that_was_called_off_meanwhile_is_refused() {
    let mut shop = fine_grid();
    let row = shop.booked(1, NINE);
    let id = shop.next_id();
    done(shop.act(customer(1), &hold_moving(id, QUARTER, row.id)));
    let decision = shop.decide(people(), &Act::Cancel { id: row.id, version: None, reason: "owner".into() });
    assert_eq!(decision.freed.len(), 2);
    shop.apply(&decision);
    assert_eq!(shop.row(id).status, Status::Released);
    assert_eq!(refused(shop.confirm(1, id)).0, Refusal::HoldGone);
}

#[test]
fn people_move_at_once_and_see_when_they_are_stale() {
    let mut shop = fine_grid();
    let row = shop.booked(1, NINE);
    let to = |version, start: &str| Act::Move { id: row.id, version, start: at(start), resource: None };
    assert_eq!(refused(shop.act(people(), &to(Some(1), QUARTER))).0, Refusal::Stale);
    assert!(changed(&shop.act(people(), &to(Some(2), QUARTER))));
    assert!(!changed(&shop.act(people(), &to(Some(2), QUARTER))));
    shop.booked(2, "2027-03-15T17:00:00Z");
    let (why, alternatives) = refused(shop.act(people(), &to(None, "2027-03-15T17:00:00Z")));
    assert_eq!((why, alternatives.len()), (Refusal::Taken, 3));
    assert_eq!(refused(shop.act(people(), &to(None, "2027-03-15T13:00:00Z"))).0, Refusal::TooSoon);
    assert_eq!(refused(shop.act(people(), &to(None, "2027-03-15T09:00:00Z"))).0, Refusal::Past);
}

#[test]
fn a_move_to_another_calendar_makes_the_event_anew() {
    let mut shop = fine_grid();
    let two = shop.colleague(2);
    let mut shop = with_calendar(shop);
    let row = shop.booked(1, NINE);
    done(shop.act(Actor::System, &Act::Settled { id: row.id, generation: 1 }));
    // With whom it is stays, where nobody asks for another.
    let same = shop.decide(people(), &Act::Move { id: row.id, version: None, start: at("2027-03-15T18:00:00Z"), resource: None });
    assert_eq!((done(same.outcome).seats[0].resource, same.jobs[0].kind), (ONE, JobKind::Change));
    let decision = shop.decide(people(), &Act::Move { id: row.id, version: None, start: at(NINE), resource: Some(two) });
    shop.apply(&decision);
    let jobs: Vec<_> = decision.jobs.iter().map(|job| (job.kind, job.generation)).collect();
    assert_eq!(jobs, [(JobKind::Delete, 1), (JobKind::Create, 2)]);
    assert_eq!(job_now(&shop.jobs[0], Some(shop.row(row.id))), JobKind::Delete);
    assert_eq!(shop.decide(Actor::System, &Act::Settled { id: row.id, generation: 1 }).jobs[0].kind, JobKind::Delete);
}

#[test]
fn sched_a75_calling_off_twice_is_a_success_and_frees_the_slot() {
    let mut shop = with_calendar(fine_grid());
    let row = shop.booked(1, NINE);
    let decision = shop.decide(customer(1), &Act::Cancel { id: row.id, version: Some(row.version), reason: "customer".into() });
    shop.apply(&decision);
    assert_eq!((decision.jobs[0].kind, decision.freed.len()), (JobKind::Delete, 1));
    assert!(shop.starts("2027-03-15").contains(&at(NINE)));
    assert!(!changed(&shop.act(customer(1), &Act::Cancel { id: row.id, version: Some(row.version), reason: "customer".into() })));
    let late = shop.decide(Actor::System, &Act::Settled { id: row.id, generation: 1 });
    assert_eq!((late.puts.len(), late.jobs[0].kind), (0, JobKind::Delete));
    assert_eq!(job_now(&shop.jobs[0], Some(shop.row(row.id))), JobKind::Delete);
    assert_eq!(shop.row(row.id).status, Status::Cancelled);
    let held = done(shop.hold(1, NINE)).id;
    assert_eq!(done(shop.cancel(1, held)).status, Status::Released);
    assert!(!changed(&shop.cancel(1, held)));
}

#[test]
fn sched_a80_a_button_of_an_old_version_changes_nothing() {
    let mut shop = fine_grid();
    let row = shop.booked(1, NINE);
    done(shop.act(people(), &Act::Move { id: row.id, version: None, start: at(QUARTER), resource: None }));
    let pressed = shop.act(customer(1), &Act::Cancel { id: row.id, version: Some(row.version), reason: "customer".into() });
    let Outcome::Refused { why: Refusal::Stale, appointment: Some(now), .. } = pressed else { panic!("{pressed:?}") };
    assert_eq!((now.span.start, shop.row(row.id).status), (at(QUARTER), Status::Confirmed));
}

#[test]
fn customers_change_until_so_many_hours_before_and_people_always() {
    let mut shop = fine_grid();
    shop.agenda.rules.change_until_hours = 2;
    let row = shop.booked(1, NINE);
    shop.now = at("2027-03-15T13:00:00Z");
    assert!(changed(&shop.clone().cancel(1, row.id)));
    shop.now = at("2027-03-15T13:00:01Z");
    let id = shop.next_id();
    for act in [
        Act::Cancel { id: row.id, version: None, reason: "customer".into() },
        hold_moving(id, "2027-03-15T18:00:00Z", row.id),
        Act::Move { id: row.id, version: None, start: at("2027-03-15T18:00:00Z"), resource: None },
    ] {
        let outcome = shop.act(customer(1), &act);
        assert!(matches!(&outcome, Outcome::Refused { why: Refusal::TooLate, appointment: Some(_), .. }), "{outcome:?}");
    }
    assert!(changed(&shop.clone().act(people(), &Act::Cancel { id: row.id, version: None, reason: "owner".into() })));
    shop.agenda.rules.change_until_hours = 0;
    assert!(changed(&shop.clone().cancel(1, row.id)));
    shop.now = at(NINE);
    assert_eq!(refused(shop.cancel(1, row.id)).0, Refusal::Past);
}

#[test]
fn a_late_yes_moves_only_while_changes_are_allowed() {
    let mut shop = fine_grid();
    shop.agenda.rules.change_until_hours = 2;
    let row = shop.booked(1, NINE);
    let id = shop.next_id();
    done(shop.act(customer(1), &hold_moving(id, "2027-03-15T18:00:00Z", row.id)));
    shop.now = at("2027-03-15T13:00:00Z");
    assert_eq!(done(shop.clone().confirm(1, id)).span.start, at("2027-03-15T18:00:00Z"), "the last moment");
    shop.now = at("2027-03-15T13:00:01Z");
    let late = shop.confirm(1, id);
    let Outcome::Refused { why: Refusal::TooLate, appointment: Some(stands), alternatives } = late else { panic!("{late:?}") };
    assert_eq!((stands.id, stands.span, alternatives.len()), (row.id, row.span, 0), "people settle it");
    assert_eq!(shop.row(row.id).span, row.span);
    assert_eq!(done(shop.act(people(), &Act::Confirm { id, name: None })).span.start, at("2027-03-15T18:00:00Z"));
}

#[test]
fn a_late_yes_undoes_no_move_that_people_made_after_the_question() {
    let mut shop = fine_grid();
    let row = shop.booked(1, NINE);
    let id = shop.next_id();
    done(shop.act(customer(1), &hold_moving(id, "2027-03-15T18:00:00Z", row.id)));
    shop.now = at("2027-03-15T12:01:00Z");
    let by_people = Act::Move { id: row.id, version: None, start: at(QUARTER), resource: None };
    assert!(changed(&shop.act(people(), &by_people)));
    for now in ["2027-03-15T12:02:00Z", "2027-03-15T12:30:00Z"] {
        shop.now = at(now);
        let yes = shop.confirm(1, id);
        let Outcome::Refused { why: Refusal::Stale, appointment: Some(stands), .. } = yes else { panic!("{yes:?}") };
        assert_eq!((stands.id, stands.span.start, shop.row(row.id).span.start), (row.id, at(QUARTER), at(QUARTER)));
    }
    // Asked anew, it is about what stands now.
    let id = shop.next_id();
    done(shop.act(customer(1), &hold_moving(id, "2027-03-15T18:00:00Z", row.id)));
    assert_eq!(done(shop.confirm(1, id)).span.start, at("2027-03-15T18:00:00Z"));
}

#[test]
fn an_appointment_ends_only_after_it_began() {
    let mut shop = fine_grid();
    let id = shop.booked(1, NINE).id;
    let set = |status| Act::Set { id, status, reason: None };
    for status in [Status::Completed, Status::NoShow, Status::Failed, Status::Held, Status::Expired, Status::Cancelled] {
        assert_eq!(refused(shop.act(people(), &set(status))).0, Refusal::WrongState, "{status:?}");
    }
    shop.now = at(NINE);
    assert_eq!(refused(shop.act(people(), &set(Status::NoShow))).0, Refusal::WrongState);
    assert!(changed(&shop.act(people(), &set(Status::Completed))));
    assert!(!changed(&shop.act(people(), &set(Status::Completed))));
    shop.now = at("2027-03-15T15:10:00Z");
    assert!(changed(&shop.act(people(), &set(Status::NoShow))));
    assert_eq!(refused(shop.act(people(), &Act::Cancel { id, version: None, reason: "owner".into() })).0, Refusal::WrongState);
}

#[test]
fn a_hold_is_swept_only_when_its_time_is_out() {
    let mut shop = fine_grid();
    let id = done(shop.hold(1, NINE)).id;
    let sweep = Act::Set { id, status: Status::Expired, reason: None };
    assert_eq!(refused(shop.act(Actor::System, &sweep)).0, Refusal::WrongState);
    shop.now = at("2027-03-15T12:10:00Z");
    let decision = shop.decide(Actor::System, &sweep);
    assert_eq!((decision.freed.len(), done(decision.outcome).status), (1, Status::Expired));
}

#[test]
fn a_refusal_never_calls_off_what_stands() {
    let mut shop = with_calendar(fine_grid());
    let row = shop.booked(1, NINE);
    done(shop.act(Actor::System, &Act::Settled { id: row.id, generation: 1 }));
    let refusal = Act::Refused { id: row.id, generation: 1, reason: "external_busy".into() };
    assert_eq!(refused(shop.act(Actor::System, &refusal)).0, Refusal::WrongState);
    assert_eq!(shop.row(row.id).status, Status::Confirmed);
    assert!(!changed(&shop.act(Actor::System, &Act::Refused { id: row.id, generation: 0, reason: "calendar_refused".into() })));
}

#[test]
fn an_answer_stays_with_its_hold_and_with_what_becomes_of_it() {
    let mut shop = Shop { now: at("2027-03-15T12:00:00Z"), ..Shop::m() };
    let text = std::collections::BTreeMap::from([("es".to_owned(), "¿Seguro?".to_owned())]);
    let question = Question { key: "q".to_owned(), text, required: true, kind: QuestionKind::Text, choices: Vec::new() };
    shop.service().questions = vec![question];
    let hold = done(shop.hold(1, "2027-03-15T15:00:00Z"));
    let answer = |key: &str, answer: &str| Act::Answer { id: hold.id, key: key.to_owned(), answer: answer.to_owned() };
    let after = done(shop.act(customer(1), &answer("q", "GNP")));
    assert_eq!((after.status, after.version, after.hold_expires_at), (Status::Held, 2, hold.hold_expires_at));
    assert!(!changed(&shop.act(customer(1), &answer("q", "GNP"))), "a repeat");
    assert!(!changed(&shop.act(customer(1), &answer("nobody_asked", "x"))));
    assert_eq!(refused(shop.act(customer(2), &answer("q", "AXA"))).0, Refusal::NotFound);
    shop.now = at("2027-03-15T12:10:00Z");
    let late = done(shop.act(customer(1), &answer("q", "AXA")));
    assert_eq!((late.status, late.answers["q"].as_str()), (Status::Expired, "AXA"), "a late answer revives nothing");
    let booked = done(shop.confirm(1, hold.id));
    assert_eq!((booked.status, booked.answers["q"].as_str()), (Status::Confirmed, "AXA"));
    let start = at("2027-03-15T16:00:00Z");
    let moved = done(shop.act(people(), &Act::Move { id: booked.id, version: None, start, resource: None }));
    assert_eq!((moved.span.start, moved.answers["q"].as_str()), (start, "AXA"));
}

#[test]
fn nothing_is_confirmed_while_a_required_question_is_open() {
    let mut shop = Shop { now: at("2027-03-15T12:00:00Z"), ..Shop::m() };
    let text = std::collections::BTreeMap::from([("es".to_owned(), "¿Seguro?".to_owned())]);
    let question = |key: &str, required| Question {
        key: key.to_owned(),
        text: text.clone(),
        required,
        kind: QuestionKind::Email,
        choices: Vec::new(),
    };
    shop.service().questions = vec![question("may", false), question("must", true)];
    let hold = done(shop.hold(1, "2027-03-15T15:00:00Z"));
    let answer = |key: &str, answer: &str| Act::Answer { id: hold.id, key: key.to_owned(), answer: answer.to_owned() };
    let open = |shop: &mut Shop| assert_eq!(refused(shop.confirm(1, hold.id)), (Refusal::QuestionOpen, Vec::new()));
    open(&mut shop);
    done(shop.act(customer(1), &answer("may", "")));
    open(&mut shop);
    // Who would rather not say has not answered.
    done(shop.act(customer(1), &answer("must", "")));
    open(&mut shop);
    assert_eq!(shop.row(hold.id).status, Status::Held, "the time is kept meanwhile");
    done(shop.act(customer(1), &answer("must", "luz@example.com")));
    let booked = done(shop.confirm(1, hold.id));
    assert_eq!((booked.status, booked.email.as_deref()), (Status::Confirmed, Some("luz@example.com")));
    // A question that came later keeps nobody from moving what stands.
    shop.service().questions.push(question("new", true));
    let moving = done(shop.act(
        customer(1),
        &Act::Hold {
            id: appointment_id(77),
            service: SERVICE,
            start: at("2027-03-15T16:00:00Z"),
            resource: None,
            moves: Some(booked.id),
            who: act::Who::default(),
            request_key: None,
        },
    ));
    assert_eq!(done(shop.confirm(1, moving.id)).span.start, at("2027-03-15T16:00:00Z"));
}
