//! Who looks and who writes, through the door.

use crate::domain::inbox::ChannelKind;
use crate::domain::permission::Role;
use crate::http::testkit::Door;
use crate::ports::engine::LiveEvent;
use actix_web::http::Method;
use serde_json::json;
use std::time::Duration;

#[actix_web::test]
async fn a_sign_is_shown_and_told_until_it_is_over() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let (ana, ben) = (door.member(&shop, Role::Member, None, None).await, door.member(&shop, Role::Member, None, None).await);
    let path = format!("/api/v1/conversations/{}/presence", talk.id);
    let mut heard = door.engine.live.subscribe();
    let say = async |doing: &str| door.as_member(&ana, Method::POST, &path, Some(json!({"doing": doing}))).await.status;
    let shown = async || door.as_member(&ben, Method::GET, &path, None).await.json()["members"].clone();
    assert_eq!(say("typing").await, 204);
    let Ok(LiveEvent::Presence { conversation, watcher, .. }) = heard.try_recv() else { panic!("nothing was told") };
    assert_eq!((conversation, watcher.member, watcher.typing.is_some()), (talk.id, ana.id, true));
    let (now, seconds) = (door.state.clock.now(), |seconds| door.state.clock.now().after(Duration::from_secs(seconds)));
    assert_eq!(shown().await, json!([{"member_id": ana.id, "viewing_until": seconds(60), "typing_until": seconds(10)}]), "{now}");
    door.base.clock.advance(Duration::from_secs(11));
    assert_eq!(shown().await[0]["typing_until"], json!(null));
    door.base.clock.advance(Duration::from_secs(50));
    assert_eq!(shown().await, json!([]));
    assert_eq!((say("viewing").await, shown().await.as_array().map(Vec::len)), (204, Some(1)));
    assert_eq!((say("gone").await, shown().await), (204, json!([])));
}

#[actix_web::test]
async fn conv_95_nobody_is_told_of_what_is_not_seen_and_programs_look_at_nothing() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let other = door.shop("b", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let (ana, blind) = (door.member(&shop, Role::Member, None, None).await, door.member(&shop, Role::Member, None, Some("[]")).await);
    let stranger = door.member(&other, Role::Member, None, None).await;
    let path = format!("/api/v1/conversations/{}/presence", talk.id);
    let mut heard = door.engine.live.subscribe();
    for member in [&blind, &stranger] {
        assert_eq!(door.as_member(member, Method::POST, &path, Some(json!({"doing": "viewing"}))).await.status, 404);
        assert_eq!(door.as_member(member, Method::GET, &path, None).await.status, 404);
    }
    assert_eq!(door.post(&shop, &path, json!({"doing": "viewing"})).await.status, 403);
    for body in [json!({}), json!({"doing": "sleeping"}), json!({"doing": "viewing", "for": 9})] {
        assert_eq!(door.as_member(&ana, Method::POST, &path, Some(body)).await.status, 422);
    }
    assert!(heard.try_recv().is_err(), "nothing was told");
    assert_eq!(door.get(&shop, &path).await.json()["members"], json!([]));
}
