//! What a WhatsApp message says, in our words. Pure.
//!
//! Placeholders are `[kind]` and language-neutral, since the reader may be a person or a model of any language. Never an error: what
//! cannot be shown becomes a placeholder, and the caller keeps the provider's JSON.

use crate::channels::whatsapp::inbound::peer::{key, text_of};
use crate::channels::whatsapp::wire::{Card, FormReply, Interactive, Location, Media, Message, Order, Product, Scalar};
use crate::domain::content::{Attachment, Content, MAX_ATTACHMENTS, MessageKind, clean_text, truncate};
use serde_json::Value;

/// Longest name, link or type of a file, in bytes.
const MAX_WORD: usize = 2048;

/// Most entries of an address book, products or form fields that the text shows.
const MAX_LINES: usize = 30;

/// A message's content, and whether the provider's JSON says more than it.
pub struct Reading {
    /// What people read.
    pub content: Content,
    /// True if the JSON must be kept.
    pub partial: bool,
}

/// Reads a message of any type; one that we do not know, or whose body is missing, becomes a placeholder.
pub fn read(message: &Message) -> Reading {
    let kind = message.kind.as_deref().unwrap_or_default();
    let known = match kind {
        "text" => message.text.as_ref().and_then(|text| text.body.as_deref()).map(|body| whole(Content::text(clean_text(body)))),
        "image" => message.image.as_ref().and_then(|media| file(MessageKind::Image, media)),
        "video" => message.video.as_ref().and_then(|media| file(MessageKind::Video, media)),
        "audio" => message.audio.as_ref().and_then(|media| file(MessageKind::Audio, media)),
        "document" => message.document.as_ref().and_then(|media| file(MessageKind::Document, media)),
        "sticker" => message.sticker.as_ref().and_then(|media| file(MessageKind::Sticker, media)),
        "location" => message.location.as_ref().map(place),
        "contacts" => message.contacts.as_ref().map(|cards| address_book(&cards.0)),
        "interactive" => message.interactive.as_ref().and_then(answer),
        "button" => message.button.as_ref().and_then(|button| {
            let title = button.text.as_deref().or(button.payload.as_deref())?;
            Some(tapped(button.payload.as_deref(), title))
        }),
        "order" => message.order.as_ref().map(order),
        _ => None,
    };
    let mut reading = known.unwrap_or_else(|| placeholder(message));
    reading.content.reply_to = message.context.as_ref().and_then(|context| text_of(context.id.as_ref())).map(key);
    reading.partial |= present(message.referral.as_deref()) || present(message.errors.as_deref());
    reading
}

fn present(raw: Option<&serde_json::value::RawValue>) -> bool {
    raw.is_some_and(|raw| !matches!(raw.get(), "null" | "[]" | "{}"))
}

const fn whole(content: Content) -> Reading {
    Reading { content, partial: false }
}

fn shown(kind: MessageKind, text: &str) -> Content {
    Content { kind, ..Content::text(clean_text(text.trim())) }
}

fn placeholder(message: &Message) -> Reading {
    let kind = message.kind.as_deref().map_or("unsupported", label);
    let hint = message.unsupported.as_ref().and_then(|unsupported| unsupported.kind.as_deref()).map(label).unwrap_or_default();
    Reading { content: shown(MessageKind::Unsupported, &format!("[{kind}] {hint}")), partial: true }
}

/// A provider's word that may stand in a text: short, and nothing but letters, digits and `_`.
fn label(word: &str) -> &str {
    let plain = !word.is_empty() && word.len() <= 40 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { word } else { "unsupported" }
}

fn word(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(|text| truncate(&clean_text(text), MAX_WORD).to_owned())
}

fn file(kind: MessageKind, media: &Media) -> Option<Reading> {
    // An id or a link that is cut would fetch something else: too long is absent.
    let provider_ref = text_of(media.id.as_ref()).filter(|id| id.len() <= MAX_WORD).map(clean_text);
    let url = media.url.as_deref().filter(|url| !url.is_empty() && url.len() <= MAX_WORD).map(clean_text);
    if provider_ref.is_none() && url.is_none() {
        return None;
    }
    let attachment = Attachment {
        kind,
        mime_type: word(media.mime_type.as_ref()).unwrap_or_else(|| "application/octet-stream".to_owned()),
        provider_ref,
        url,
        file_name: word(media.filename.as_ref()),
        sha256: word(media.sha256.as_ref()),
        size: text_of(media.file_size.as_ref()).and_then(|size| size.parse().ok()),
        voice: media.voice.unwrap_or_default(),
        file: None,
    };
    let mut content = shown(kind, media.caption.as_deref().unwrap_or_default());
    content.attachments = vec![attachment];
    content.attachments.truncate(MAX_ATTACHMENTS);
    Some(whole(content))
}

