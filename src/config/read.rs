//! Reads single keys as types. Every method leaves a mistake behind instead of stopping, so that all are found at once.

use crate::config::layers::Layers;
use crate::config::{LogFormat, Mistake, Placement};
use ipnet::IpNet;
use secrecy::SecretString;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;
use toml::Value;
use tracing_subscriber::EnvFilter;
use url::Url;

/// Reads keys from the merged layers.
pub(super) struct Reader {
    layers: Layers,
}

impl Reader {
    pub(super) const fn new(layers: Layers) -> Self {
        Self { layers }
    }

    pub(super) fn finish(self) -> Vec<Mistake> {
        self.layers.finish()
    }

    /// Returns a text, trimmed; empty for "not set".
    fn text(&mut self, key: &str) -> String {
        match self.layers.get(key).map(|(value, _)| value) {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Integer(number)) => number.to_string(),
            Some(Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_)) | None => {
                self.wrong(key, "must be a text");
                String::new()
            }
        }
    }

    /// Notes a mistake at the place where the key's value stands.
    pub(super) fn wrong(&mut self, key: &str, problem: &str) {
        let place = self.layers.get(key).map_or_else(String::new, |(_, place)| place.clone());
        self.layers.mistake(key, &place, problem.to_owned());
    }

    /// Returns a text, `None` for "not set".
    pub(super) fn optional(&mut self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    pub(super) fn required(&mut self, key: &str) -> String {
        let text = self.text(key);
        if text.is_empty() {
            self.wrong(key, "must not be empty");
        }
        text
    }

    pub(super) fn parsed<T: FromStr>(&mut self, key: &str, problem: &str, stand_in: T) -> T {
        match self.text(key).parse() {
            Ok(value) => value,
            Err(_) => {
                self.wrong(key, problem);
                stand_in
            }
        }
    }

    pub(super) fn optional_url(&mut self, key: &str) -> Option<Url> {
        let text = self.text(key);
        if text.is_empty() {
            return None;
        }
        match Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => return Some(url),
            Ok(_) | Err(_) => self.wrong(key, "must be an http or https address"),
        }
        Some(loopback())
    }

    /// Notes that an address is missing and returns a stand-in.
    pub(super) fn missing_url(&mut self, key: &str) -> Url {
        self.wrong(key, "must not be empty");
        loopback()
    }

    pub(super) fn database_url(&mut self, key: &str, data_dir: &Path) -> SecretString {
        let text = self.text(key);
        if text.is_empty() {
            return SecretString::from(format!("sqlite://{}?mode=rwc", data_dir.join("recado.db").display()));
        }
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|kind| text.starts_with(kind)) {
            self.wrong(key, "must begin with sqlite: or postgres:");
        }
        SecretString::from(text)
    }

    pub(super) fn placement(&mut self, key: &str) -> Placement {
        match self.text(key).as_str() {
            "single" => {}
            "postgres" | "nats" => self.wrong(key, "this release runs on one server: only \"single\" is available"),
            _ => self.wrong(key, "must be \"single\""),
        }
        Placement::Single
    }

    pub(super) fn name(&mut self, key: &str) -> String {
        let name = self.required(key);
        let fits = name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        if !fits {
            self.wrong(key, "must be at most 64 letters, digits, dots and dashes");
        }
        name
    }

    pub(super) fn secret(&mut self, key: &str) -> Option<SecretString> {
        Some(self.text(key)).filter(|text| !text.is_empty()).map(SecretString::from)
    }

    pub(super) fn secrets(&mut self, key: &str) -> Vec<SecretString> {
        self.list(key).into_iter().map(SecretString::from).collect()
    }

    pub(super) fn networks(&mut self, key: &str) -> Vec<IpNet> {
        let texts = self.list(key);
        let networks: Vec<IpNet> = texts.iter().filter_map(|text| parse_network(text)).collect();
        if networks.len() != texts.len() {
            self.wrong(key, "must be networks such as 10.0.0.0/8");
        }
        networks
    }

    pub(super) fn log_filter(&mut self, key: &str) -> String {
        let filter = self.text(key);
        if EnvFilter::try_new(&filter).is_err() {
            self.wrong(key, "is not a log filter such as info or info,recado::engine=debug");
        }
        filter
    }

    pub(super) fn log_format(&mut self, key: &str) -> LogFormat {
        match self.text(key).as_str() {
            "json" => return LogFormat::Json,
            "text" => {}
            _ => self.wrong(key, "must be \"text\" or \"json\""),
        }
        LogFormat::Text
    }

    /// Returns a whole number within bounds.
    pub(super) fn number(&mut self, key: &str, least: u32, most: u32) -> u32 {
        let number = self.layers.get(key).and_then(|(value, _)| value.as_integer()).and_then(|number| u32::try_from(number).ok());
        match number {
            Some(number) if (least..=most).contains(&number) => number,
            Some(_) | None => {
                self.wrong(key, &format!("must be a whole number from {least} to {most}"));
                least
            }
        }
    }

    /// Returns a time in milliseconds: at least one, at most a day.
    pub(super) fn millis(&mut self, key: &str) -> Duration {
        Duration::from_millis(u64::from(self.number(key, 1, 86_400_000)))
    }

    /// Returns a list of times in milliseconds.
    pub(super) fn millis_list(&mut self, key: &str) -> Vec<Duration> {
        let texts = self.list(key);
        let times: Vec<u32> = texts.iter().filter_map(|text| text.parse().ok()).filter(|millis| *millis <= 86_400_000).collect();
        if times.len() != texts.len() || times.len() > 50 {
            self.wrong(key, "must be at most 50 whole numbers of milliseconds, each at most a day");
        }
        times.into_iter().map(|millis| Duration::from_millis(u64::from(millis))).collect()
    }

    /// Returns a wait, or `None` for the word `adaptive`.
    pub(super) fn adaptive_millis(&mut self, key: &str) -> Option<Duration> {
        let text = self.text(key);
        if text == "adaptive" {
            return None;
        }
        match text.parse::<u32>() {
            Ok(millis) if millis <= 60_000 => Some(Duration::from_millis(u64::from(millis))),
            Ok(_) | Err(_) => {
                self.wrong(key, "must be \"adaptive\" or milliseconds up to 60000");
                None
            }
        }
    }

    /// Returns the texts of a list; a single text counts as a list with commas.
    fn list(&mut self, key: &str) -> Vec<String> {
        let values = match self.layers.get(key).map(|(value, _)| value) {
            Some(Value::Array(values)) => values.clone(),
            Some(Value::String(text)) => text.split(',').map(|part| Value::String(part.to_owned())).collect(),
            Some(Value::Integer(number)) => vec![Value::Integer(*number)],
            Some(Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) | Value::Table(_)) | None => {
                self.wrong(key, "must be a list");
                Vec::new()
            }
        };
        let texts = values.iter().map(|value| match value.as_integer() {
            Some(number) => number.to_string(),
            // "?" is refused by whoever reads the list.
            None => value.as_str().unwrap_or("?").trim().to_owned(),
        });
        texts.filter(|text| !text.is_empty()).collect()
    }
}

/// Reads a network; a single address is a network of one.
fn parse_network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from))
}

/// Returns an address that stands in for a wrong one until the mistakes are reported.
#[expect(clippy::expect_used, reason = "the text is a constant that the tests parse")]
pub(super) fn loopback() -> Url {
    Url::parse("http://127.0.0.1/").expect("a constant address")
}
