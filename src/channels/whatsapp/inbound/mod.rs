//! Deliveries of WhatsApp: verified, then parsed into updates per account. Pure: no clock, no I/O, no tenant.
//!
//! Every entry, change, message, echo and status is read on its own. What is unknown or broken is kept as unrouted and never spoils
//! its neighbours, because a refused delivery would come back for a week.

mod content;
mod item;
pub(super) mod peer;
mod verify;

pub use verify::{HandshakeError, SignatureError, check_signature_header, verify_handshake, verify_signature};

use crate::channels::whatsapp::inbound::peer::{People, text_of};
use crate::channels::whatsapp::surrogates::mend;
use crate::channels::whatsapp::wire::{self, Change, Entry, Envelope};
use crate::domain::content::clean_text;
use crate::domain::delivery::{AccountUpdates, Update};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::HashMap;
use thiserror::Error;

/// Why a body is no delivery at all.
#[derive(Debug, Error)]
pub enum ParseError {
    /// Not JSON.
    #[error("the body is not JSON")]
    Json(#[source] serde_json::Error),
    /// JSON, but not an object.
    #[error("the body is not a JSON object")]
    NotAnObject,
}

/// Parses a delivery into the updates of each account, accounts in the order of their first appearance.
///
/// Within a change messages come before echoes and statuses. An update of a field without a number has the account `None`. Time and
/// memory are linear in the body, which the caller has limited.
///
/// # Errors
/// [`ParseError`] only for a body that is no JSON object: everything else becomes an update, if need be an unrouted one.
pub fn parse(body: &[u8]) -> Result<Vec<AccountUpdates>, ParseError> {
    let whole: &RawValue = serde_json::from_slice(body).map_err(ParseError::Json)?;
    if !whole.get().starts_with('{') {
        return Err(ParseError::NotAnObject);
    }
    let envelope: Envelope<'_> = serde_json::from_str(whole.get()).map_err(ParseError::Json)?;
    let mut accounts = Accounts::default();
    if envelope.object.as_deref().is_some_and(|object| object != "whatsapp_business_account") {
        accounts.add(None, Update::Unrouted { reason: "unknown_object", raw: keep(whole) });
        return Ok(accounts.list);
    }
    for entry in envelope.entry {
        parse_entry(entry, &mut accounts);
    }
    Ok(accounts.list)
}

/// The updates so far, by account.
#[derive(Default)]
struct Accounts {
    list: Vec<AccountUpdates>,
    places: HashMap<Option<String>, usize>,
}

impl Accounts {
    fn add(&mut self, account: Option<&str>, update: Update) {
        let account = account.map(peer::key);
        let place = *self.places.entry(account.clone()).or_insert_with(|| {
            self.list.push(AccountUpdates { account, updates: Vec::new() });
            self.list.len() - 1
        });
        if let Some(account) = self.list.get_mut(place) {
            account.updates.push(update);
        }
    }
}

fn parse_entry(raw: &RawValue, accounts: &mut Accounts) {
    let entry = raw.get().starts_with('{').then(|| serde_json::from_str::<Entry<'_>>(raw.get()).ok()).flatten();
    let Some(entry) = entry.filter(|entry| !entry.changes.is_empty()) else {
        accounts.add(None, Update::Unrouted { reason: "malformed_entry", raw: keep(raw) });
        return;
    };
    for change in &entry.changes {
        parse_change(&entry, change, accounts);
    }
}

fn parse_change(entry: &Entry<'_>, raw: &RawValue, accounts: &mut Accounts) {
    // The entry's id names the business account, without which nobody could tell whose the change is.
    let unrouted = |reason| {
        let id = text_of(entry.id.as_ref());
        Update::Unrouted { reason, raw: json!({"id": id, "time": entry.time, "changes": [keep(raw)]}) }
    };
    let change: Change<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
    let value = change.value.map(RawValue::get).filter(|value| value.starts_with('{'));
    let Some(value) = value.and_then(|value| serde_json::from_str::<wire::Value<'_>>(value).ok()) else {
        return accounts.add(None, unrouted("malformed_change"));
    };
    let account = text_of(value.metadata.as_ref().and_then(|metadata| metadata.phone_number_id.as_ref())).map(str::to_owned);
    let account = account.as_deref();
    let items = value.messages.len() + value.message_echoes.len() + value.user_id_update.len();
    let people = People::new(&value.contacts, items);
    let mut found = Vec::new();
    match change.field.as_deref().unwrap_or("messages") {
        "messages" => {
            found.extend(value.messages.iter().map(|raw| item::message(raw, &people)));
            found.extend(value.message_echoes.iter().map(|raw| item::echo(raw, &people)));
            found.extend(value.statuses.iter().map(|raw| item::status(raw)));
            found.extend((!value.errors.is_empty()).then(|| unrouted("value_error")));
        }
        "smb_message_echoes" | "message_echoes" => found.extend(value.message_echoes.iter().map(|raw| item::echo(raw, &people))),
        "user_id_update" => found.extend(value.user_id_update.iter().map(|raw| item::user_id_update(raw, &people))),
        "history" | "smb_app_state_sync" => found.push(unrouted("history")),
        "user_preferences" => found.push(unrouted("user_preferences")),
        _ => found.push(unrouted("unknown_field")),
    }
    if found.is_empty() {
        found.push(unrouted("empty_change"));
    }
    found.into_iter().for_each(|update| accounts.add(account, update));
}

/// Returns the provider's JSON fit to be stored: without U+0000; as text where it is nested too deeply to be read.
fn keep(raw: &RawValue) -> Value {
    let json = mend(raw.get());
    serde_json::from_str(&json).map_or_else(|_| Value::String(clean_text(&json)), without_nul)
}

fn without_nul(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace('\0', "\u{fffd}")),
        Value::Array(list) => list.into_iter().map(without_nul).collect(),
        Value::Object(map) => map.into_iter().map(|(name, value)| (name.replace('\0', "\u{fffd}"), without_nul(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

#[cfg(test)]
mod tests;
