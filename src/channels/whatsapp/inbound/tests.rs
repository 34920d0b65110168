//! Deliveries as WhatsApp sends them (`fixtures/`, ids invented) and as nobody should.

use super::*;
use crate::domain::content::MessageKind;
use crate::domain::delivery::{Address, AddressKind, DeliveryState, Item, ItemBody, StatusUpdate};
use crate::domain::time::Timestamp;
use std::fmt::Write;

macro_rules! fixture {
    ($name:literal) => {
        parse(include_bytes!(concat!("../fixtures/", $name, ".json"))).expect($name)
    };
}

fn item(update: &Update) -> &Item {
    match update {
        Update::Item(item) => item,
        Update::Status(_) | Update::Unrouted { .. } => panic!("no item: {update:?}"),
    }
}

fn status(update: &Update) -> &StatusUpdate {
    match update {
        Update::Status(status) => status,
        Update::Item(_) | Update::Unrouted { .. } => panic!("no status: {update:?}"),
    }
}

fn word(update: &Update) -> &'static str {
    match update {
        Update::Item(_) => "item",
        Update::Status(_) => "status",
        Update::Unrouted { reason, .. } => reason,
    }
}

fn words(account: &AccountUpdates) -> Vec<&'static str> {
    account.updates.iter().map(word).collect()
}

fn user(id: &str) -> Address {
    Address::new(AddressKind::WaUser, id)
}

fn phone(number: &str) -> Address {
    Address::new(AddressKind::WaPhone, number)
}

#[test]
fn conv_60_every_entry_change_message_and_status_is_read_and_grouped_by_account() {
    let accounts = fixture!("several_accounts");
    let keys: Vec<_> = accounts.iter().map(|account| account.account.as_deref()).collect();
    assert_eq!(keys, [Some("1090000000001"), Some("1090000000002")]);
    let ids: Vec<_> = accounts[0].updates.iter().map(|update| item(update).external_id.as_str()).collect();
    assert_eq!(ids, ["wamid.B1", "wamid.A1", "wamid.A2"], "in the order of the delivery");
    assert_eq!(words(&accounts[1]), ["status", "status", "unknown_status"]);
}

#[test]
fn conv_59_a_message_is_known_by_its_own_id_however_it_is_delivered() {
    let (once, again) = (fixture!("several_accounts"), fixture!("several_accounts"));
    assert_eq!(once, again);
    let beto = item(&once[0].updates[0]);
    assert_eq!(beto.body.content().map(|content| content.text.as_str()), Some("oi 😀"));
    assert_eq!(beto.occurred_at, Some(Timestamp::from_secs(1_760_000_001)));
    assert_eq!(beto.peer.display_name.as_deref(), Some("Beto"), "paired by id, not by place");
    assert_eq!(beto.raw, None);
}

#[test]
fn conv_73_the_reply_goes_to_the_number_verbatim_and_variants_are_only_looked_up() {
    let accounts = fixture!("several_accounts");
    let ana = item(&accounts[0].updates[1]);
    assert_eq!(ana.peer.thread, [user("MX.1349120000000001"), phone("5215512345678")]);
    assert_eq!(ana.peer.reply_to, Some(phone("5215512345678")));
    assert_eq!(ana.peer.lookup, [phone("525512345678")]);
    assert_eq!(ana.peer.person[0], Address::new(AddressKind::Phone, "+5215512345678"));
    assert!(ana.body.attachments()[0].voice);
    let beto = item(&accounts[0].updates[0]);
    assert_eq!(beto.peer.lookup, [phone("551187654321")]);
}

#[test]
fn conv_75_a_tap_carries_its_button_and_the_message_it_answers() {
    let accounts = fixture!("several_accounts");
    let content = item(&accounts[0].updates[2]).body.content().unwrap();
    assert_eq!((content.kind, content.text.as_str()), (MessageKind::Button, "Confirmar"));
    assert_eq!((content.button_id.as_deref(), content.reply_to.as_deref()), (Some("confirm:42"), Some("wamid.OUT1")));
}

#[test]
fn conv_67_a_status_has_our_reference_and_a_reason_without_customer_data() {
    let accounts = fixture!("several_accounts");
    let delivered = status(&accounts[1].updates[0]);
    assert_eq!((delivered.external_id.as_str(), delivered.state), ("wamid.OUT1", DeliveryState::Delivered));
    assert_eq!(delivered.reference.as_deref(), Some("0198c0de-0000-7000-8000-000000000001"));
    assert_eq!((delivered.at, &delivered.error), (Some(Timestamp::from_secs(1_760_000_005)), &None));
    let failed = status(&accounts[1].updates[1]);
    assert_eq!((failed.state, failed.error.as_deref()), (DeliveryState::Failed, Some("131049 Message undeliverable")));
}

