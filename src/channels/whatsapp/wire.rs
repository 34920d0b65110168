//! WhatsApp's JSON as it arrives, read leniently: unknown is ignored, odd is absent, only a missing identity is an error.
//!
//! Items (messages, echoes, statuses) stay raw text until each is read on its own, so a bad one never spoils its neighbours, and no
//! type here contains itself, so nesting costs neither stack nor time. Ids are text or integers and never pass through a float.

use crate::channels::whatsapp::surrogates::mend;
use serde::de::{DeserializeOwned, Error, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt;

/// Reads one object on its own; `None` if it is none or cannot be read.
pub fn decode<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    let json = raw.get();
    json.starts_with('{').then(|| serde_json::from_str(&mend(json)).ok()).flatten()
}

/// Reads a field whose wrong shape means the same as its absence.
fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let raw = <&'de RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).ok())
}

/// Reads a list without reading its elements; a single value counts as a list of one, null as none.
fn items<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<&'de RawValue>, D::Error> {
    let raw = <&'de RawValue>::deserialize(deserializer)?;
    if raw.get() == "null" {
        return Ok(Vec::new());
    }
    Ok(serde_json::from_str(raw.get()).unwrap_or_else(|_| vec![raw]))
}

/// Reads a list of small objects, leaving out those that cannot be read.
fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(items(deserializer)?.into_iter().filter_map(decode).collect())
}

/// An id: text or an integer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Id(pub String);

/// A number or a text that is only shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scalar(pub String);

struct IdVisitor {
    floats: bool,
}

impl Visitor<'_> for IdVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an integer")
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
        if self.floats { Ok(number.to_string()) } else { Err(E::custom("an id is never a float")) }
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor { floats: false }).map(Self)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor { floats: true }).map(Self)
    }
}

/// Declares structs all of whose fields may be absent or odd.
macro_rules! lenient {
    ($($(#[$doc:meta])* $name:ident { $($field:ident $(as $key:literal)?: $type:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Deserialize, Debug, Default)]
        #[serde(default)]
        pub struct $name {
            $($(#[serde(rename = $key)])? #[serde(deserialize_with = "lenient")] pub $field: Option<$type>,)*
        }
    )*};
}

/// A whole delivery.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Envelope<'a> {
    /// What the entries are about; ours is `whatsapp_business_account`.
    #[serde(deserialize_with = "lenient")]
    pub object: Option<String>,
    /// Unread [`Entry`]s.
    #[serde(borrow, deserialize_with = "items")]
    pub entry: Vec<&'a RawValue>,
}

/// The changes of one WhatsApp Business Account.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Entry<'a> {
    /// The account's id.
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Id>,
    /// When the delivery was sent; absent for messages.
    #[serde(deserialize_with = "lenient")]
    pub time: Option<i64>,
    /// Unread [`Change`]s.
    #[serde(borrow, deserialize_with = "items")]
    pub changes: Vec<&'a RawValue>,
}

/// One change.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Change<'a> {
    /// The subscription that it belongs to.
    #[serde(deserialize_with = "lenient")]
    pub field: Option<String>,
    /// An unread [`Value`] for the fields that we know.
    #[serde(borrow)]
    pub value: Option<&'a RawValue>,
}

/// What a change of messages, echoes or ids holds.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Value<'a> {
    /// Which of the business's numbers.
    #[serde(deserialize_with = "lenient")]
    pub metadata: Option<Metadata>,
    /// The people in it.
    #[serde(deserialize_with = "list")]
    pub contacts: Vec<Contact>,
    /// Unread [`Message`]s.
    #[serde(borrow, deserialize_with = "items")]
    pub messages: Vec<&'a RawValue>,
    /// Unread [`Message`]s that our own people wrote on the phone.
    #[serde(borrow, deserialize_with = "items")]
    pub message_echoes: Vec<&'a RawValue>,
    /// Unread [`Status`]es.
    #[serde(borrow, deserialize_with = "items")]
    pub statuses: Vec<&'a RawValue>,
    /// Unread errors that belong to no message.
    #[serde(borrow, deserialize_with = "items")]
    pub errors: Vec<&'a RawValue>,
    /// Unread [`UserIdUpdate`]s.
    #[serde(borrow, deserialize_with = "items")]
    pub user_id_update: Vec<&'a RawValue>,
}