fn place(location: &Location) -> Reading {
    let number = |scalar: &Option<Scalar>| scalar.as_ref().map(|scalar| scalar.0.clone());
    let coordinates = number(&location.latitude).zip(number(&location.longitude)).map(|(north, east)| format!("({north}, {east})"));
    let words = [location.name.clone(), location.address.clone()].into_iter().flatten().filter(|text| !text.trim().is_empty());
    let named = words.collect::<Vec<_>>().join(", ");
    let parts = [Some("[location]".to_owned()), Some(named), coordinates, location.url.clone()];
    let text = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    whole(shown(MessageKind::Location, &text))
}

fn address_book(cards: &[Card]) -> Reading {
    let lines = cards.iter().take(MAX_LINES).map(|card| {
        let name = card.name.as_ref().and_then(|name| name.formatted_name.clone().or_else(|| name.first_name.clone()));
        let phones = card.phones.iter().flat_map(|phones| &phones.0);
        let phones = phones.filter_map(|phone| phone.phone.clone().or_else(|| text_of(phone.wa_id.as_ref()).map(|id| format!("+{id}"))));
        let emails = card.emails.iter().flat_map(|emails| &emails.0).filter_map(|email| email.email.clone());
        let reach = phones.chain(emails).take(MAX_LINES).collect::<Vec<_>>().join(", ");
        [name.unwrap_or_default(), reach].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
    });
    let text = format!("[contacts] {}", lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"));
    Reading { content: shown(MessageKind::Contacts, &text), partial: true }
}

fn tapped(id: Option<&str>, title: &str) -> Reading {
    whole(Content { button_id: id.map(key), ..shown(MessageKind::Button, title) })
}

fn answer(interactive: &Interactive) -> Option<Reading> {
    let choice = interactive.button_reply.as_ref().or(interactive.list_reply.as_ref());
    if let Some(choice) = choice {
        let id = text_of(choice.id.as_ref());
        let title = choice.title.as_deref().filter(|title| !title.trim().is_empty()).or(id)?;
        return Some(tapped(id, title));
    }
    if let Some(form) = &interactive.nfm_reply {
        return Some(filled_form(form));
    }
    let kind = interactive.kind.as_deref().map(label)?;
    Some(Reading { content: shown(MessageKind::Unsupported, &format!("[{kind}]")), partial: true })
}

/// A form's answers come as JSON inside a text; its token is ours and tells nobody anything.
fn filled_form(form: &FormReply) -> Reading {
    let answers = form.response_json.as_deref().and_then(|json| serde_json::from_str::<Value>(json).ok());
    let fields = answers.as_ref().and_then(Value::as_object).into_iter().flatten().filter(|(name, _)| *name != "flow_token");
    let lines = fields.take(MAX_LINES).map(|(name, value)| match value.as_str() {
        Some(text) => format!("\n{name}: {text}"),
        None => format!("\n{name}: {value}"),
    });
    let title = form.body.as_deref().or(form.name.as_deref()).unwrap_or_default();
    let text = format!("[form] {title}{}", lines.collect::<String>());
    Reading { content: shown(MessageKind::Text, &text), partial: true }
}

fn order(order: &Order) -> Reading {
    let lines = order.product_items.iter().flat_map(|items| &items.0).take(MAX_LINES).map(order_line);
    let text = order.text.as_deref().unwrap_or_default();
    let text = format!("[order] {}\n{text}", lines.collect::<Vec<_>>().join("\n"));
    Reading { content: shown(MessageKind::Order, &text), partial: true }
}

fn order_line(product: &Product) -> String {
    let number = |scalar: &Option<Scalar>| scalar.as_ref().map_or("?", |scalar| scalar.0.as_str()).to_owned();
    let name = text_of(product.product_retailer_id.as_ref()).unwrap_or("?");
    let currency = product.currency.as_deref().unwrap_or_default();
    format!("{} × {name} ({} {currency})", number(&product.quantity), number(&product.item_price)).replace(" )", ")")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reading(message: Value) -> Reading {
        read(&serde_json::from_str(&message.to_string()).unwrap())
    }

    fn content(message: Value) -> Content {
        reading(message).content
    }

    #[test]
    fn conv_69_what_cannot_be_shown_leaves_a_placeholder_and_its_json() {
        for (message, text) in [
            (json!({"type": "unsupported", "unsupported": {"type": "poll_creation"}}), "[unsupported] poll_creation"),
            (json!({"type": "unknown", "errors": [{"code": 131051}]}), "[unknown]"),
            (json!({"type": "hologram", "hologram": {}}), "[hologram]"),
            (json!({"type": "<b>x</b>"}), "[unsupported]"),
            (json!({}), "[unsupported]"),
            (json!({"type": "text"}), "[text]"),
            (json!({"type": "interactive"}), "[interactive]"),
            (json!({"type": "interactive", "interactive": {"type": "call_permission_reply"}}), "[call_permission_reply]"),
            (json!({"type": "image", "image": {"mime_type": "image/png"}}), "[image]"),
            (json!({"type": "button", "button": []}), "[button]"),
        ] {
            let reading = reading(message.clone());
            assert_eq!(reading.content.kind, MessageKind::Unsupported, "{message}");
            assert_eq!(reading.content.text, text, "{message}");
            assert!(reading.partial, "{message}");
        }
    }

    #[test]
    fn a_voice_note_keeps_the_parameters_of_its_type() {
        let audio = json!({"id": 7, "mime_type": "audio/ogg; codecs=opus", "sha256": "abc=", "voice": true, "file_size": "91"});
        let content = content(json!({"type": "audio", "audio": audio}));
        assert_eq!((content.kind, content.text.as_str()), (MessageKind::Audio, ""));
        let [file] = content.attachments.as_slice() else { panic!("one file") };
        assert_eq!(file.mime_type, "audio/ogg; codecs=opus");
        assert_eq!((file.provider_ref.as_deref(), file.size, file.voice), (Some("7"), Some(91), true));
    }

    #[test]
    fn a_caption_is_the_text_of_a_file() {
        let document = json!({"id": "m", "mime_type": "application/pdf", "filename": "a\u{0}.pdf", "caption": "see\u{0}"});
        let content = content(json!({"type": "document", "document": document}));
        assert_eq!(content.text, "see\u{fffd}");
        assert_eq!(content.attachments[0].file_name.as_deref(), Some("a\u{fffd}.pdf"));
    }

    #[test]
    fn taps_carry_the_id_and_show_the_title() {
        for message in [
            json!({"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "yes", "title": "Sí"}}}),
            json!({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "yes", "title": "Sí", "description": "x"}}}),
            json!({"type": "button", "button": {"payload": "yes", "text": "Sí"}}),
        ] {
            let content = content(message);
            assert_eq!((content.kind, content.text.as_str()), (MessageKind::Button, "Sí"));
            assert_eq!(content.button_id.as_deref(), Some("yes"));
        }
    }

    #[test]
    fn places_people_orders_and_forms_are_readable() {
        let place =
            content(json!({"type": "location", "location": {"latitude": 19.43, "longitude": "-99.1", "name": "Café", "address": ""}}));
        assert_eq!((place.kind, place.text.as_str()), (MessageKind::Location, "[location] Café (19.43, -99.1)"));
        let cards = json!([{"name": {"formatted_name": "Ana"}, "phones": [{"phone": "+52 55"}, {"wa_id": "5255"}]}, {"phones": 3}, 4]);
        let book = content(json!({"type": "contacts", "contacts": cards}));
        assert_eq!((book.kind, book.text.as_str()), (MessageKind::Contacts, "[contacts] Ana: +52 55, +5255"));
        let items = json!([{"product_retailer_id": "sku", "quantity": 2, "item_price": 10.5, "currency": "MXN"}, {}]);
        let order = content(json!({"type": "order", "order": {"text": "gracias", "product_items": items}}));
        assert_eq!((order.kind, order.text.as_str()), (MessageKind::Order, "[order] 2 × sku (10.5 MXN)\n? × ? (?)\ngracias"));
        let form = json!({"body": "Sent", "name": "flow", "response_json": "{\"day\":\"mon\",\"flow_token\":\"t\",\"n\":2}"});
        let form = content(json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": form}}));
        assert_eq!((form.kind, form.text.as_str()), (MessageKind::Text, "[form] Sent\nday: mon\nn: 2"));
    }

    #[test]
    fn conv_75_a_reference_is_kept_only_where_there_is_one() {
        let reply = |context: Value| content(json!({"type": "text", "text": {"body": "x"}, "context": context})).reply_to;
        assert_eq!(reply(json!({"from": "1", "id": "wamid.A"})).as_deref(), Some("wamid.A"));
        for none in [json!({"forwarded": true}), json!({"id": ""}), json!(null), json!("wamid.A")] {
            assert_eq!(reply(none.clone()), None, "{none}");
        }
    }

    #[test]
    fn an_advertisement_keeps_its_json() {
        let text = |referral: Value| reading(json!({"type": "text", "text": {"body": "x"}, "referral": referral})).partial;
        assert!(text(json!({"ctwa_clid": "c"})));
        assert!(!text(json!(null)));
    }

    #[test]
    fn hostile_text_is_cleaned_and_cut() {
        let long = content(json!({"type": "text", "text": {"body": format!("\u{0}{}", "é".repeat(70_000))}})).text;
        assert!(long.len() <= crate::domain::content::MAX_TEXT && long.starts_with('\u{fffd}'));
    }
}
