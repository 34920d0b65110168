//! Reads the contract's JSON field by field, so that every mistake is named by its path and unknown fields are refused.
//!
//! An error never repeats a value of the adapter, only names and what was expected.

use crate::crypto::mac::sha256_hex;
use crate::domain::content::{MAX_TEXT, clean_text, truncate};
use serde_json::{Map, Value};
use thiserror::Error;

/// Longest id that is kept as it is, in bytes.
pub(super) const MAX_ID: usize = 255;
/// How much of an unknown field's name is repeated, in bytes.
const SHOWN: usize = 64;

/// What is wrong with an event, by the path of the field.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{path}: {problem}")]
pub struct EventError {
    /// The field, such as `events[3].message.text`.
    pub path: String,
    /// What was expected.
    pub problem: String,
}

impl EventError {
    pub(super) fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into() }
    }
}

/// One JSON object while it is read. Null counts as absent.
pub(super) struct Fields<'a> {
    path: String,
    map: &'a Map<String, Value>,
    seen: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Begins to read `value`, found at `path`.
    pub(super) fn of(value: &'a Value, path: String) -> Result<Self, EventError> {
        match value.as_object() {
            Some(map) => Ok(Self { path, map, seen: Vec::new() }),
            None => Err(EventError::new(path, "must be an object")),
        }
    }

    /// Returns the path of one of its fields.
    pub(super) fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Makes an error about one of its fields.
    pub(super) fn wrong(&self, name: &str, problem: impl Into<String>) -> EventError {
        EventError::new(self.at(name), problem)
    }

    /// Returns a text.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<&'a str>, EventError> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or_else(|| self.wrong(name, "must be a string")),
        }
    }

    /// Returns a text that must be there and not be empty.
    pub(super) fn required_text(&mut self, name: &'static str) -> Result<&'a str, EventError> {
        match self.text(name)? {
            None => Err(self.wrong(name, "is required")),
            Some("") => Err(self.wrong(name, "must not be empty")),
            Some(text) => Ok(text),
        }
    }

    /// Returns an id that must be there, as a key ([`key`]).
    pub(super) fn required_id(&mut self, name: &'static str) -> Result<String, EventError> {
        self.required_text(name).map(key)
    }

    /// Returns an id, as a key ([`key`]); an empty one is refused.
    pub(super) fn id(&mut self, name: &'static str) -> Result<Option<String>, EventError> {
        match self.text(name)? {
            Some("") => Err(self.wrong(name, "must not be empty")),
            found => Ok(found.map(key)),
        }
    }

    /// Returns a text of a message, safe to store; one that is too long is refused, because cutting it would lose words silently.
    pub(super) fn prose(&mut self, name: &'static str) -> Result<Option<String>, EventError> {
        match self.text(name)? {
            Some(text) if text.len() > MAX_TEXT => Err(self.wrong(name, format!("must be at most {MAX_TEXT} bytes"))),
            found => Ok(found.map(clean_text)),
        }
    }

    /// Returns a text for people, cut to [`MAX_ID`] bytes.
    pub(super) fn label(&mut self, name: &'static str) -> Result<Option<String>, EventError> {
        Ok(self.text(name)?.filter(|text| !text.is_empty()).map(|text| clean_text(truncate(text, MAX_ID))))
    }

    /// Returns a yes or no; absent is no.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool, EventError> {
        match self.take(name) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| self.wrong(name, "must be true or false")),
        }
    }

    /// Returns a whole number of zero or more.
    pub(super) fn number(&mut self, name: &'static str) -> Result<Option<u64>, EventError> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| self.wrong(name, "must be a whole number of zero or more")),
        }
    }

    /// Returns an object.
    pub(super) fn object(&mut self, name: &'static str) -> Result<Option<Fields<'a>>, EventError> {
        let path = self.at(name);
        self.take(name).map(|value| Fields::of(value, path)).transpose()
    }

    /// Returns an object that must be there.
    pub(super) fn required_object(&mut self, name: &'static str) -> Result<Fields<'a>, EventError> {
        self.object(name)?.ok_or_else(|| self.wrong(name, "is required"))
    }

    /// Returns the objects of a list of at most `max`; absent is empty.
    pub(super) fn objects(&mut self, name: &'static str, max: usize) -> Result<Vec<Fields<'a>>, EventError> {
        let Some(value) = self.take(name) else {
            return Ok(Vec::new());
        };
        let list = value.as_array().ok_or_else(|| self.wrong(name, "must be a list"))?;
        if list.len() > max {
            return Err(self.wrong(name, format!("must have at most {max} entries")));
        }
        let path = self.at(name);
        list.iter().enumerate().map(|(index, value)| Fields::of(value, format!("{path}[{index}]"))).collect()
    }

    /// Ends reading: a field that nobody asked for is an error.
    pub(super) fn finish(self) -> Result<(), EventError> {
        match self.map.keys().find(|key| !self.seen.contains(&key.as_str())) {
            None => Ok(()),
            Some(unknown) => Err(self.wrong(truncate(unknown, SHOWN), "is not a known field here")),
        }
    }

    fn take(&mut self, name: &'static str) -> Option<&'a Value> {
        self.seen.push(name);
        self.map.get(name).filter(|value| !value.is_null())
    }
}

/// Returns an outside id as a key: itself up to [`MAX_ID`] bytes, else its SHA-256 in hex; U+0000 never gets in.
pub(super) fn key(id: &str) -> String {
    if id.len() > MAX_ID || id.contains('\0') { sha256_hex(id.as_bytes()) } else { id.to_owned() }
}

/// Returns the JSON with U+FFFD for U+0000, which PostgreSQL refuses. As deep as the parser allows (128), no deeper.
pub(super) fn without_nul(value: &Value) -> Value {
    let clean = |text: &str| text.replace('\0', "\u{fffd}");
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(list) => list.iter().map(without_nul).collect(),
        Value::Object(map) => map.iter().map(|(name, value)| (clean(name), without_nul(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
