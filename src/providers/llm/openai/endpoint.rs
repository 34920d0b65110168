//! One server, one key, one model: what must be known to ask it, checked before the first request.
//!
//! Never reads the environment; never panics on a strange key (the library's own configuration does both).

use crate::domain::model::{ModelKind, Prices};
use crate::providers::llm::openai::flags::Flags;
use async_openai::config::Config;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use url::Url;

/// Fields of a request that settings cannot change: they are ours to fill.
const OURS: [&str; 8] = ["model", "messages", "tools", "tool_choice", "stream", "stream_options", "response_format", "n"];
/// Headers that settings cannot change.
const OUR_HEADERS: [&str; 6] = ["authorization", "content-type", "content-length", "transfer-encoding", "host", "connection"];

/// How long a server may be silent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// Until the first word of the answer, from the beginning of the request; lines that only keep the connection open do not count.
    pub first_byte: Duration,
    /// Between two pieces of an answer.
    pub read: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { first_byte: Duration::from_secs(15), read: Duration::from_secs(20) }
    }
}

/// A server with all that is needed to ask it. Debug shows no key.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// What it is called in traces and logs.
    pub name: String,
    /// The dialect; [`ModelKind::Compatible`]: guessed by the address.
    pub kind: ModelKind,
    /// With or without a slash at the end.
    pub base_url: String,
    /// `None`: the server wants none.
    pub api_key: Option<SecretString>,
    /// The model asked for.
    pub model: String,
    /// How long it may be silent.
    pub timeouts: Timeouts,
    /// Sent with every request, such as a title for the provider's statistics.
    pub headers: Vec<(String, String)>,
    /// Added to every request's body, such as `reasoning_effort`.
    pub extra: Map<String, Value>,
    /// What tokens cost, if the server does not say.
    pub prices: Option<Prices>,
    /// Most tokens of an answer; `None`: the server's own limit.
    pub max_output: Option<u32>,
    /// `None`: the server's own default.
    pub temperature: Option<f64>,
    /// What it can do; `None`: by the table.
    pub flags: Option<Flags>,
}

impl Endpoint {
    /// Describes a server with our defaults.
    #[must_use]
    pub fn new(kind: ModelKind, base_url: impl Into<String>, api_key: Option<SecretString>, model: impl Into<String>) -> Self {
        Self {
            name: kind.as_str().to_owned(),
            kind,
            base_url: base_url.into(),
            api_key,
            model: model.into(),
            timeouts: Timeouts::default(),
            headers: Vec::new(),
            extra: Map::new(),
            prices: None,
            max_output: Some(4_096),
            temperature: None,
            flags: None,
        }
    }
}

/// Why a server cannot be asked with these settings.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ConfigError {
    /// Not an http or https address, or one with a name, a query or a fragment.
    #[error("the model server's address is not valid")]
    BaseUrl,
    /// Characters that no header can carry.
    #[error("the model's key holds characters that cannot be sent")]
    Key,
    /// Empty, too long, or with control characters.
    #[error("the model's name is not valid")]
    Model,
    /// A header that cannot be sent or is not the settings' to set.
    #[error("the header {0} cannot be set")]
    Header(String),
    /// A field of the request that is not the settings' to set.
    #[error("the field {0} cannot be set")]
    Extra(String),
}

/// Where and with which headers the library calls. Cheap to clone.
#[derive(Clone)]
pub(super) struct Access {
    base: Arc<str>,
    headers: HeaderMap,
    /// The library wants one; the header above is what is sent.
    key: SecretString,
}

