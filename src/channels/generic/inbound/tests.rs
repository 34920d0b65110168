//! Deliveries as adapters send them, well and badly.

use super::*;
use serde_json::json;

fn one(event: &Value) -> Result<ParsedEvent, EventError> {
    let delivery = parse_events(event.to_string().as_bytes()).unwrap();
    assert!(!delivery.batch);
    assert_eq!(delivery.events.len(), 1);
    delivery.events[0].clone()
}

fn item_of(event: &Value) -> Item {
    match one(event).unwrap().update {
        Update::Item(item) => *item,
        Update::Status(_) | Update::Unrouted { .. } => panic!("not an item"),
    }
}

fn problem(event: &Value) -> String {
    one(event).unwrap_err().to_string()
}

fn message_event() -> Value {
    json!({
        "type": "message", "event_id": "a-1", "occurred_at": "2026-01-02T03:04:05.678Z",
        "conversation": {"external_id": "room-9", "kind": "direct"},
        "contact": {"external_id": "u-77", "display_name": "Ana", "phone": "+5215512345678", "email": "Ana@Example.com", "locale": "es-MX"},
        "message": {"external_id": "m-1", "kind": "text", "text": "hola", "reply_to": "m-0", "attachments": [
            {"kind": "audio", "mime_type": "audio/ogg", "url": "https://files.example/a", "voice": true, "size": 123, "sha256": "AB".repeat(32)}]}
    })
}

/// Returns the event with the value at a JSON pointer replaced; a missing last key is added.
fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[name] = value;
    event
}

#[test]
fn the_message_of_the_reference_is_understood() {
    let parsed = one(&message_event()).unwrap();
    assert_eq!(parsed.event_id, "a-1");
    let item = item_of(&message_event());
    assert_eq!((item.external_id.as_str(), item.message_id.as_deref()), ("a-1", Some("m-1")));
    assert_eq!(item.occurred_at, Timestamp::parse("2026-01-02T03:04:05.678Z"));
    let room = Address::new(AddressKind::Room, "room-9");
    assert_eq!(item.peer.reply_to.as_ref(), Some(&room));
    assert_eq!(item.peer.thread, [room]);
    assert_eq!(
        item.peer.person,
        [
            Address::new(AddressKind::External, "u-77"),
            Address::new(AddressKind::Phone, "+5215512345678"),
            Address::new(AddressKind::Email, "ana@example.com"),
        ]
    );
    assert_eq!((item.peer.display_name.as_deref(), item.peer.locale.as_deref(), item.peer.group), (Some("Ana"), Some("es-MX"), false));
    let content = item.body.content().unwrap();
    assert_eq!((content.text.as_str(), content.reply_to.as_deref()), ("hola", Some("m-0")));
    let file = &content.attachments[0];
    assert!(file.voice && file.kind == MessageKind::Audio && file.size == Some(123) && file.sha256 == Some("ab".repeat(32)));
}

#[test]
fn every_type_has_its_meaning() {
    let room = json!({"external_id": "r", "kind": "group"});
    let base = |kind: &str| json!({"type": kind, "event_id": "e", "conversation": room});
    let edited = with(base("message_edited"), "/message", json!({"external_id": "m-1", "text": "new"}));
    assert_eq!(item_of(&edited).body, ItemBody::Edited { target: "m-1".into(), content: Content::text("new") });
    assert!(item_of(&edited).peer.group);
    let deleted = with(base("message_deleted"), "/message", json!({"external_id": "m-1"}));
    assert_eq!(item_of(&deleted).body, ItemBody::Deleted { target: "m-1".into() });
    let echo = with(with(base("echo"), "/message", json!({"external_id": "m-2", "text": "hi"})), "/reference", json!("ours"));
    assert_eq!(item_of(&echo).body, ItemBody::Echo { content: Content::text("hi"), reference: Some("ours".into()) });
    assert_eq!(item_of(&echo).message_id.as_deref(), Some("m-2"));
    let reaction = with(base("reaction"), "/reaction", json!({"target": "m-1", "emoji": "👍"}));
    assert_eq!(item_of(&reaction).body, ItemBody::Reaction { target: "m-1".into(), emoji: Some("👍".into()) });
    let taken_back = with(base("reaction"), "/reaction", json!({"target": "m-1", "emoji": ""}));
    assert_eq!(item_of(&taken_back).body, ItemBody::Reaction { target: "m-1".into(), emoji: None });
    let tap = with(with(base("postback"), "/postback", json!({"id": "yes", "title": "Sí"})), "/contact", json!({"external_id": "u"}));
    let content = item_of(&tap).body.content().unwrap().clone();
    assert_eq!((content.kind, content.text.as_str(), content.button_id.as_deref()), (MessageKind::Button, "Sí", Some("yes")));
    let updated =
        item_of(&json!({"type": "contact_updated", "event_id": "e", "contact": {"external_id": "u", "phone": "+1 (555) 010-9999"}}));
    assert_eq!(updated.body, ItemBody::ContactUpdated);
    assert_eq!(updated.peer.person[1].value, "+15550109999");
}

