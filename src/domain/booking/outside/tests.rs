//! What an owner does in a calendar, told apart from what we did ourselves.

use super::*;
use crate::domain::booking::tests::kit::{Shop, appointment_id, at, minutes};

fn shifted(span: Span, by: u64) -> Span {
    Span { start: span.start.after(minutes(by)), end: span.end.after(minutes(by)) }
}

fn confirmed() -> (Appointment, Mark, Theirs) {
    let mut shop = Shop::m();
    shop.agenda.resources[0].outside_calendar = false;
    let row = shop.booked(1, "2027-03-15T15:00:00Z");
    let row = Appointment { generation: 1, ..row };
    let (resource, name) = (row.seats[0].resource, "r1".to_owned());
    let mark = Mark {
        appointment: row.id,
        generation: 1,
        resource,
        name: name.clone(),
        span: row.span,
        tried: None,
        version: Some("1".to_owned()),
        sequence: 0,
        made: true,
    };
    let there = Theirs { name, appointment: row.id, span: row.span, version: Some("2".to_owned()) };
    (row, mark, there)
}

fn now() -> Timestamp {
    at("2027-03-14T15:00:00Z")
}

#[test]
fn an_event_that_is_gone_matters_only_to_an_appointment_that_stands_and_wants_it() {
    let (row, mark, _) = confirmed();
    let of = |row: &Appointment| lost(&mark, Some(row), now());
    assert_eq!(of(&row), Loss::Verify);
    assert_eq!(of(&Appointment { generation: 2, ..row.clone() }), Loss::Forget, "another event has taken its place");
    assert_eq!(of(&Appointment { status: Status::Cancelled, ..row.clone() }), Loss::Forget);
    assert_eq!(of(&Appointment { status: Status::Confirming, ..row.clone() }), Loss::Leave, "its job is at it");
    assert_eq!(of(&Appointment { status: Status::Completed, ..row.clone() }), Loss::Leave);
    assert_eq!(lost(&Mark { made: false, ..mark.clone() }, Some(&row), now()), Loss::Leave, "nobody has said that it was there");
    assert_eq!(lost(&mark, Some(&row), row.span.end), Loss::Leave, "an owner may tidy up what is past");
    assert_eq!(lost(&mark, None, now()), Loss::Forget);
    assert_eq!(of(&Appointment { moves: Some(appointment_id(9)), ..row }), Loss::Forget, "a move has no event");
}

#[test]
fn an_event_elsewhere_was_moved_by_its_owner_unless_the_book_is_ahead() {
    let (row, mark, there) = confirmed();
    let new = shifted(row.span, 60);
    let of = |mark: &Mark, there: Span, row: &Appointment| seen(mark, &Theirs { span: there, ..confirmed().2 }, row, now());
    assert_eq!(seen(&mark, &there, &row, now()), Sight::Note);
    assert_eq!(of(&mark, new, &row), Sight::Adopt);
    assert_eq!(of(&mark, Span { end: new.end.after(minutes(15)), ..new }, &row), Sight::Flag, "another length is no move of ours");
    let past = Span { start: now().before(minutes(60)), end: now().before(minutes(30)) };
    assert_eq!(of(&mark, past, &row), Sight::Flag);
    let moved = Appointment { span: shifted(row.span, 120), ..row.clone() };
    assert_eq!(of(&mark, row.span, &moved), Sight::Leave, "the job has not been there yet");
    assert_eq!(of(&mark, new, &moved), Sight::Leave, "the job will meet it");
    let tried = Mark { tried: Some(new), ..mark };
    assert_eq!(of(&tried, new, &row), Sight::Leave, "an unanswered change of our own");
}

#[test]
fn what_a_customer_was_told_outlasts_an_edit_that_was_made_meanwhile() {
    let (row, mark, there) = confirmed();
    let moved = Appointment { span: shifted(row.span, 60), ..row };
    let at = |span: Span| Theirs { span, ..there.clone() };
    assert_eq!(clash(&mark, &at(moved.span), &moved), Clash::Done);
    assert_eq!(clash(&mark, &there, &moved), Clash::Change, "only its words were touched");
    let elsewhere = shifted(moved.span, 60);
    assert_eq!(clash(&mark, &at(elsewhere), &moved), Clash::Overrule);
    assert_eq!(clash(&Mark { tried: Some(elsewhere), ..mark }, &at(elsewhere), &moved), Clash::Change, "our own, unanswered");
}

#[test]
fn every_flag_is_read_as_it_is_written() {
    for flag in Flag::ALL {
        assert_eq!(Flag::parse(flag.as_str()), Some(flag));
    }
}