impl Access {
    /// Checks an endpoint.
    pub(super) fn new(endpoint: &Endpoint) -> Result<Self, ConfigError> {
        let base = base(&endpoint.base_url)?;
        let model = &endpoint.model;
        if model.trim().is_empty() || model.len() > 256 || model.chars().any(char::is_control) {
            return Err(ConfigError::Model);
        }
        if let Some(field) = endpoint.extra.keys().find(|field| OURS.contains(&field.as_str())) {
            return Err(ConfigError::Extra(field.clone()));
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &endpoint.headers {
            let wrong = || ConfigError::Header(name.clone());
            let (Ok(header), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else { return Err(wrong()) };
            if OUR_HEADERS.contains(&header.as_str()) {
                return Err(wrong());
            }
            headers.insert(header, value);
        }
        if let Some(key) = &endpoint.api_key {
            headers.insert(AUTHORIZATION, bearer(key)?);
        }
        Ok(Self { base: base.into(), headers, key: SecretString::from("") })
    }
}

fn base(raw: &str) -> Result<String, ConfigError> {
    let Ok(url) = Url::parse(raw.trim()) else { return Err(ConfigError::BaseUrl) };
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if !plain || !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(ConfigError::BaseUrl);
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn bearer(key: &SecretString) -> Result<HeaderValue, ConfigError> {
    let key = key.expose_secret().trim();
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ConfigError::Key);
    }
    let Ok(mut value) = HeaderValue::try_from(format!("Bearer {key}")) else { return Err(ConfigError::Key) };
    value.set_sensitive(true);
    Ok(value)
}

impl Config for Access {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.base
    }

    fn api_key(&self) -> &SecretString {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        Endpoint::new(ModelKind::Compatible, "https://models.example.com/v1/", Some(SecretString::from("sk-1")), "m")
    }

    fn check(change: impl FnOnce(&mut Endpoint)) -> Result<Access, ConfigError> {
        let mut endpoint = endpoint();
        change(&mut endpoint);
        Access::new(&endpoint)
    }

    #[test]
    fn the_path_follows_the_base_with_one_slash() {
        assert_eq!(check(|_| ()).unwrap().url("/chat/completions"), "https://models.example.com/v1/chat/completions");
        let bare = check(|endpoint| endpoint.base_url = "http://localhost:4000".into()).unwrap();
        assert_eq!(bare.url("/chat/completions"), "http://localhost:4000/chat/completions");
    }

    #[test]
    fn addresses_that_hide_something_are_refused() {
        for url in ["", "models.example.com", "ftp://x/v1", "https://a:b@x/v1", "https://x/v1?key=1", "https://x/v1#a", "file:///v1"] {
            assert_eq!(check(|endpoint| endpoint.base_url = url.into()).err(), Some(ConfigError::BaseUrl), "{url}");
        }
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused_and_never_shown() {
        for key in ["", " ", "a\nb", "a\u{0}b", "clé", "a b", "a\r\nx-evil: 1"] {
            assert_eq!(check(|endpoint| endpoint.api_key = Some(SecretString::from(key))).err(), Some(ConfigError::Key), "{key:?}");
        }
        let headers = check(|endpoint| endpoint.api_key = Some(SecretString::from(" sk-2\n"))).unwrap().headers();
        assert_eq!(headers.get(AUTHORIZATION).unwrap(), "Bearer sk-2");
        assert!(!format!("{headers:?} {:?}", endpoint()).contains("sk-"));
        assert!(check(|endpoint| endpoint.api_key = None).unwrap().headers().is_empty());
    }

    #[test]
    fn settings_cannot_replace_what_is_ours() {
        for (name, value) in [("Authorization", "x"), ("host", "x"), ("a b", "x"), ("x", "a\nb")] {
            let wrong = check(|endpoint| endpoint.headers = vec![(name.into(), value.into())]).err();
            assert_eq!(wrong, Some(ConfigError::Header(name.into())));
        }
        assert!(check(|endpoint| endpoint.headers = vec![("X-Title".into(), "Front desk".into())]).is_ok());
        for field in OURS {
            let wrong = check(|endpoint| _ = endpoint.extra.insert(field.into(), Value::Null)).err();
            assert_eq!(wrong, Some(ConfigError::Extra(field.into())));
        }
        assert_eq!(check(|endpoint| endpoint.model = " ".into()).err(), Some(ConfigError::Model));
    }
}
