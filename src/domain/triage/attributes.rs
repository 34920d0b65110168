//! What people and their programs note of a conversation, by name: few, short, and scalars only. Pure.

use serde::{Deserialize, Serialize};
use serde_json::Number;
use std::collections::BTreeMap;

/// Most attributes of one conversation.
pub const MAX_ATTRIBUTES: usize = 50;
/// Most bytes of all of them as JSON.
pub const MAX_BYTES: usize = 8 * 1024;
/// Longest name, in characters.
pub const MAX_NAME: usize = 64;

/// What an attribute holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Words.
    Text(String),
}

/// Attributes to set, or (with nothing) to take away.
pub type AttributeChange = BTreeMap<String, Option<Scalar>>;

/// Attributes by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attributes(BTreeMap<String, Scalar>);

impl Attributes {
    /// Tells whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets and takes away.
    #[must_use]
    pub fn changed(&self, change: &AttributeChange) -> Self {
        let mut next = self.clone();
        for (name, value) in change {
            match value {
                Some(value) => drop(next.0.insert(name.clone(), value.clone())),
                None => drop(next.0.remove(name)),
            }
        }
        next
    }

    /// Tells whether they are within the bounds.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.0.len() <= MAX_ATTRIBUTES && serde_json::to_string(self).is_ok_and(|json| json.len() <= MAX_BYTES)
    }

    /// Lists the names, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// Lists the names that `before` does not have, or has with another value.
    #[must_use]
    pub fn newer_than(&self, before: &Self) -> Vec<String> {
        self.0.iter().filter(|(name, value)| before.0.get(*name) != Some(value)).map(|(name, _)| name.clone()).collect()
    }

    /// Returns one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Scalar> {
        self.0.get(name)
    }
}

/// Tells whether a name may be used: a small letter, then small letters, digits and `_`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    text.len() <= MAX_NAME && text.bytes().next().is_some_and(|first| first.is_ascii_lowercase()) && text.bytes().all(letters)
}
