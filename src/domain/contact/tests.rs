//! Fields, attributes and merges, without a database.

use super::merge::{Filled, Known, conflict};
use super::{ATTRIBUTES_BYTES, MOST_ATTRIBUTES, NAMELESS, Typed, locale, name_key, note, stored_attributes, with_attributes};
use serde_json::{Map, Value, json};

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[test]
fn names_are_ordered_without_accents_and_the_nameless_come_last() {
    assert_eq!(name_key(Some(" Ángel ÑANDÚ ")), "angel nandu");
    assert_eq!((name_key(None), name_key(Some(" "))), (NAMELESS.to_owned(), NAMELESS.to_owned()));
    assert!(name_key(Some("🦀 zzz")).as_str() < NAMELESS);
}

#[test]
fn every_field_that_does_not_fit_is_named() {
    let cases = [
        (Typed { name: Some(Some("")), ..Typed::default() }, "name"),
        (Typed { name: Some(Some("a\nb")), ..Typed::default() }, "name"),
        (Typed { phone: Some(Some("5512345678")), ..Typed::default() }, "phone"),
        (Typed { email: Some(Some("nobody")), ..Typed::default() }, "email"),
        (Typed { locale: Some(Some("spanish")), ..Typed::default() }, "locale"),
        (Typed { attributes: map(json!({"a": [1]})), ..Typed::default() }, "attributes.a"),
        (Typed { attributes: map(json!({"a": "x".repeat(1_001)})), ..Typed::default() }, "attributes.a"),
        (Typed { attributes: map(json!({"": 1})), ..Typed::default() }, "attributes"),
    ];
    for (typed, field) in cases {
        assert_eq!(typed.read().map_err(|wrong| wrong.field), Err(field.to_owned()));
    }
    let typed =
        Typed { phone: Some(Some("+52 (55) 1234-5678")), email: Some(Some("Ana@Example.COM")), name: Some(None), ..Typed::default() };
    let read = typed.read().unwrap();
    assert_eq!((read.phone, read.name, read.locale), (Some(Some("+525512345678".to_owned())), Some(None), None));
    assert_eq!(read.email.flatten().map(|email| email.to_lowercase()), Some("ana@example.com".to_owned()));
}

#[test]
fn attributes_are_bounded_in_number_and_in_size_and_null_takes_one_away() {
    let before = map(json!({"plan": "gold", "age": 7}));
    let after = with_attributes(&before, map(json!({"plan": null, "vip": true}))).unwrap();
    assert_eq!(Value::Object(after), json!({"age": 7, "vip": true}));
    let many = |count: usize| (0..count).map(|number| (format!("k{number}"), json!(1))).collect::<Map<_, _>>();
    assert!(with_attributes(&Map::new(), many(MOST_ATTRIBUTES)).is_ok());
    assert_eq!(with_attributes(&Map::new(), many(MOST_ATTRIBUTES + 1)).map_err(|wrong| wrong.field), Err("attributes".to_owned()));
    let long = (0..9).map(|number| (format!("k{number}"), json!("x".repeat(ATTRIBUTES_BYTES / 8)))).collect::<Map<_, _>>();
    assert!(with_attributes(&Map::new(), long).is_err());
    assert!(stored_attributes("no JSON").is_empty());
}

#[test]
fn tags_and_notes_have_a_shape() {
    assert!(locale("es-MX").is_some() && locale("nah").is_some() && locale("ES").is_none() && locale("es-").is_none());
    assert!(note(" x ").is_some_and(|text| text == "x") && note(" \n").is_none() && note(&"x".repeat(10_001)).is_none());
}

fn known(name: Option<&str>, phone: Option<&str>, attributes: Value) -> Known {
    Known { name: name.map(str::to_owned), phone: phone.map(str::to_owned), attributes: attributes.to_string(), ..Known::default() }
}

#[test]
fn conv_98_a_merge_fills_gaps_only_and_its_undo_takes_back_what_was_filled_and_nothing_else() {
    let survivor = known(Some("Ana"), None, json!({"plan": "gold"}));
    let other = known(Some("A. López"), Some("+525512345678"), json!({"plan": "silver", "vip": true}));
    let filled = Filled::of(&survivor, &other);
    let merged = filled.added(&survivor).unwrap();
    assert_eq!((merged.name.as_deref(), merged.phone.as_deref()), (Some("Ana"), Some("+525512345678")));
    assert_eq!(stored_attributes(&merged.attributes), map(json!({"plan": "gold", "vip": true})));
    assert_eq!(filled.taken(&merged), survivor);
    let since = Known { phone: Some("+525587654321".to_owned()), attributes: json!({"vip": false}).to_string(), ..merged };
    let back = filled.taken(&since);
    assert_eq!((back.phone.as_deref(), back.attributes.as_str()), (Some("+525587654321"), r#"{"vip":false}"#));
}

#[test]
fn a_merge_never_outgrows_the_bounds_of_attributes() {
    let full = (0..MOST_ATTRIBUTES).map(|number| (format!("k{number}"), json!(1))).collect::<Map<_, _>>();
    let filled = Filled::of(&known(None, None, Value::Object(full.clone())), &known(None, None, json!({"one": "more"})));
    assert!(filled.attributes.is_empty() && filled.added(&known(None, None, Value::Object(full))).is_ok());
}

#[test]
fn conv_98_two_ids_of_one_system_prove_two_customers_and_two_numbers_do_not() {
    let of = |list: &[(&str, &str)]| list.iter().map(|(kind, value)| ((*kind).to_owned(), (*value).to_owned())).collect::<Vec<_>>();
    let (one, two) = (of(&[("external", "u-1"), ("phone", "+1")]), of(&[("phone", "+2"), ("external", "u-2")]));
    assert_eq!(conflict(&one, &two), Some(("external".to_owned(), "u-1".to_owned(), "u-2".to_owned())));
    assert_eq!(conflict(&one, &of(&[("phone", "+2"), ("wa_user", "MX.1")])), None);
}
