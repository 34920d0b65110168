//! The configuration of an inbox as a tenant writes it: checked key by key, then split into what may be read and what is sealed. Pure.
//!
//! Unknown keys are refused by name: a typo must not silently switch something off. Never quotes a value, it may be a secret.

use crate::crypto::standard_webhooks::check_secret;
use crate::domain::booking::QuickReply;
use crate::domain::inbox::{ChannelKind, CommonSettings};
use crate::net::guard::AllowList;
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use thiserror::Error;
use url::Url;

/// Keys that every channel knows: the fields of [`CommonSettings`].
const COMMON: [&str; 17] = [
    "assistant",
    "gathering_ms",
    "reopen_within_hours",
    "idle_after_hours",
    "auto_resolve_after_hours",
    "auto_resolve_skip_waiting",
    "handback_after_minutes",
    "uncertain",
    "max_answer_chars",
    "disclosure",
    "handoff_summary",
    "sentiment",
    "language",
    "rolling_summary",
    "reminder_template",
    "waitlist_template",
    "away_text",
];

/// Longest text of one setting, in bytes.
const MAX_TEXT: usize = 4096;

/// One key that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsMistake {
    /// The key.
    pub key: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Every key that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct SettingsError(pub Vec<SettingsMistake>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed: Vec<String> = self.0.iter().map(|mistake| format!("{} {}", mistake.key, mistake.problem)).collect();
        write!(f, "the configuration does not fit: {}", listed.join("; "))
    }
}

/// A configuration that fits.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What may be read: channel keys and common keys.
    pub public: Value,
    /// What is sealed, by key.
    pub secrets: BTreeMap<String, SecretString>,
    /// The account by which app-wide deliveries find the inbox.
    pub account: Option<String>,
}

/// Checks a configuration.
///
/// # Errors
/// [`SettingsError`], with every key that does not fit.
pub fn parse(channel: ChannelKind, config: &Value) -> Result<Settings, SettingsError> {
    let Value::Object(given) = config else {
        return Err(SettingsError(vec![mistake("config", "must be a JSON object")]));
    };
    let mut form = Form { given: given.clone(), public: Map::new(), secrets: BTreeMap::new(), mistakes: Vec::new() };
    let account = match channel {
        ChannelKind::Whatsapp => whatsapp(&mut form),
        ChannelKind::Generic => generic(&mut form),
    };
    form.common(longest_text(channel));
    let Form { given, public, secrets, mut mistakes } = form;
    mistakes.extend(given.keys().map(|key| mistake(key, &format!("is not a setting of the channel {}", channel.as_str()))));
    if mistakes.is_empty() { Ok(Settings { public: Value::Object(public), secrets, account }) } else { Err(SettingsError(mistakes)) }
}

/// Checks that the address of a generic adapter may be called at all, so that a mistake shows now and not at the first message.
///
/// # Errors
/// [`SettingsError`] names `url`.
pub(super) fn check_address(settings: &Settings, outbound: &AllowList) -> Result<(), SettingsError> {
    let Some(url) = settings.public.get("url").and_then(Value::as_str) else { return Ok(()) };
    match outbound.check_url(url) {
        Ok(_) => Ok(()),
        Err(error) => Err(SettingsError(vec![mistake("url", &format!("cannot be called: {error}"))])),
    }
}

fn mistake(key: &str, problem: &str) -> SettingsMistake {
    SettingsMistake { key: key.to_owned(), problem: problem.to_owned() }
}

/// WhatsApp: the phone number's id is the account.
fn whatsapp(form: &mut Form) -> Option<String> {
    let account = form.digits("phone_number_id");
    form.digits("waba_id");
    form.secret("access_token", Needed::Yes);
    form.secret("app_secret", Needed::No);
    form.secret("verify_token", Needed::No);
    account
}

/// The generic adapter: found by the inbox in the URL, so it has no account.
fn generic(form: &mut Form) -> Option<String> {
    form.address("url");
    form.secret("secret", Needed::No);
    if form.secrets.get("secret").is_some_and(|secret| check_secret(secret).is_err()) {
        form.wrong("secret", "must be whsec_ followed by Base64");
    }
    None
}

/// Whether a key may be left out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    Yes,
    No,
}

