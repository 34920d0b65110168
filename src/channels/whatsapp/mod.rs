//! The WhatsApp Cloud API: `inbound` verifies and parses webhooks (pure), `outbound` sends, `wire` holds their JSON.
//!
//! Never rewrites the number a reply goes to, and never decides on the provider's texts, only on its codes.

pub(crate) mod body;
pub mod errors;
pub mod inbound;
pub mod numbers;
mod outbound;
mod surrogates;
mod wire;

pub use outbound::WhatsAppSender;

use crate::domain::content::MessageKind;
use crate::domain::file::{Media, TakenKind};
use crate::ports::channel::{Capabilities, TextUnit};
use serde_json::Value;
use std::time::Duration;
use thiserror::Error;

/// Longest text of one message, in Unicode scalar values.
pub const MAX_TEXT_CHARS: usize = 4096;

/// Returns what WhatsApp can do; the same for every account.
#[must_use]
pub fn capabilities() -> Capabilities {
    Capabilities {
        max_text: MAX_TEXT_CHARS,
        text_unit: TextUnit::Chars,
        buttons: Some((body::MAX_BUTTONS, body::MAX_BUTTON_TITLE)),
        typing: true,
        read_receipts: true,
        window: Some(Duration::from_secs(24 * 60 * 60)),
        templates: true,
        idempotent: false,
        echoes_reference: true,
        echoes_own_sends: false,
        media: media(),
    }
}

/// Returns what WhatsApp takes of files: the Cloud API's own table. One file a message; a sound stands alone.
fn media() -> Media {
    const MB: u64 = 1024 * 1024;
    let taken = |kind, bytes, types: &[&str]| TakenKind { kind, bytes, types: types.iter().copied().map(str::to_owned).collect() };
    const OFFICE: [&str; 8] = [
        "application/pdf",
        "text/plain",
        "application/msword",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.ms-excel",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ];
    Media {
        per_message: 1,
        caption: body::MAX_SHORT_TEXT,
        silent_audio: true,
        kinds: vec![
            taken(MessageKind::Image, 5 * MB, &["image/jpeg", "image/png"]),
            taken(MessageKind::Video, 16 * MB, &["video/mp4", "video/3gpp"]),
            // Of Ogg only Opus, and the type must say so.
            taken(MessageKind::Audio, 16 * MB, &["audio/ogg; codecs=opus", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr"]),
            taken(MessageKind::Document, 100 * MB, &OFFICE),
        ],
    }
}

/// The public part of an inbox's configuration, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The id of the business number: digits. The account's key in webhooks and the path of every call.
    pub phone_number_id: String,
    /// The id of the WhatsApp Business Account: digits. Sending does not need it.
    pub waba_id: Option<String>,
}

/// Why an inbox's configuration cannot be used.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum SettingsError {
    /// The number's id is absent or holds something else than digits.
    #[error("phone_number_id must be the digits of the number's id")]
    PhoneNumberId,
    /// The account's id holds something else than digits.
    #[error("waba_id must be the digits of the account's id")]
    WabaId,
}

impl Settings {
    /// Reads `{"phone_number_id","waba_id"}`; ids may be strings or integers.
    ///
    /// # Errors
    /// [`SettingsError`] names the wrong key. Only digits are allowed, so that an id can never change the address of a call.
    pub fn parse(settings: &Value) -> Result<Self, SettingsError> {
        let phone_number_id = settings.get("phone_number_id").and_then(digits).ok_or(SettingsError::PhoneNumberId)?;
        let waba_id = match settings.get("waba_id") {
            None | Some(Value::Null) => None,
            Some(value) => Some(digits(value).ok_or(SettingsError::WabaId)?),
        };
        Ok(Self { phone_number_id, waba_id })
    }
}

fn digits(value: &Value) -> Option<String> {
    let text = value.as_str().map(|text| text.trim().to_owned()).or_else(|| value.as_u64().map(|number| number.to_string()))?;
    let valid = !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_digit());
    valid.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_take_ids_as_text_or_number() {
        let settings = Settings::parse(&json!({"phone_number_id": 1_090_000_000_001_u64, "waba_id": "77"})).unwrap();
        assert_eq!(settings, Settings { phone_number_id: "1090000000001".into(), waba_id: Some("77".into()) });
        assert_eq!(Settings::parse(&json!({"phone_number_id": "1"})).unwrap().waba_id, None);
    }

    #[test]
    fn settings_refuse_ids_that_would_change_the_path() {
        for id in [json!("1/../2"), json!("1?x=y"), json!(""), json!(null), json!(1.5), json!("١٢"), json!("9".repeat(65))] {
            assert_eq!(Settings::parse(&json!({"phone_number_id": id})), Err(SettingsError::PhoneNumberId), "{id}");
        }
        assert_eq!(Settings::parse(&json!({"phone_number_id": "1", "waba_id": "x"})), Err(SettingsError::WabaId));
        assert_eq!(Settings::parse(&json!([])), Err(SettingsError::PhoneNumberId));
    }
}