lenient! {
    /// Which of the business's numbers.
    Metadata { phone_number_id: Id }

    /// A person's names and ids.
    Contact { profile: Profile, wa_id: Id, user_id: Id }

    /// What the person calls themselves.
    Profile { name: String, username: String }

    /// A change of somebody's business-scoped id.
    UserIdUpdate { wa_id: Id, user_id: UserIdChange, timestamp: Id }

    /// The ids before and after.
    UserIdChange { previous: Id, current: Id }

    /// Where a message points to.
    Context { id: Id }

    /// Plain text.
    Text { body: String }

    /// A file.
    Media {
        id: Id, mime_type: String, sha256: String, caption: String, filename: String, url: String, voice: bool, file_size: Id,
    }

    /// A place.
    Location { latitude: Scalar, longitude: Scalar, name: String, address: String, url: String }

    /// An entry of an address book.
    Card { name: CardName, phones: Items<CardPhone>, emails: Items<CardEmail> }

    /// A name in an address book.
    CardName { formatted_name: String, first_name: String }

    /// A number in an address book.
    CardPhone { phone: String, wa_id: Id }

    /// An e-mail address in an address book.
    CardEmail { email: String }

    /// An answer to something that we offered.
    Interactive { kind as "type": String, button_reply: Choice, list_reply: Choice, nfm_reply: FormReply }

    /// The button or row that was tapped.
    Choice { id: Id, title: String }

    /// A filled-in form.
    FormReply { name: String, body: String, response_json: String }

    /// A tapped button of a template.
    TemplateButton { payload: String, text: String }

    /// A reaction; without an emoji it is taken back.
    Reaction { message_id: Id, emoji: String }

    /// An order.
    Order { text: String, product_items: Items<Product> }

    /// A line of an order.
    Product { product_retailer_id: Id, quantity: Scalar, item_price: Scalar, currency: String }

    /// News about the person.
    System { kind as "type": String, wa_id: Id, new_wa_id: Id, user_id: Id, customer: Id }

    /// A replacement; the new message stays unread, since it could hold another edit.
    Edit { original_message_id: Id, message: Box<RawValue> }

    /// A deletion.
    Revoke { original_message_id: Id }

    /// What the message was that WhatsApp does not hand over.
    Unsupported { kind as "type": String }

    /// A message or an echo of one.
    Message {
        id: Id, from: Id, from_user_id: Id, to: Id, to_user_id: Id, group_id: Id, timestamp: Id, kind as "type": String,
        context: Context, referral: Box<RawValue>, errors: Box<RawValue>, biz_opaque_callback_data: String,
        text: Text, image: Media, video: Media, audio: Media, document: Media, sticker: Media, location: Location,
        contacts: Items<Card>, interactive: Interactive, button: TemplateButton, reaction: Reaction, order: Order, system: System,
        edit: Edit, revoke: Revoke, unsupported: Unsupported,
    }

    /// How far one of our messages got.
    Status { id: Id, status: String, timestamp: Id, biz_opaque_callback_data: String, errors: Items<Problem> }

    /// Why it did not arrive.
    Problem { code: Id, title: String }
}

/// A list whose unreadable elements are left out.
#[derive(Debug)]
pub struct Items<T>(pub Vec<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        list(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    #[test]
    fn ids_are_text_or_integers_and_keep_every_digit() {
        let read = |json: &str| serde_json::from_str::<Id>(json).ok().map(|id| id.0);
        assert_eq!(read("9007199254740993"), Some("9007199254740993".into()));
        assert_eq!(read("18446744073709551615"), Some("18446744073709551615".into()));
        assert_eq!(read("\"007\""), Some("007".into()));
        assert_eq!(read("-3"), Some("-3".into()));
        for odd in ["1.0", "1e3", "18446744073709551616", "true", "null", "[]", "{}"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn an_odd_field_is_absent_and_spoils_nothing_else() {
        let message: Message = decode(&raw(r#"{"id":5,"from":{},"text":"no object","context":[1],"kind":3,"new":{"x":[]}}"#)).unwrap();
        assert_eq!(message.id, Some(Id("5".into())));
        assert!(message.from.is_none() && message.text.is_none() && message.kind.is_none());
    }

    #[test]
    fn lists_take_a_lone_element_and_leave_out_what_cannot_be_read() {
        let value: Value = serde_json::from_str(r#"{"messages":{"id":"a"},"statuses":null,"contacts":[1,{"wa_id":"5"},[]]}"#).unwrap();
        assert_eq!((value.messages.len(), value.statuses.len(), value.contacts.len()), (1, 0, 1));
    }

    #[test]
    fn only_objects_are_items() {
        for json in ["[\"a\",\"b\"]", "\"x\"", "7", "null", "true"] {
            assert!(decode::<Message>(&raw(json)).is_none(), "{json}");
        }
    }
}
