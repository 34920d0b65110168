//! What the tools ask of the book.

use super::*;
use crate::domain::booking::tests::kit::{Shop, minutes, resource_id};
use crate::domain::booking::{Outcome, Slot, Span, Wanted, slots};
use crate::domain::facts::Facts;
use crate::domain::ids::{AppointmentId, ConversationKey, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::bookings::Filter;
use crate::ports::store::StoreError;
use crate::ports::toolbox::Said;
use async_trait::async_trait;
use std::sync::Mutex;
use std::time::Duration;

/// A book that remembers what it was asked to list.
struct Asked {
    shop: Shop,
    spans: Mutex<Vec<Span>>,
}

#[async_trait]
impl Bookings for Asked {
    async fn agenda(&self, _tenant: TenantId) -> Result<Option<Arc<Agenda>>, StoreError> {
        Ok(Some(Arc::new(self.shop.agenda.clone())))
    }

    async fn slots(&self, _tenant: TenantId, wanted: Wanted, _now: Timestamp) -> Result<Vec<Slot>, StoreError> {
        self.spans.lock().expect("nobody panicked").push(wanted.within);
        Ok(slots(&self.shop.book(), &wanted))
    }

    async fn desk(&self, _key: ConversationKey, _now: Timestamp) -> Result<Desk, StoreError> {
        Ok(Desk::default())
    }

    async fn appointment(&self, _tenant: TenantId, _id: AppointmentId) -> Result<Option<Appointment>, StoreError> {
        Ok(None)
    }

    async fn appointments(&self, _tenant: TenantId, _filter: Filter) -> Result<Vec<Appointment>, StoreError> {
        Ok(Vec::new())
    }

    async fn act(&self, _tenant: TenantId, _actor: Actor, _act: Act, _now: Timestamp) -> Result<Outcome, StoreError> {
        Err(StoreError::Refused("nobody acts here".to_owned()))
    }
}

/// Asks for anything at all in a business with these open days, and returns how far the book was read and what was shown.
async fn anything(shop: Shop) -> (Vec<Span>, Value) {
    let now = shop.now;
    let book = Arc::new(Asked { shop, spans: Mutex::default() });
    let tools = BookingTools::new(Arc::clone(&book) as _, Arc::new(crate::crypto::ids::SystemIds::new()));
    let mut context = ToolContext::for_tests(Arc::new(Facts::default()), Language::Es);
    context.at = now;
    context.customer.said = vec![Said { text: "quiero una limpieza, cuando sea".to_owned(), button: None }];
    let arguments = json!({"service": "Limpieza", "when": "cuando sea"});
    let call = ToolCall { id: "1".to_owned(), name: specs::FIND.to_owned(), arguments, extra: None };
    let outcome = tools.call(&call, &context).await.expect("an outcome");
    let ToolEffect::Book { act, .. } = outcome.effect else { panic!("no act: {:?}", outcome.result) };
    let Act::Show { shown } = *act else { panic!("{act:?}") };
    let shown = json!(shown.iter().map(|one| one.span.start).collect::<Vec<_>>());
    let spans = book.spans.lock().expect("nobody panicked").clone();
    (spans, shown)
}

#[tokio::test]
async fn an_open_wish_reads_only_as_much_of_the_book_as_it_needs() {
    let mut busy = Shop::m();
    busy.service().max_advance_days = 365;
    let (spans, shown) = anything(busy.clone()).await;
    assert_eq!(spans.len(), 1, "{spans:?}");
    assert_eq!(spans[0].end.since(spans[0].start), Duration::from_hours(14 * 24));
    assert_eq!(shown.as_array().map(Vec::len), Some(4), "{shown}");

    // Closed for three weeks: it is looked on.
    let first = busy.now;
    let away = crate::domain::booking::Busy {
        resource: resource_id(1),
        spans: Some(vec![Span { start: first, end: first.after(minutes(21 * 24 * 60)) }]),
    };
    busy.one().outside_calendar = true;
    busy.busy = vec![away];
    let (spans, shown) = anything(busy).await;
    assert_eq!(spans.len(), 2, "{spans:?}");
    assert!(spans.windows(2).all(|two| two[0].end == two[1].start), "{spans:?}");
    assert_eq!(shown.as_array().map(Vec::len), Some(4), "{shown}");
}