#[test]
fn conv_72_a_person_without_a_number_is_reached_by_the_business_scoped_id() {
    let accounts = fixture!("user_without_phone");
    let peer = &item(&accounts[0].updates[0]).peer;
    assert_eq!(peer.thread, [user("MX.1349120000000009")]);
    assert_eq!(peer.reply_to, Some(user("MX.1349120000000009")));
    assert_eq!(peer.person, [user("MX.1349120000000009")]);
    assert!(peer.lookup.is_empty());
    assert_eq!(peer.display_name.as_deref(), Some("luz"));
}

#[test]
fn a_poisoned_item_never_spoils_its_neighbours() {
    let accounts = fixture!("poisoned_batch");
    assert_eq!((accounts[0].account.as_deref(), words(&accounts[0])), (None, vec!["malformed_entry", "malformed_change"]));
    let expected = [
        "malformed_message",
        "malformed_message",
        "no_sender",
        "item",
        "malformed_message",
        "malformed_message",
        "item",
        "malformed_status",
        "malformed_status",
        "status",
        "value_error",
    ];
    assert_eq!(words(&accounts[1]), expected);
    let cut = item(&accounts[1].updates[3]);
    assert_eq!(cut.body.content().unwrap().text, "cut \u{fffd}", "half an emoji is repaired");
    assert_eq!((cut.occurred_at, cut.peer.display_name.as_deref()), (None, Some("Ana \u{fffd}")));
    assert_eq!(item(&accounts[1].updates[6]).body.content().unwrap().text, "good\u{fffd}");
}

#[test]
fn conv_68_reactions_and_welcome_events_found_no_conversation() {
    let accounts = fixture!("edits_and_reactions");
    let updates = &accounts[0].updates;
    let reaction = |index: usize| item(&updates[index]).body.clone();
    assert_eq!(reaction(0), ItemBody::Reaction { target: "wamid.OUT1".into(), emoji: Some("👍".into()) });
    for removed in [1, 2] {
        assert_eq!(reaction(removed), ItemBody::Reaction { target: "wamid.OUT1".into(), emoji: None });
    }
    assert_eq!([word(&updates[5]), word(&updates[6])], ["request_welcome", "ephemeral"]);
    assert!(updates[..5].iter().all(|update| !item(update).body.founds_conversation()));
}

#[test]
fn edits_and_deletions_name_the_message_they_are_about() {
    let accounts = fixture!("edits_and_reactions");
    let edit = item(&accounts[0].updates[3]);
    let ItemBody::Edited { target, content } = &edit.body else { panic!("no edit") };
    assert_eq!((edit.external_id.as_str(), target.as_str()), ("wamid.E1", "wamid.A1"));
    assert_eq!((content.text.as_str(), content.reply_to.as_deref()), ("a las 16:00", Some("wamid.OUT1")));
    assert_eq!(item(&accounts[0].updates[4]).body, ItemBody::Deleted { target: "wamid.A1".into() });
}

#[test]
fn conv_64_a_phone_echo_belongs_to_the_customer_it_went_to() {
    let accounts = fixture!("phone_echoes");
    let echo = item(&accounts[0].updates[0]);
    let ItemBody::Echo { content, reference } = &echo.body else { panic!("no echo") };
    assert_eq!((content.text.as_str(), reference), ("Soy Marta", &None));
    assert_eq!(echo.peer.thread, [user("MX.1349120000000001"), phone("5215512345678")]);
    assert!(!echo.peer.person.contains(&Address::new(AddressKind::Phone, "+15550100001")), "never our own number");
    assert_eq!(item(&accounts[0].updates[1]).body, ItemBody::Deleted { target: "wamid.H1".into() });
    assert_eq!([word(&accounts[0].updates[2]), word(&accounts[0].updates[3])], ["own_event", "no_sender"]);
}

#[test]
fn conv_63_an_echo_of_our_own_send_carries_our_reference() {
    let echo = r#"{"entry":[{"id":"1","changes":[{"field":"message_echoes","value":{"metadata":{"phone_number_id":"9"},
        "message_echoes":[{"id":"wamid.O","to":"5255","type":"text","text":{"body":"x"},"biz_opaque_callback_data":"ref-1"}]}}]}]}"#;
    let accounts = parse(echo.as_bytes()).unwrap();
    let ItemBody::Echo { reference, .. } = &item(&accounts[0].updates[0]).body else { panic!("no echo") };
    assert_eq!(reference.as_deref(), Some("ref-1"));
}

