//! Exact bodies, and what is refused before a call.

use super::*;
use uuid::Uuid;

fn build(to: (AddressKind, &str), content: &Content) -> Result<Value, BodyError> {
    message(OutboxId(Uuid::from_u128(7)), &Address::new(to.0, to.1), content)
}

fn to_ana(content: &Content) -> Result<Value, BodyError> {
    build((AddressKind::WaPhone, "5215512345678"), content)
}

fn buttons(list: &[(&str, &str)]) -> Vec<Button> {
    list.iter().map(|(id, title)| Button { id: (*id).to_owned(), title: (*title).to_owned() }).collect()
}

fn file(kind: MessageKind) -> Attachment {
    Attachment {
        kind,
        mime_type: "x/y".into(),
        provider_ref: None,
        url: Some("https://files.example/a".into()),
        file_name: None,
        sha256: None,
        size: None,
        voice: false,
        file: None,
    }
}

#[test]
fn a_text_goes_to_the_number_verbatim_with_a_plus_and_our_reference() {
    let content = Content { reply_to: Some("wamid.IN".into()), ..Content::text("hola") };
    assert_eq!(
        to_ana(&content),
        Ok(json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "+5215512345678",
            "type": "text",
            "text": {"body": "hola"},
            "context": {"message_id": "wamid.IN"},
            "biz_opaque_callback_data": "00000000-0000-0000-0000-000000000007",
        }))
    );
}

#[test]
fn hidden_numbers_and_groups_are_reached_by_their_own_ids() {
    let content = Content::text("hola");
    let user = build((AddressKind::WaUser, "MX.1"), &content).unwrap();
    assert_eq!((&user["recipient"], &user["to"]), (&json!("MX.1"), &Value::Null));
    let group = build((AddressKind::Room, "G1"), &content).unwrap();
    assert_eq!((&group["recipient_type"], &group["to"]), (&json!("group"), &json!("G1")));
    assert_eq!(build((AddressKind::Phone, "+5255"), &content).unwrap()["to"], json!("+5255"));
    for wrong in [(AddressKind::Email, "a@b.example"), (AddressKind::External, "u"), (AddressKind::WaPhone, "")] {
        assert_eq!(build(wrong, &content), Err(BodyError::Address));
    }
}

#[test]
fn up_to_three_buttons_are_interactive() {
    let content = Content { buttons: buttons(&[("y", "Sí"), ("n", "No")]), ..Content::text("¿Confirmas?") };
    let body = to_ana(&content).unwrap();
    assert_eq!(body["type"], json!("interactive"));
    assert_eq!(
        body["interactive"],
        json!({"type": "button", "body": {"text": "¿Confirmas?"}, "action": {"buttons": [
            {"type": "reply", "reply": {"id": "y", "title": "Sí"}},
            {"type": "reply", "reply": {"id": "n", "title": "No"}},
        ]}})
    );
}

#[test]
fn buttons_that_whatsapp_would_refuse_become_a_numbered_list() {
    let long = "x".repeat(21);
    for (list, text) in [
        (vec![("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")], "?\n\n1. A\n2. B\n3. C\n4. D"),
        (vec![("a", "Same"), ("b", "Same")], "?\n\n1. Same\n2. Same"),
        (vec![("a", "A"), ("a", "B")], "?\n\n1. A\n2. B"),
        (vec![("", "A")], "?\n\n1. A"),
        (vec![("a", " "), ("b", "B")], "?\n\n1. B"),
        (vec![("a", long.as_str())], "?\n\n1. xxxxxxxxxxxxxxxxxxxxx"),
    ] {
        let body = to_ana(&Content { buttons: buttons(&list), ..Content::text("?") }).unwrap();
        assert_eq!(body["text"], json!({"body": text}));
    }
    // Twenty characters, not bytes, are allowed.
    let accents = "é".repeat(20);
    let fits = Content { buttons: buttons(&[("a", accents.as_str())]), ..Content::text("?") };
    assert_eq!(to_ana(&fits).unwrap()["type"], json!("interactive"));
    let above_long_text = Content { buttons: buttons(&[("a", "A")]), ..Content::text("t".repeat(1025)) };
    assert_eq!(to_ana(&above_long_text).unwrap()["type"], json!("text"));
}