/// A configuration being read: what is left in `given` at the end is unknown.
struct Form {
    given: Map<String, Value>,
    public: Map<String, Value>,
    secrets: BTreeMap<String, SecretString>,
    mistakes: Vec<SettingsMistake>,
}

impl Form {
    fn wrong(&mut self, key: &str, problem: &str) {
        self.mistakes.push(mistake(key, problem));
    }

    /// Takes an id of digits, as a text or as a number.
    fn digits(&mut self, key: &str) -> Option<String> {
        let text = match self.given.remove(key) {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => String::new(),
        };
        if text.is_empty() || text.len() > 32 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.wrong(key, "must be given, as digits");
            return None;
        }
        self.public.insert(key.to_owned(), Value::String(text.clone()));
        Some(text)
    }

    /// Takes a secret; an empty one counts as left out.
    fn secret(&mut self, key: &str, needed: Needed) {
        let text = match self.given.remove(key) {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Null) | None => String::new(),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => return self.wrong(key, "must be a text"),
        };
        match text.len() {
            0 if needed == Needed::Yes => self.wrong(key, "must be given"),
            0 => {}
            length if length > MAX_TEXT || text.chars().any(char::is_control) => self.wrong(key, "must be one line of at most 4096 bytes"),
            _ => drop(self.secrets.insert(key.to_owned(), SecretString::from(text))),
        }
    }

    /// Takes an address that we call: absolute, without user, query and fragment.
    fn address(&mut self, key: &str) {
        let given = self.given.remove(key);
        let text = given.as_ref().and_then(Value::as_str).unwrap_or_default().trim().trim_end_matches('/');
        let fits = Url::parse(text).is_ok_and(|url| {
            let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
            plain && url.has_host() && matches!(url.scheme(), "http" | "https")
        });
        if fits && text.len() <= 2000 {
            self.public.insert(key.to_owned(), Value::String(text.to_owned()));
        } else {
            self.wrong(key, "must be an http or https address without user, query and fragment");
        }
    }

    /// Takes the common keys, one by one so that a mistake names its key. `longest`: of a text that leaves by itself, in characters.
    fn common(&mut self, longest: usize) {
        for key in COMMON {
            let Some(value) = self.given.remove(key).filter(|value| !value.is_null()) else { continue };
            let alone = Value::Object(Map::from_iter([(key.to_owned(), value.clone())]));
            let read = serde_json::from_value::<CommonSettings>(alone);
            let read = read.ok().filter(|common| common.gathering_ms.is_none_or(|wait| wait <= 60_000));
            let Some(common) = read else {
                self.wrong(key, problem_of(key));
                continue;
            };
            for (language, problem) in common.away_text.iter().flat_map(|away| away.mistakes(longest)) {
                self.wrong(&format!("{key}.{}", language.code()), &problem.to_string());
            }
            let templates = [
                ("reminder_template", &common.reminder_template, &QuickReply::OF_REMINDERS[..]),
                ("waitlist_template", &common.waitlist_template, &QuickReply::OF_OFFERS[..]),
            ];
            for (key, template, offered) in templates {
                if let Some(mistake) = template.as_ref().and_then(|template| template.mistake(offered)) {
                    self.wrong(key, &mistake);
                }
            }
            self.public.insert(key.to_owned(), value);
        }
    }
}

/// Returns the longest text that leaves by itself, in characters: one message of the channel, less what the next opening may take.
const fn longest_text(channel: ChannelKind) -> usize {
    match channel {
        ChannelKind::Whatsapp | ChannelKind::Generic => 4_096 - 96,
    }
}