#[test]
fn a_change_of_number_or_id_links_the_old_and_the_new_spelling() {
    let accounts = fixture!("changed_numbers");
    assert_eq!(words(&accounts[0]), ["item", "item", "unknown_system", "malformed_message", "item", "malformed_user_id_update"]);
    let moved = item(&accounts[0].updates[0]);
    assert_eq!((moved.external_id.as_str(), &moved.body), ("wamid.S1", &ItemBody::ContactUpdated));
    assert_eq!(moved.peer.thread, [user("MX.2"), phone("5215599990000"), user("MX.1"), phone("5215512345678")]);
    assert_eq!(moved.peer.reply_to, Some(phone("5215599990000")));
    let older = item(&accounts[0].updates[1]);
    assert_eq!(older.peer.thread, [phone("5215599990000"), phone("5215512345678")]);
    let renamed = item(&accounts[0].updates[4]);
    assert_eq!(renamed.external_id, "user_id_update:MX.2:MX.3:1760000009");
    assert_eq!(renamed.peer.thread, [user("MX.3"), phone("5215599990000"), user("MX.2")]);
    assert_eq!(renamed.body, ItemBody::ContactUpdated);
}

#[test]
fn a_group_is_a_room_and_nobody_in_it_is_linked_to_it() {
    let accounts = fixture!("group_message");
    let message = item(&accounts[0].updates[0]);
    let room = Address::new(AddressKind::Room, "Y2FwaV9ncm91cDox");
    assert!(message.peer.group && message.peer.person.is_empty() && message.peer.lookup.is_empty());
    assert_eq!((&message.peer.thread, &message.peer.reply_to), (&vec![room.clone()], &Some(room)));
    assert_eq!(message.raw.as_ref().map(|raw| raw["from"].clone()), Some(json!("5215512345678")));
}

#[test]
fn other_fields_are_kept_with_a_fixed_reason() {
    let accounts = fixture!("other_fields");
    assert_eq!(accounts[0].account.as_deref(), Some("1090000000001"));
    assert_eq!(words(&accounts[0]), ["user_preferences", "history", "empty_change"]);
    assert_eq!((accounts[1].account.as_deref(), words(&accounts[1])), (None, vec!["unknown_field", "unknown_field", "malformed_change"]));
    let Update::Unrouted { raw, .. } = &accounts[1].updates[0] else { panic!("kept") };
    assert_eq!((&raw["id"], &raw["time"]), (&json!("200000000000001"), &json!(1_760_000_000)));
    assert_eq!(raw["changes"][0]["value"]["message_template_id"], json!(9_007_199_254_740_993_u64));
}

#[test]
fn the_dashboards_test_is_an_ordinary_message_of_an_unknown_account() {
    let accounts = fixture!("dashboard_test");
    assert_eq!(accounts[0].account.as_deref(), Some("123456123"));
    assert_eq!(words(&accounts[0]), ["item"]);
}