#[test]
fn statuses_are_about_our_messages_and_carry_the_error() {
    let event = json!({"type": "status", "event_id": "e", "occurred_at": "2026-01-02T03:04:05Z",
        "status": {"external_id": "m-2", "state": "failed", "error": {"code": "unreachable", "message": "gone", "retry_after_s": 3}}});
    let Update::Status(status) = one(&event).unwrap().update else { panic!("no status") };
    assert_eq!((status.external_id.as_str(), status.state), ("m-2", DeliveryState::Failed));
    assert_eq!(status.error.as_deref(), Some("unreachable: gone"));
    assert!(status.at.is_some());
    assert_eq!(problem(&with(event, "/status/state", json!("lost"))), "status.state: must be one of sent, delivered, read, played, failed");
}

#[test]
fn comments_and_consents_are_kept_raw() {
    for kind in ["comment", "consent"] {
        let event = json!({"type": kind, "event_id": "e", "anything": {"else": 1}});
        assert_eq!(one(&event).unwrap().update, Update::Unrouted { reason: kind, raw: event.clone() });
    }
    assert_eq!(problem(&json!({"type": "comment"})), "event_id: is required");
}

#[test]
fn mistakes_are_named_by_their_path() {
    let cases = [
        ("/type", json!("massage"), "type: must be one of message, message_edited"),
        ("/type", json!(7), "type: must be a string"),
        ("/event_id", json!(""), "event_id: must not be empty"),
        ("/event_id", json!(null), "event_id: is required"),
        ("/occurred_at", json!("yesterday"), "occurred_at: must be an RFC 3339"),
        ("/surprise", json!(1), "surprise: is not a known field here"),
        ("/conversation", json!(null), "conversation: is required"),
        ("/conversation", json!([]), "conversation: must be an object"),
        ("/conversation/kind", json!("crowd"), "conversation.kind: must be direct or group"),
        ("/conversation/external_id", json!("r".repeat(256)), "conversation.external_id: must be at most 255 bytes"),
        ("/conversation/title", json!("x"), "conversation.title: is not a known field here"),
        ("/contact", json!(null), "contact: is required"),
        ("/contact/phone", json!("0155 1234"), "contact.phone: must be a number in E.164"),
        ("/contact/phone", json!("+٣٤٥٦٧٨٩٠"), "contact.phone: must be a number in E.164"),
        ("/contact/email", json!("ana"), "contact.email: must be an e-mail address"),
        ("/contact/display_name", json!(5), "contact.display_name: must be a string"),
        ("/message", json!(null), "message: is required"),
        ("/message/external_id", json!(12), "message.external_id: must be a string"),
        ("/message/kind", json!("template"), "message.kind: must be one of text"),
        ("/message/text", json!("x".repeat(65_537)), "message.text: must be at most 65536 bytes"),
        ("/message/attachments", json!({}), "message.attachments: must be a list"),
        ("/message/attachments", json!(vec![json!({}); 16]), "message.attachments: must have at most 15 entries"),
        ("/message/attachments/0", json!(1), "message.attachments[0]: must be an object"),
        ("/message/attachments/0/kind", json!("text"), "message.attachments[0].kind: must be one of image"),
        ("/message/attachments/0/url", json!("file:///etc/passwd"), "message.attachments[0].url: must be an http or https url"),
        ("/message/attachments/0/url", json!(format!("https://a/{}", "x".repeat(2048))), "message.attachments[0].url: must be"),
        ("/message/attachments/0/size", json!(-1), "message.attachments[0].size: must be a whole number"),
        ("/message/attachments/0/voice", json!("yes"), "message.attachments[0].voice: must be true or false"),
        ("/message/attachments/0/sha256", json!("abc"), "message.attachments[0].sha256: must be 64 hex digits"),
    ];
    for (pointer, value, expected) in cases {
        let event = if pointer.starts_with("/message/attachments/0") && pointer.len() == "/message/attachments/0".len() {
            with(message_event(), "/message/attachments", json!([value]))
        } else {
            with(message_event(), pointer, value)
        };
        let found = problem(&event);
        assert!(found.starts_with(expected), "{pointer}: {found}");
    }
    let empty = with(with(message_event(), "/message/text", json!("")), "/message/attachments", json!([]));
    assert_eq!(problem(&empty), "message.text: must not be empty where there are no attachments");
}

