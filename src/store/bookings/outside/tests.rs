//! Answers of calendars: kept by span, for a minute, for offers only.

use super::*;
use crate::domain::booking::tests::kit::{Shop, resource_id};
use crate::testing::calendar::FlakyCalendar;
use uuid::Uuid;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn hours(from: u64, to: u64) -> Span {
    let day = at("2027-03-15T00:00:00Z");
    Span { start: day.after(Duration::from_hours(from)), end: day.after(Duration::from_hours(to)) }
}

struct Room {
    outside: Outside,
    calendar: Arc<FlakyCalendar>,
    agenda: Agenda,
    tenant: TenantId,
    resource: ResourceId,
}

impl Room {
    fn new() -> Self {
        let (outside, calendar, mut shop) = (Outside::new(), Arc::new(FlakyCalendar::default()), Shop::m());
        outside.ask(Arc::clone(&calendar) as _);
        shop.agenda.resources[0].outside_calendar = true;
        let resource = shop.agenda.resources[0].id;
        assert_ne!(resource, resource_id(99));
        Self { outside, calendar, agenda: shop.agenda, tenant: TenantId(Uuid::from_u128(1)), resource }
    }

    async fn refresh(&self, span: Span, now: Timestamp, why: Purpose) {
        self.outside.refresh((self.tenant, &self.agenda), &[self.resource], span, now, why).await;
    }

    fn known(&self, span: Span, now: Timestamp) -> Option<Vec<Span>> {
        self.outside.known(self.tenant, &self.agenda, &[self.resource], span, now).remove(0).spans
    }
}

/// Two who look at different days do not make each other blind.
#[tokio::test]
async fn an_answer_for_one_span_does_not_push_out_that_for_another() {
    let (room, now) = (Room::new(), at("2027-03-14T00:00:00Z"));
    room.refresh(hours(8, 10), now, Purpose::Offer).await;
    room.refresh(hours(30, 32), now.after(Duration::from_secs(1)), Purpose::Offer).await;
    assert_eq!(room.known(hours(8, 10), now), Some(vec![]));
    assert_eq!(room.known(hours(30, 31), now), Some(vec![]), "asked a second later by whom the clock puts later");
    assert_eq!(room.known(hours(9, 11), now), None, "only what was asked is known");
    assert_eq!(room.known(hours(8, 10), now.after(Duration::from_secs(61))), None, "an answer is old after a minute");
}

#[tokio::test]
async fn a_change_is_never_decided_by_what_was_said_before() {
    let (room, now) = (Room::new(), at("2027-03-14T00:00:00Z"));
    room.refresh(hours(8, 20), now, Purpose::Offer).await;
    room.calendar.make_busy(room.resource, hours(9, 10));
    room.refresh(hours(9, 10), now, Purpose::Offer).await;
    assert_eq!(room.known(hours(9, 10), now), Some(vec![]), "for offers a minute is young enough");
    room.refresh(hours(9, 10), now, Purpose::Change).await;
    assert_eq!(room.known(hours(9, 10), now), Some(vec![hours(9, 10)]));
    room.calendar.unknown(true);
    room.refresh(hours(9, 10), now, Purpose::Change).await;
    assert_eq!(room.known(hours(9, 10), now), None, "silence is not the answer before");
}

#[tokio::test]
async fn what_is_remembered_is_bounded() {
    let (room, now) = (Room::new(), at("2027-03-14T00:00:00Z"));
    for hour in 0..40 {
        room.refresh(hours(hour, hour + 1), now, Purpose::Offer).await;
    }
    assert_eq!(room.outside.said().values().map(VecDeque::len).sum::<usize>(), SPANS);
    assert_eq!(room.known(hours(39, 40), now), Some(vec![]), "the newest stay");
}
