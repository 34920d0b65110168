//! How many bytes of files a business's plan allows.

use super::*;
use crate::store::admin::Admin;
use crate::store::admin::limits::LimitsChange;

impl House {
    fn admin(&self) -> &Admin {
        &self.door.state.models.admin
    }

    /// Bounds the bytes of the business.
    async fn bound(&self, most: Option<u64>) {
        self.admin().change_limits(self.shop.tenant, LimitsChange::default().set_file_bytes(most)).await.unwrap();
    }

    async fn used(&self) -> u64 {
        self.admin().file_bytes(self.shop.tenant).await.unwrap()
    }

    async fn note(&self, bytes: usize) -> Answer {
        self.bring("nota.txt", None, &vec![b'a'; bytes]).await
    }
}

fn full(answer: &Answer) -> bool {
    (answer.status, answer.json()["code"].as_str()) == (409, Some("limit_reached"))
}

#[actix_web::test]
async fn files_come_up_to_the_last_byte_and_what_goes_makes_room() {
    for it in House::both().await {
        it.bound(Some(100)).await;
        let first = id(&it.note(60).await);
        let refused = it.note(41).await;
        assert!(full(&refused), "{}", refused.text);
        assert!(refused.text.contains("allows 100 bytes") && refused.text.contains("60 are taken"), "{}", refused.text);
        assert_eq!(it.note(40).await.status, 201, "the last byte is the business's own");
        assert_eq!(it.used().await, 100);
        assert!(full(&it.note(1).await));
        assert_eq!(it.door.ask(&it.shop, Method::DELETE, &format!("{PATH}/{first}"), None).await.status, 204);
        it.sweep().await;
        assert_eq!((it.used().await, it.door.files.names().len()), (40, 1), "what was refused has left nothing");
        assert_eq!(it.note(60).await.status, 201);
        let foreign =
            it.door.call(posted(form(&[("file", Some("a.txt"), None, b"hola")])).insert_header(("x-api-key", it.other.token.clone())));
        assert_eq!(foreign.await.status, 201, "each business has room of its own");
        assert_eq!(it.used().await, 100);
    }
}

#[actix_web::test]
async fn however_many_come_at_once_no_more_come_than_there_is_room_for() {
    for it in House::both().await {
        it.bound(Some(100)).await;
        let all = (0..6).map(|_| it.note(30));
        let answers = futures::future::join_all(all).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 3);
        assert_eq!(answers.iter().filter(|answer| full(answer)).count(), 3);
        it.sweep().await;
        assert_eq!((it.used().await, it.door.files.names().len()), (90, 3));
    }
}

#[actix_web::test]
async fn a_repeat_takes_no_room_and_none_at_all_refuses_everything() {
    for it in House::both().await {
        it.bound(Some(10)).await;
        let keyed = || posted(form(&[("file", Some("nota.txt"), None, b"0123456789")])).insert_header(("idempotency-key", "k"));
        let header = || ("x-api-key", it.shop.token.clone());
        let first = it.door.call(keyed().insert_header(header())).await;
        assert_eq!((first.status, it.used().await), (201, 10));
        let again = it.door.call(keyed().insert_header(header())).await;
        assert_eq!((again.status, again.header("idempotent-replayed"), it.used().await), (201, "true", 10));
        it.bound(Some(0)).await;
        assert!(full(&it.note(1).await));
        it.bound(None).await;
        assert_eq!(it.note(50).await.status, 201);
        assert_eq!(it.used().await, 60, "it is counted without a bound too");
    }
}

/// What does not fit must not be written to disk first, and no picture be made small in vain.
#[actix_web::test]
async fn what_cannot_fit_is_refused_before_a_byte_of_it_is_kept() {
    for it in House::both().await {
        it.bound(Some(100_000)).await;
        assert_eq!(it.note(99_999).await.status, 201);
        // Whoever came so far as to write would be told that the store is away.
        it.door.files.fail(Failing::Begin, 3);
        assert!(full(&it.note(2).await), "one byte is left");
        assert_eq!(it.note(1).await.status, 503, "and that one would be written");
        it.bound(Some(200_000)).await;
        let announced = |length: usize| {
            let request = posted(form(&[("file", Some("nota.txt"), None, b"hola")])).insert_header(("x-api-key", it.shop.token.clone()));
            it.door.call(request.insert_header(("content-length", length.to_string())))
        };
        assert!(full(&announced(64 * 1024 + 100_002).await), "its length says that it cannot fit");
        assert_eq!(announced(64 * 1024 + 100_001).await.status, 503, "it may be form and nothing else");
        it.sweep().await;
        assert_eq!((it.used().await, it.door.files.names().len()), (99_999, 1));
    }
}

/// The first answer was lost, and meanwhile the plan was lowered: the file is there, and whoever asks again is told so.
#[actix_web::test]
async fn a_repeat_is_answered_whatever_the_plan_says_now_and_nothing_of_it_is_kept() {
    for it in House::both().await {
        let keyed = |bytes: &[u8]| {
            let request = posted(form(&[("file", Some("nota.txt"), None, bytes)])).insert_header(("idempotency-key", "k"));
            it.door.call(request.insert_header(("x-api-key", it.shop.token.clone())))
        };
        let first = id(&keyed(b"0123456789").await);
        it.bound(Some(5)).await;
        it.door.files.fail(Failing::Begin, 9);
        let again = keyed(b"0123456789").await;
        assert_eq!((again.status, again.header("idempotent-replayed"), id(&again)), (201, "true", first), "{}", again.text);
        let other = keyed(b"9876543210").await;
        assert_eq!(told(&other), (422, "Idempotency-Key".to_owned()), "{}", other.text);
        it.sweep().await;
        assert_eq!((it.used().await, it.door.files.names().len()), (10, 1));
    }
}