/// Says what a common key takes.
fn problem_of(key: &str) -> &'static str {
    match key {
        "assistant" | "auto_resolve_skip_waiting" | "disclosure" | "handoff_summary" | "sentiment" | "language" | "rolling_summary" => {
            "must be true or false"
        }
        "max_answer_chars" => "must be a number of characters; 0: no limit",
        "gathering_ms" => "must be milliseconds, at most 60000",
        "handback_after_minutes" => "must be a number of minutes; 0: off",
        "reopen_within_hours" => "must be a number of hours or \"always\"",
        "reminder_template" | "waitlist_template" => {
            "must be an approved template: {\"name\", \"language\"}, with \"languages\" and \"buttons\" where it has more"
        }
        "away_text" => "must be texts by language: {\"es\", \"en\", \"pt\"}",
        "uncertain" => "must be \"at_most_once\" or \"at_least_once\"",
        _ => "must be a number of hours",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(channel: ChannelKind, config: &Value) -> Vec<String> {
        match parse(channel, config) {
            Ok(_) => Vec::new(),
            Err(SettingsError(mistakes)) => mistakes.into_iter().map(|mistake| mistake.key).collect(),
        }
    }

    #[test]
    fn secrets_are_split_off_and_the_account_is_found() {
        let config = json!({"phone_number_id": 1090, "waba_id": "77", "access_token": "EAA", "app_secret": "s", "assistant": false});
        let settings = parse(ChannelKind::Whatsapp, &config).unwrap();
        assert_eq!(settings.public, json!({"phone_number_id": "1090", "waba_id": "77", "assistant": false}));
        assert_eq!(settings.secrets.keys().collect::<Vec<_>>(), ["access_token", "app_secret"]);
        assert_eq!(settings.account.as_deref(), Some("1090"));
        assert!(!format!("{settings:?}").contains("EAA"));
    }

    #[test]
    fn every_mistake_names_its_key_and_no_value() {
        let config = json!({"phone_number_id": "10/../90", "access_token": "", "verify_token": 5, "nonsense": true, "gathering_ms": "soon",
            "uncertain": "maybe", "reopen_within_hours": "never", "idle_after_hours": -1});
        let mut keys = refused(ChannelKind::Whatsapp, &config);
        keys.sort();
        assert_eq!(
            keys,
            [
                "access_token",
                "gathering_ms",
                "idle_after_hours",
                "nonsense",
                "phone_number_id",
                "reopen_within_hours",
                "uncertain",
                "verify_token",
                "waba_id"
            ]
        );
        let error = parse(ChannelKind::Generic, &json!({"url": "ftp://x", "secret": "hunter2!"})).unwrap_err().to_string();
        assert!(error.contains("url") && error.contains("secret") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_generic_address_is_absolute_and_plain() {
        for url in ["", "x", "/adapter", "http://u:p@h/", "http://h/?a=1", "http://h/#f", "file:///etc/passwd", "http://"] {
            assert_eq!(refused(ChannelKind::Generic, &json!({ "url": url })), ["url"], "{url}");
        }
        let settings = parse(ChannelKind::Generic, &json!({"url": "http://127.0.0.1:9/adapter/"})).unwrap();
        assert_eq!(settings.public, json!({"url": "http://127.0.0.1:9/adapter"}));
        assert!(settings.account.is_none() && settings.secrets.is_empty());
    }

    #[test]
    fn an_away_text_is_refused_by_its_language() {
        let with = |away: Value| json!({"url": "http://127.0.0.1:9", "away_text": away});
        let fits = with(json!({"es": "Volvemos el {{next_opening}}.", "en": null}));
        assert_eq!(parse(ChannelKind::Generic, &fits).unwrap().public["away_text"]["es"], "Volvemos el {{next_opening}}.");
        let bad = with(json!({"es": "{{contact.name}}", "en": "", "pt": "x".repeat(4_001)}));
        assert_eq!(refused(ChannelKind::Generic, &bad), ["away_text.es", "away_text.en", "away_text.pt"]);
        for away in [json!("hola"), json!({"fr": "bonjour"}), json!({"es": 5})] {
            assert_eq!(refused(ChannelKind::Generic, &with(away)), ["away_text"]);
        }
    }

    #[test]
    fn a_setting_of_another_channel_is_refused() {
        assert_eq!(refused(ChannelKind::Generic, &json!({"url": "http://h", "access_token": "x"})), ["access_token"]);
        assert_eq!(refused(ChannelKind::Generic, &json!([])), ["config"]);
    }

    #[test]
    fn the_list_of_common_keys_is_complete() {
        let full = serde_json::to_value(CommonSettings::default()).unwrap();
        let mut fields: Vec<&str> = full.as_object().unwrap().keys().map(String::as_str).collect();
        let mut listed = COMMON.to_vec();
        fields.sort_unstable();
        listed.sort_unstable();
        assert_eq!(fields, listed);
    }
}
