//! What people keep about a customer: how it is read, bounded and compared. Pure.

pub mod import;
pub mod merge;
pub mod sheet;
#[cfg(test)]
mod tests;

use crate::domain::account::{Email, phone};
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Most attributes.
pub const MOST_ATTRIBUTES: usize = 50;
/// Most bytes of all attributes as JSON.
pub const ATTRIBUTES_BYTES: usize = 8 * 1024;
/// Longest name of an attribute, in characters.
pub const LONGEST_KEY: usize = 64;
/// Longest text of an attribute, in characters.
pub const LONGEST_VALUE: usize = 1_000;
/// Longest note, in characters.
pub const LONGEST_NOTE: usize = 10_000;

/// The key of whoever has no name: after every name.
pub const NAMELESS: &str = "\u{10FFFF}";

/// Returns what lists are ordered and searched by: the name in lower case without accents.
#[must_use]
pub fn name_key(name: Option<&str>) -> String {
    let key = name.map(fold).unwrap_or_default();
    if key.is_empty() { NAMELESS.to_owned() } else { key }
}

/// Folds what somebody types to find a name, as names are folded.
#[must_use]
pub fn fold(text: &str) -> String {
    text.trim().nfd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).collect()
}

/// Reads a language tag of any language, such as `es-MX` or `nah`.
#[must_use]
pub fn locale(tag: &str) -> Option<String> {
    let tag = tag.trim();
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    let fits = (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && tag.len() <= 35
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    fits.then(|| tag.to_owned())
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {detail}")]
pub struct Wrong {
    /// Which.
    pub field: String,
    /// What is wrong, and what to do.
    pub detail: String,
}

impl Wrong {
    /// Names a field and what is wrong with it.
    #[must_use]
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: field.into(), detail: detail.into() }
    }
}

/// What is to be another way; `None` stays, `Some(None)` is taken away.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// The name.
    pub name: Option<Option<String>>,
    /// The telephone, E.164.
    pub phone: Option<Option<String>>,
    /// The address, in lower case.
    pub email: Option<Option<String>>,
    /// The language tag.
    pub locale: Option<Option<String>>,
    /// Attributes to set; null takes one away.
    pub attributes: Map<String, Value>,
}

/// The fields as somebody typed them.
#[derive(Clone, Debug, Default)]
pub struct Typed<'a> {
    /// The name.
    pub name: Option<Option<&'a str>>,
    /// The telephone.
    pub phone: Option<Option<&'a str>>,
    /// The address.
    pub email: Option<Option<&'a str>>,
    /// The language tag.
    pub locale: Option<Option<&'a str>>,
    /// Attributes.
    pub attributes: Map<String, Value>,
}

impl Typed<'_> {
    /// Reads every field.
    ///
    /// # Errors
    /// [`Wrong`] naming the first that does not fit.
    pub fn read(self) -> Result<Change, Wrong> {
        let name = |text: &str| {
            let text = text.trim();
            let fits = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
            fits.then(|| text.to_owned())
        };
        Ok(Change {
            name: field("name", "must be 1 to 200 characters without line breaks", self.name, name)?,
            phone: field("phone", "must be a number in E.164, such as +5215512345678", self.phone, phone)?,
            email: field("email", "must be an e-mail address", self.email, |text| {
                Email::parse(text).map(|email| email.as_str().to_owned())
            })?,
            locale: field("locale", "must be a language tag such as es-MX", self.locale, locale)?,
            attributes: check_attributes(self.attributes)?,
        })
    }
}

/// A field that may be left out, or taken away.
type Given<T> = Option<Option<T>>;

fn field(name: &str, detail: &str, typed: Given<&str>, read: impl FnOnce(&str) -> Option<String>) -> Result<Given<String>, Wrong> {
    match typed {
        None => Ok(None),
        Some(None) => Ok(Some(None)),
        Some(Some(text)) => read(text).map(|text| Some(Some(text))).ok_or_else(|| Wrong::new(name, detail)),
    }
}

/// Checks attributes one by one: names and scalar values.
fn check_attributes(typed: Map<String, Value>) -> Result<Map<String, Value>, Wrong> {
    for (key, value) in &typed {
        let named = (1..=LONGEST_KEY).contains(&key.chars().count()) && !key.chars().any(char::is_control) && key.trim() == key;
        if !named {
            let detail = format!("must have names of 1 to {LONGEST_KEY} characters without line breaks or blanks at the ends");
            return Err(Wrong::new("attributes", detail));
        }
        let fits = match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => true,
            Value::String(text) => text.chars().count() <= LONGEST_VALUE && !text.contains('\0'),
            Value::Array(_) | Value::Object(_) => false,
        };
        if !fits {
            let detail = format!("must be a text of at most {LONGEST_VALUE} characters, a number, true, false, or null to take it away");
            return Err(Wrong::new(format!("attributes.{key}"), detail));
        }
    }
    Ok(typed)
}

/// Reads attributes as they are stored; what cannot be read is nothing.
#[must_use]
pub fn stored_attributes(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

/// Sets attributes over others; null takes one away.
///
/// # Errors
/// [`Wrong`] if there would be too many, or too much.
pub fn with_attributes(before: &Map<String, Value>, change: Map<String, Value>) -> Result<Map<String, Value>, Wrong> {
    let mut all = before.clone();
    for (key, value) in change {
        if value.is_null() {
            all.remove(&key);
        } else {
            all.insert(key, value);
        }
    }
    if all.len() > MOST_ATTRIBUTES {
        return Err(Wrong::new("attributes", format!("must be at most {MOST_ATTRIBUTES}: take some away by setting them to null")));
    }
    if Value::Object(all.clone()).to_string().len() > ATTRIBUTES_BYTES {
        return Err(Wrong::new("attributes", format!("must take at most {ATTRIBUTES_BYTES} bytes as JSON, all together")));
    }
    Ok(all)
}

/// Reads the text of a note.
#[must_use]
pub fn note(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = (1..=LONGEST_NOTE).contains(&text.chars().count()) && !text.contains('\0');
    fits.then(|| text.to_owned())
}
