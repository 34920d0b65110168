//! What every implementation of the port must keep, shown by the one in memory.

use super::*;
use crate::domain::ids::{AppointmentId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::calendar::event_name;
use uuid::Uuid;

fn owner() -> Owner {
    Owner { tenant: TenantId(Uuid::from_u128(1)), resource: ResourceId(Uuid::from_u128(2)) }
}

fn span(start: i64) -> Span {
    Span { start: Timestamp::from_secs(start), end: Timestamp::from_secs(start + 60) }
}

fn event(generation: i64, start: i64) -> Event {
    let appointment = AppointmentId(Uuid::from_u128(u128::MAX));
    let (name, zone, title) = (event_name(appointment, generation), "UTC".to_owned(), "Corte".to_owned());
    Event { name, appointment, span: span(start), zone, title, sequence: start }
}

/// Repeats change nothing, names tell generations apart, a deleted name is spent.
#[tokio::test]
async fn a_repeat_changes_nothing_and_a_deleted_name_is_spent() {
    let calendar = FlakyCalendar::default();
    for start in [60, 90] {
        let there = calendar.create(owner(), &event(1, start)).await.unwrap();
        assert_eq!(there.span, span(60), "what is there is left as it is");
    }
    calendar.create(owner(), &event(2, 600)).await.unwrap();
    assert_eq!((calendar.made(), calendar.events().len()), (2, 2));
    calendar.change(owner(), &event(1, 120), None).await.unwrap();
    for _ in 0..2 {
        calendar.cancel(owner(), &event(1, 60).name).await.unwrap();
    }
    assert_eq!(calendar.change(owner(), &event(1, 180), None).await, Err(CalendarError::Gone));
    assert_eq!(calendar.create(owner(), &event(1, 180)).await, Err(CalendarError::Spent));
    let foreign = Event { appointment: AppointmentId(Uuid::from_u128(7)), ..event(2, 60) };
    assert_eq!(calendar.create(owner(), &foreign).await, Err(CalendarError::Spent), "another appointment's name");
    assert_eq!(calendar.complaints(), Vec::<String>::new());
    calendar.cancel(owner(), "Not-A-Name").await.unwrap();
    assert_eq!(calendar.complaints().len(), 1);
}

#[tokio::test]
async fn a_change_of_an_old_version_is_a_conflict_also_when_it_comes_late() {
    let calendar = FlakyCalendar::default();
    let first = calendar.create(owner(), &event(1, 60)).await.unwrap().version;
    calendar.then(CalendarFault::Late);
    calendar.change(owner(), &event(1, 120), first.as_deref()).await.unwrap_err();
    let second = calendar.change(owner(), &event(1, 180), first.as_deref()).await.unwrap();
    assert_eq!(calendar.events()[0].1.span, span(180), "the late one found another version");
    calendar.owner_moves(owner().resource, &event(1, 60).name, span(240));
    assert_eq!(calendar.change(owner(), &event(1, 300), second.as_deref()).await, Err(CalendarError::Conflict));
    assert_eq!(calendar.look(owner(), &event(1, 60).name).await.unwrap().unwrap().span, span(240));
}

#[tokio::test]
async fn what_times_out_may_have_been_done_or_not() {
    let calendar = FlakyCalendar::default();
    for (fault, left) in [(CalendarFault::TimeoutBefore, 0), (CalendarFault::Refused, 0), (CalendarFault::TimeoutAfter, 1)] {
        calendar.then(fault);
        let error = calendar.create(owner(), &event(1, 60)).await.unwrap_err();
        assert_eq!(error.again(), fault != CalendarFault::Refused);
        assert_eq!(calendar.events().len(), left);
    }
    calendar.make_busy(owner().resource, event(1, 60).span);
    assert_eq!(calendar.free_busy(owner(), event(1, 90).span).await, FreeBusy::Busy(vec![event(1, 60).span]));
    calendar.unknown(true);
    assert_eq!(calendar.free_busy(owner(), event(1, 90).span).await, FreeBusy::Unknown);
}

#[tokio::test]
async fn changes_are_told_page_by_page_until_the_cursor_expires() {
    let calendar = FlakyCalendar::default();
    let begun = calendar.changes_since(owner(), None).await.unwrap().cursor;
    calendar.create(owner(), &event(1, 60)).await.unwrap();
    calendar.create(owner(), &event(2, 600)).await.unwrap();
    calendar.owner_deletes(owner().resource, &event(1, 60).name);
    calendar.make_busy(owner().resource, span(900));
    calendar.pages_of(3);
    let first = calendar.changes_since(owner(), Some(&begun)).await.unwrap();
    assert_eq!((first.ours.len(), first.gone, first.more), (1, vec![event(1, 60).name], true));
    let second = calendar.changes_since(owner(), Some(&first.cursor)).await.unwrap();
    assert_eq!((second.foreign, second.more), (vec![span(900)], false));
    assert_eq!(calendar.list_ours(owner(), span(610)).await.unwrap().len(), 1);
    calendar.expire_cursors();
    assert_eq!(calendar.changes_since(owner(), Some(&second.cursor)).await, Err(CalendarError::Expired));
}
