//! People's queries over real rows.

use super::fixtures::{Base, NOW};
use super::listing::Listing;
use super::messages::MessagePage;
use super::retry::Retried;
use super::timeline::FeedBounds;
use super::unrouted::{MAX_RAW, NewUnrouted};
use crate::domain::conversation::standing::Status;
use crate::domain::ids::AgentId;
use crate::domain::triage::filter::Filter;
use crate::domain::triage::sort::Sort;
use crate::store::scope::{Role, read_as};
use crate::store::time::instant;
use entities::{message, outbox, tenant, unrouted};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, EntityTrait};
use serde_json::json;

#[actix_web::test]
async fn a_list_goes_on_exactly_where_its_page_ended() {
    let base = Base::open().await;
    let shop = base.shop("a", "generic").await;
    let other = base.shop("b", "generic").await;
    base.talk(&other, 1, ("open", "nobody"), 9).await;
    for (number, minute) in [(1, 1), (2, 2), (3, 2), (4, 2), (5, 3)] {
        base.talk(&shop, number, ("pending", "assistant"), minute).await;
    }
    let scope = base.store.tenant(shop.tenant);
    let mut seen = Vec::new();
    let all = Listing { filter: Filter::default(), sort: Sort::default(), me: AgentId(shop.key.0) };
    let mut after = None;
    loop {
        let page = scope.list_conversations(all.clone(), after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.place);
        seen.extend(page.iter().map(|listed| listed.row.model.number));
    }
    assert_eq!((seen.first(), seen.last(), seen.len()), (Some(&5), Some(&1), 5));
    seen.sort_unstable();
    assert_eq!(seen, vec![1, 2, 3, 4, 5], "equal instants are told apart by the id");
    let open = Listing { filter: Filter { statuses: [Status::Open].into(), ..Filter::default() }, ..all };
    assert!(scope.list_conversations(open, None, 10).await.unwrap().is_empty(), "another tenant's is not there");
}

#[actix_web::test]
async fn a_deleted_message_keeps_its_place_and_loses_its_words() {
    let base = Base::open().await;
    let shop = base.shop("a", "generic").await;
    let talk = base.talk(&shop, 1, ("pending", "assistant"), 1).await;
    base.message_with(&shop, talk, 1, ("in", "secret"), |row| message::ActiveModel { deleted_at: Set(Some(instant(NOW))), ..row }).await;
    base.message(&shop, talk, 2, "out", "hola").await;
    let scope = base.store.tenant(shop.tenant);
    let rows = scope.messages(talk.id, MessagePage::After(0), 10).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| (row.seq, row.deleted, row.content.text.as_str())).collect::<Vec<_>>(),
        [(1, true, ""), (2, false, "hola")]
    );
    let back = scope.messages(talk.id, MessagePage::Before(2), 10).await.unwrap();
    assert_eq!(back.len(), 1);
    assert_eq!(scope.conversation(talk.id).await.unwrap().unwrap().last_message.unwrap().content.text, "");
}

#[actix_web::test]
async fn conv_78_a_failed_message_goes_again_once_with_everything_it_carried() {
    let base = Base::open().await;
    let shop = base.shop("a", "generic").await;
    let talk = base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let failed = |row| message::ActiveModel {
        status: Set(Some("failed".to_owned())),
        status_rank: Set(9),
        error: Set(Some("131000".to_owned())),
        ..row
    };
    let message = base.message_with(&shop, talk, 1, ("out", "hola"), failed).await;
    let row = base.outbox(&shop, talk, message, 1, ("dead", "hola")).await;
    let scope = base.store.tenant(shop.tenant);
    let Retried::Queued(event) = scope.retry_message(talk.id, message, NOW).await.unwrap() else { panic!("not queued") };
    assert_eq!((event.number, event.kind), (1, "message.status"));
    let sent = read_as(&base.store, Role::Engine, move |tx| Box::pin(outbox::Entity::find_by_id((shop.tenant.0, row.0)).one(tx)));
    let sent = sent.await.unwrap().unwrap();
    assert_eq!((sent.state.as_str(), sent.attempt, sent.code), ("pending", 3, None));
    assert!(sent.payload.contains("hola"));
    let shown = scope.messages(talk.id, MessagePage::After(0), 1).await.unwrap().remove(0);
    assert_eq!((shown.status.as_deref(), shown.error), (Some("queued"), None));
    assert_eq!(scope.timeline_after(0, 10).await.unwrap().len(), 1);
    assert_eq!(scope.retry_message(talk.id, message, NOW).await.unwrap(), Retried::Underway(1), "once more, not twice");
    assert_eq!(scope.timeline_after(0, 10).await.unwrap().len(), 1, "a repeat tells nobody anything");
}

