//! When two contacts are one customer: whether they may be, what the survivor learns, and what of that goes away again. Pure.

use super::{Wrong, stored_attributes, with_attributes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a merge can be taken back.
pub const UNDO_WITHIN: Duration = Duration::from_hours(30 * 24);
/// Most rows that one merge moves: all are moved in one transaction.
pub const MOST_ROWS: usize = 2_000;

/// Kinds of identities of which a customer has one: two different ones prove two customers. A person may well have two numbers, two
/// addresses or two WhatsApp accounts; the own id of a system that knows its customers names one of them.
pub const PROVING: [&str; 1] = ["external"];

/// What is known of a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The name.
    pub name: Option<String>,
    /// The telephone.
    pub phone: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// The language tag.
    pub locale: Option<String>,
    /// Attributes as stored.
    pub attributes: String,
}

/// What the survivor did not know before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Filled {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The language tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Attributes.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub attributes: Map<String, Value>,
}

impl Filled {
    /// Tells what the survivor learns from the other: only what it does not know. Attributes for which there is no room stay behind.
    #[must_use]
    pub fn of(survivor: &Known, other: &Known) -> Self {
        let gap = |mine: &Option<String>, theirs: &Option<String>| if mine.is_none() { theirs.clone() } else { None };
        let mut mine = stored_attributes(&survivor.attributes);
        let mut attributes = Map::new();
        for (key, value) in stored_attributes(&other.attributes) {
            let one = Map::from_iter([(key.clone(), value.clone())]);
            if mine.contains_key(&key) {
                continue;
            }
            if let Ok(more) = with_attributes(&mine, one) {
                mine = more;
                attributes.insert(key, value);
            }
        }
        Self {
            name: gap(&survivor.name, &other.name),
            phone: gap(&survivor.phone, &other.phone),
            email: gap(&survivor.email, &other.email),
            locale: gap(&survivor.locale, &other.locale),
            attributes,
        }
    }

    /// Returns the survivor with what it learnt.
    ///
    /// # Errors
    /// [`Wrong`] never, as [`Filled::of`] left out what has no room.
    pub fn added(&self, survivor: &Known) -> Result<Known, Wrong> {
        let or = |mine: &Option<String>, theirs: &Option<String>| mine.clone().or_else(|| theirs.clone());
        let attributes = with_attributes(&stored_attributes(&survivor.attributes), self.attributes.clone())?;
        Ok(Known {
            name: or(&survivor.name, &self.name),
            phone: or(&survivor.phone, &self.phone),
            email: or(&survivor.email, &self.email),
            locale: or(&survivor.locale, &self.locale),
            attributes: Value::Object(attributes).to_string(),
        })
    }

    /// Returns the survivor without what it learnt; what was changed since stays.
    #[must_use]
    pub fn taken(&self, survivor: &Known) -> Known {
        let without = |mine: &Option<String>, filled: &Option<String>| mine.clone().filter(|_| filled.is_none() || mine != filled);
        let mut attributes = stored_attributes(&survivor.attributes);
        attributes.retain(|key, value| self.attributes.get(key) != Some(value));
        Known {
            name: without(&survivor.name, &self.name),
            phone: without(&survivor.phone, &self.phone),
            email: without(&survivor.email, &self.email),
            locale: without(&survivor.locale, &self.locale),
            attributes: Value::Object(attributes).to_string(),
        }
    }
}

/// Finds the kind of identity that proves the two to be different customers, with both values.
#[must_use]
pub fn conflict(survivor: &[(String, String)], other: &[(String, String)]) -> Option<(String, String, String)> {
    PROVING.into_iter().find_map(|kind| {
        let of = |list: &[(String, String)]| list.iter().find(|(its, _)| its == kind).map(|(_, value)| value.clone());
        Some((kind.to_owned(), of(survivor)?, of(other)?))
    })
}

/// Rows that were moved, by table: ids, or kind and value of an identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Ids by table.
    pub rows: BTreeMap<String, Vec<uuid::Uuid>>,
    /// Identities.
    pub identities: Vec<(String, String)>,
}

impl Moved {
    /// Counts them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.values().map(Vec::len).sum::<usize>() + self.identities.len()
    }

    /// Tells whether nothing was moved.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
