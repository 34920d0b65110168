//! The layers of settings, one over the other, each value with the place where it stands.

use crate::config::{DEFAULTS, Mistake};
use std::collections::BTreeMap;
use std::ffi::OsString;
use toml::{Table, Value};

/// How every variable of ours begins.
const PREFIX: &str = "RECADO_";
/// The tables of the file; a variable names its table first.
const TABLES: [&str; 2] = ["engine", "limits"];

/// The merged settings by dotted key.
pub(super) struct Layers {
    values: BTreeMap<String, (Value, String)>,
    mistakes: Vec<Mistake>,
    unknown: Vec<String>,
}

impl Layers {
    /// Starts with the embedded file, which names every key and its type.
    pub(super) fn with_defaults() -> Self {
        let mut layers = Self { values: BTreeMap::new(), mistakes: Vec::new(), unknown: Vec::new() };
        for (key, value) in flatten(DEFAULTS.parse().unwrap_or_default()) {
            layers.values.insert(key, (value, "default".to_owned()));
        }
        layers
    }

    /// Lays a file over it. A key that the defaults do not know is a mistake.
    pub(super) fn add_file(&mut self, name: &str, text: &str) {
        let table = match text.parse::<Table>() {
            Ok(table) => table,
            Err(error) => {
                // The parser's message, not its excerpt: a line may hold a secret.
                let problem = format!("is not TOML: {}", error.message());
                return self.mistake("the whole file", name, problem);
            }
        };
        for (key, value) in flatten(table) {
            match self.values.get_mut(&key) {
                Some(slot) => *slot = (value, name.to_owned()),
                None => self.mistake(&key, name, "there is no such setting".to_owned()),
            }
        }
    }

    /// Lays the environment over it. Unknown names are kept for a warning; inside `RECADO_ENGINE_` and `RECADO_LIMITS_` they are a mistake.
    pub(super) fn add_environment<V: Into<OsString>>(&mut self, environment: impl IntoIterator<Item = (String, V)>) {
        for (name, value) in environment {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            let rest = rest.to_ascii_lowercase();
            let table = TABLES.into_iter().find_map(|table| Some((table, rest.strip_prefix(table)?.strip_prefix('_')?)));
            let key = table.map_or_else(|| rest.clone(), |(table, key)| format!("{table}.{key}"));
            let Some(slot) = self.values.get_mut(&key) else {
                if table.is_some() {
                    self.mistake(&key, &name, "there is no such setting".to_owned());
                } else {
                    self.unknown.push(name);
                }
                continue;
            };
            match value.into().into_string() {
                Ok(text) => *slot = (typed_like(&slot.0, text), name),
                Err(_) => self.mistake(&key, &name, "is not UTF-8".to_owned()),
            }
        }
    }

    /// Hands out the variables that mean nothing.
    pub(super) fn take_unknown(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unknown)
    }

    /// Returns a value and its place.
    pub(super) fn get(&self, key: &str) -> Option<&(Value, String)> {
        self.values.get(key)
    }

    /// Notes a mistake.
    pub(super) fn mistake(&mut self, key: &str, place: &str, problem: String) {
        self.mistakes.push(Mistake { key: key.to_owned(), place: place.to_owned(), problem });
    }

    /// Returns all mistakes.
    pub(super) fn finish(self) -> Vec<Mistake> {
        self.mistakes
    }
}

/// Spreads tables into dotted keys.
fn flatten(table: Table) -> Vec<(String, Value)> {
    let mut flat = Vec::new();
    for (key, value) in table {
        let Value::Table(inner) = value else {
            flat.push((key, value));
            continue;
        };
        flat.extend(flatten(inner).into_iter().map(|(rest, value)| (format!("{key}.{rest}"), value)));
    }
    flat
}

/// Reads a variable's text as the type that the default has; what does not fit stays text and is refused by its reader.
fn typed_like(default: &Value, text: String) -> Value {
    if default.is_array() {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        return Value::Array(parts.map(scalar).collect());
    }
    if default.is_integer() {
        return scalar(text.trim());
    }
    Value::String(text)
}

fn scalar(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| Value::String(text.to_owned()), Value::Integer)
}