#[test]
fn only_a_json_object_is_a_delivery() {
    for body in ["", "{", "nonsense", "{\"entry\":[}", "{} {}", "\u{feff}{}"] {
        assert!(matches!(parse(body.as_bytes()), Err(ParseError::Json(_))), "{body}");
    }
    for body in ["[]", "null", "7", "\"text\"", "[[\"whatsapp_business_account\"]]"] {
        assert!(matches!(parse(body.as_bytes()), Err(ParseError::NotAnObject)), "{body}");
    }
    assert!(matches!(parse(b"\xff\xfe"), Err(ParseError::Json(_))));
    assert_eq!(parse(b" {} ").unwrap(), []);
    assert_eq!(parse(br#"{"object":"whatsapp_business_account","entry":null}"#).unwrap(), []);
    assert_eq!(words(&parse(br#"{"object":"page","entry":[{"id":"1"}]}"#).unwrap()[0]), ["unknown_object"]);
    assert_eq!(words(&parse(br#"{"entry":{"id":"1"}}"#).unwrap()[0]), ["malformed_entry"]);
}

fn delivery(messages: &str) -> Vec<AccountUpdates> {
    let head = r#"{"entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"9"},"messages":["#;
    parse(format!("{head}{messages}]}}}}]}}]}}").as_bytes()).expect("a delivery")
}

#[test]
fn deep_nesting_is_kept_as_text_and_costs_no_stack() {
    let depth = 100_000;
    let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let good = r#"{"id":"wamid.1","from":"5255","type":"text","text":{"body":"x"}}"#;
    let accounts = delivery(&format!(r#"{{"id":"wamid.0","from":"5255","type":"x","x":{nested}}},{nested},{good}"#));
    assert_eq!(words(&accounts[0]), ["item", "malformed_message", "item"]);
    assert!(item(&accounts[0].updates[0]).raw.as_ref().unwrap().is_string());
}

#[test]
fn edits_inside_edits_are_not_followed() {
    let depth = 50_000;
    let open = r#"{"type":"edit","edit":{"original_message_id":"w","message":"#.repeat(depth);
    let nested = format!("{open}{{}}{}", "}}".repeat(depth));
    let outer = format!(r#"{{"id":"wamid.0","from":"5255","type":"edit","edit":{{"original_message_id":"w","message":{nested}}}}}"#);
    let accounts = delivery(&outer);
    let content = item(&accounts[0].updates[0]).body.content().unwrap();
    assert_eq!((content.kind, content.text.as_str()), (MessageKind::Unsupported, "[edit]"));
}

#[test]
fn ten_thousand_messages_are_read_in_one_pass() {
    let (mut messages, mut contacts) = (String::new(), String::new());
    for index in 0..10_000 {
        let comma = if index == 0 { "" } else { "," };
        let number = 5_215_500_000_000_u64 + index;
        write!(
            messages,
            r#"{comma}{{"id":"wamid.{index}","from":"{number}","timestamp":"1760000000","type":"text","text":{{"body":"h"}}}}"#
        )
        .unwrap();
        write!(contacts, r#"{comma}{{"wa_id":"{number}","user_id":"MX.{index}","profile":{{"name":"N{index}"}}}}"#).unwrap();
    }
    let value = format!(r#"{{"metadata":{{"phone_number_id":"9"}},"contacts":[{contacts}],"messages":[{messages}]}}"#);
    let body = format!(r#"{{"entry":[{{"id":"1","changes":[{{"field":"messages","value":{value}}}]}}]}}"#);
    let accounts = parse(body.as_bytes()).unwrap();
    assert_eq!((accounts.len(), accounts[0].updates.len()), (1, 10_000));
    let last = item(&accounts[0].updates[9_999]);
    assert_eq!((last.external_id.as_str(), last.peer.display_name.as_deref()), ("wamid.9999", Some("N9999")));
    assert_eq!(last.peer.thread[0], user("MX.9999"));
}

#[test]
fn ten_thousand_accounts_keep_their_order() {
    let entry = |index: u32| {
        let value = format!(r#"{{"metadata":{{"phone_number_id":{index}}},"statuses":[{{"id":"w","status":"read"}}]}}"#);
        format!(r#"{{"id":"{index}","changes":[{{"field":"messages","value":{value}}}]}}"#)
    };
    let entries = (0..10_000).map(entry).collect::<Vec<_>>().join(",");
    let accounts = parse(format!(r#"{{"entry":[{entries}]}}"#).as_bytes()).unwrap();
    assert_eq!(accounts.len(), 10_000);
    assert!(accounts.iter().enumerate().all(|(index, account)| account.account == Some(index.to_string())));
}

#[test]
fn kept_json_never_holds_nul_and_long_ids_become_digests() {
    let id = "w".repeat(300);
    let accounts = delivery(&format!(r#"{{"id":"{id}","from":"52\u0000","type":"new","new":{{"a\u0000":"b\u0000"}}}}"#));
    let item = item(&accounts[0].updates[0]);
    assert_eq!(item.external_id.len(), 64);
    assert!(!serde_json::to_string(item).unwrap().contains("\\u0000"));
}

proptest::proptest! {
    #[test]
    fn no_body_breaks_the_parser(body: Vec<u8>) {
        let _ = parse(&body);
    }

    #[test]
    fn no_message_is_lost(json in proptest::collection::vec(r#"(null|7|"x"|\[\]|\{"(id|from|type|text|edit)":("text"|"edit"|"1"|\{\}|\[1\])\})"#, 1..9)) {
        let accounts = delivery(&json.join(","));
        assert_eq!(accounts.iter().map(|account| account.updates.len()).sum::<usize>(), json.len());
    }
}