#[test]
fn one_bad_event_of_a_batch_does_not_spoil_the_others() {
    let bad = with(message_event(), "/message/text", json!(5));
    let delivery = parse_events(json!({"events": [message_event(), 3, message_event(), bad]}).to_string().as_bytes()).unwrap();
    assert!(delivery.batch);
    let problems: Vec<Option<String>> = delivery.events.iter().map(|event| event.as_ref().err().map(ToString::to_string)).collect();
    assert_eq!(
        problems,
        [None, Some("events[1]: must be an object".into()), None, Some("events[3].message.text: must be a string".into())]
    );
}

#[test]
fn a_delivery_that_is_no_event_is_refused_as_a_whole() {
    let whole = |body: &str| parse_events(body.as_bytes()).unwrap_err();
    for body in ["", "{", "nope", "{\"type\":\"message\"}x", "\u{feff}{}", "\"\\ud800\""] {
        assert!(matches!(whole(body), BatchError::NotJson { .. }), "{body}");
    }
    assert!(matches!(parse_events(&[0xff, 0xfe]).unwrap_err(), BatchError::NotJson { .. }));
    for body in ["[]", "null", "7", "\"x\"", "{\"events\":{}}", "{\"events\":null}"] {
        assert_eq!(whole(body), BatchError::NotAnEvent, "{body}");
    }
    assert_eq!(whole(&json!({"events": vec![1; 101]}).to_string()), BatchError::TooMany(101));
    assert_eq!(whole(r#"{"events":[],"type":"message"}"#).to_string(), "type: is not a known field here");
    assert!(parse_events(&json!({"events": vec![message_event(); 100]}).to_string().into_bytes()).is_ok());
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(whole(&deep), BatchError::NotJson { .. }));
}

#[test]
fn long_ids_are_keyed_by_their_hash_wherever_they_appear() {
    let long = "m".repeat(256);
    let item = item_of(&with(with(message_event(), "/message/external_id", json!(long)), "/event_id", json!(long)));
    let deleted =
        json!({"type": "message_deleted", "event_id": "e", "conversation": {"external_id": "r"}, "message": {"external_id": long}});
    assert_eq!(item.external_id.len(), 64);
    assert_eq!(item_of(&deleted).body, ItemBody::Deleted { target: item.message_id.unwrap() });
    let kept = item_of(&with(message_event(), "/event_id", json!("é".repeat(127))));
    assert_eq!(kept.external_id, "é".repeat(127));
}

#[test]
fn nothing_with_a_nul_gets_in() {
    let event = with(with(message_event(), "/message/text", json!("a\0b")), "/contact/display_name", json!("A\0na"));
    let item = item_of(&with(event, "/message/external_id", json!("m\0")));
    assert_eq!(item.body.content().unwrap().text, "a\u{fffd}b");
    assert_eq!(item.peer.display_name.as_deref(), Some("A\u{fffd}na"));
    assert!(!item.message_id.unwrap().contains('\0'));
    let Update::Unrouted { raw, .. } = one(&json!({"type": "comment", "event_id": "e", "x\0": [{"y": "z\0"}]})).unwrap().update else {
        panic!("not kept raw")
    };
    assert_eq!(raw, json!({"type": "comment", "event_id": "e", "x\u{fffd}": [{"y": "z\u{fffd}"}]}));
    let file = with(message_event(), "/message/attachments", json!([{"kind": "image", "url": "https://a/\0"}]));
    assert!(problem(&file).starts_with("message.attachments[0].url"));
    assert!(problem(&with(message_event(), "/conversation/external_id", json!("r\0"))).starts_with("conversation.external_id"));
}

#[test]
fn an_error_repeats_no_value_and_little_of_a_name() {
    let event = with(message_event(), "/message/kind", json!("SECRET-VALUE"));
    assert!(!problem(&event).contains("SECRET-VALUE"));
    let shown = problem(&with(message_event(), &format!("/{}", "é".repeat(500)), json!(1)));
    assert!(shown.len() < 120, "{shown}");
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = parse_events(&body);
    }

    #[test]
    fn a_cut_event_is_refused(length in 1_usize..400) {
        let body = message_event().to_string().into_bytes();
        let cut = &body[..length.min(body.len() - 1)];
        proptest::prop_assert!(parse_events(cut).is_err());
    }
}