#[actix_web::test]
async fn conv_78_messages_that_did_not_fail_are_not_sent_again() {
    let base = Base::open().await;
    let shop = base.shop("a", "generic").await;
    let other = base.shop("b", "generic").await;
    let talk = base.talk(&shop, 1, ("open", "nobody"), 1).await;
    for (ord, state) in (1..).zip(["pending", "retry", "sending", "sent", "cancelled"]) {
        let message = base.message(&shop, talk, ord, "out", "hola").await;
        base.outbox(&shop, talk, message, ord, (state, "hola")).await;
        let retried = base.store.tenant(shop.tenant).retry_message(talk.id, message, NOW).await.unwrap();
        let expected = if ["sent", "cancelled"].contains(&state) { Retried::NotFailed } else { Retried::Underway(ord) };
        assert_eq!(retried, expected, "{state}");
        assert_eq!(base.store.tenant(other.tenant).retry_message(talk.id, message, NOW).await.unwrap(), Retried::Absent);
    }
    assert!(base.store.tenant(shop.tenant).timeline_after(0, 1).await.unwrap().is_empty());
}

#[actix_web::test]
async fn the_feed_knows_from_where_it_can_be_read() {
    let base = Base::open().await;
    let shop = base.shop("a", "generic").await;
    let talk = base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let scope = base.store.tenant(shop.tenant);
    assert_eq!(scope.feed_bounds().await.unwrap(), FeedBounds { first: 1, last: 0 });
    base.event(&shop, talk, 7, "x", json!({})).await;
    let bounds = scope.feed_bounds().await.unwrap();
    assert_eq!(bounds, FeedBounds { first: 7, last: 7 });
    assert_eq!([5, 6, 7, 8].map(|number| bounds.can_resume_after(number)), [false, true, true, false]);
}

#[actix_web::test]
async fn a_key_ends_with_its_revocation() {
    let base = Base::open().await;
    let shop = base.shop("a", "generic").await;
    let hash = crate::crypto::mac::hex(&crate::crypto::tokens::hash(&shop.token));
    assert_eq!(base.store.find_key_holder(&hash).await.unwrap().map(|holder| holder.tenant), Some(shop.tenant));
    let row = tenant::ActiveModel { id: Set(shop.tenant.0), state: Set("suspended".to_owned()), ..Default::default() };
    base.store.solo(Role::Engine, move |tx| Box::pin(async move { row.update(tx).await.map(drop) })).await.unwrap();
    let found = base.store.find_key_holder(&hash).await.unwrap().is_some();
    assert!(found && base.store.tenant(shop.tenant).key_is_valid(shop.key).await.unwrap(), "whether it is stopped, the directory says");
    base.revoke(&shop).await;
    assert_eq!(base.store.find_key_holder(&hash).await.unwrap(), None);
    assert!(!base.store.tenant(shop.tenant).key_is_valid(shop.key).await.unwrap());
}

#[actix_web::test]
async fn what_is_unrouted_is_kept_cut_and_without_nul() {
    let base = Base::open().await;
    let raw = format!("\0{}", "ñ".repeat(MAX_RAW));
    let row = NewUnrouted { id: None, channel: "whatsapp", account: Some("1".to_owned()), inbox: None, reason: "unknown_account", raw };
    base.store.keep_unrouted(vec![row; 250], NOW).await.unwrap();
    let kept = read_as(&base.store, Role::Engine, |tx| Box::pin(unrouted::Entity::find().all(tx))).await.unwrap();
    assert_eq!(kept.len(), 250);
    assert!(kept.iter().all(|row| row.raw.len() <= MAX_RAW + 2 && !row.raw.contains('\0')));
}