#[test]
fn what_does_not_fit_is_refused_and_never_cut() {
    assert!(to_ana(&Content::text("é".repeat(4096))).is_ok());
    assert_eq!(to_ana(&Content::text("é".repeat(4097))), Err(BodyError::TooLong));
    assert_eq!(to_ana(&Content::text(" \n")), Err(BodyError::Empty));
    let choices = Content { buttons: buttons(&[("a", "A")]), ..Content::text("t".repeat(4095)) };
    assert_eq!(to_ana(&choices), Err(BodyError::TooLong));
}

#[test]
fn a_template_carries_positional_parameters() {
    let template = Template {
        name: "reminder".into(),
        language: "es_MX".into(),
        parameters: vec!["Ana\n\tLuz".into(), "15:30".into()],
        payloads: vec![],
    };
    let mut content = Content { kind: MessageKind::Template, template: Some(Box::new(template)), ..Content::default() };
    let body = to_ana(&content).unwrap();
    assert_eq!(
        body["template"],
        json!({"name": "reminder", "language": {"code": "es_MX"}, "components": [{"type": "body", "parameters": [
            {"type": "text", "text": "Ana Luz"}, {"type": "text", "text": "15:30"},
        ]}]})
    );
    content.template.as_mut().unwrap().parameters.clear();
    assert_eq!(to_ana(&content).unwrap()["template"], json!({"name": "reminder", "language": {"code": "es_MX"}}));
    content.template.as_mut().unwrap().parameters.push(" ".into());
    assert_eq!(to_ana(&content), Err(BodyError::Template));
    content.template = None;
    assert_eq!(to_ana(&content), Err(BodyError::Template));
}

#[test]
fn a_template_carries_what_its_quick_replies_bring_back() {
    let payloads = vec!["book:come:1:2".to_owned(), String::new(), "book:cancel:1:2".to_owned()];
    let template = Template { name: "cita".into(), language: "es_MX".into(), parameters: vec!["Ana".into()], payloads };
    let mut content = Content { kind: MessageKind::Template, template: Some(Box::new(template)), ..Content::text("Hola") };
    let components = to_ana(&content).unwrap()["template"]["components"].clone();
    assert_eq!(
        components,
        json!([
            {"type": "body", "parameters": [{"type": "text", "text": "Ana"}]},
            {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{"type": "payload", "payload": "book:come:1:2"}]},
            {"type": "button", "sub_type": "quick_reply", "index": "2", "parameters": [{"type": "payload", "payload": "book:cancel:1:2"}]},
        ])
    );
    content.template.as_mut().unwrap().payloads = vec!["x".repeat(129)];
    assert_eq!(to_ana(&content), Err(BodyError::Template));
}

#[test]
fn one_file_goes_out_with_its_caption() {
    let one = |attachment: Attachment, text: &str| Content { attachments: vec![attachment], ..Content::text(text) };
    let image = to_ana(&one(file(MessageKind::Image), "look")).unwrap();
    assert_eq!(image["image"], json!({"link": "https://files.example/a", "caption": "look"}));
    let document = to_ana(&one(Attachment { provider_ref: Some("9".into()), ..file(MessageKind::Document) }, "")).unwrap();
    assert_eq!(document["document"], json!({"id": "9", "filename": "document"}));
    let voice = to_ana(&one(Attachment { voice: true, ..file(MessageKind::Audio) }, "")).unwrap();
    assert_eq!(voice["audio"], json!({"link": "https://files.example/a", "voice": true}));
    assert_eq!(to_ana(&one(file(MessageKind::Audio), "words")), Err(BodyError::Attachments));
    assert_eq!(to_ana(&one(file(MessageKind::Image), &"x".repeat(1025))), Err(BodyError::TooLong));
    assert_eq!(to_ana(&one(Attachment { url: None, ..file(MessageKind::Image) }, "")), Err(BodyError::Attachments));
    let two = Content { attachments: vec![file(MessageKind::Image), file(MessageKind::Image)], ..Content::default() };
    assert_eq!(to_ana(&two), Err(BodyError::Attachments));
}

#[test]
fn a_read_receipt_may_show_that_we_write() {
    let plain = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.IN"});
    assert_eq!(read_receipt("wamid.IN", false), plain);
    let typing = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.IN", "typing_indicator": {"type": "text"}});
    assert_eq!(read_receipt("wamid.IN", true), typing);
}
