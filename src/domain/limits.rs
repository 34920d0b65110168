//! What a business's plan allows: how many of each thing, and how many bytes of files. Pure; kept as JSON in `tenant.limits`, beside what a day of models may cost.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What files may take where the plan says nothing: 10 GiB.
pub const DEFAULT_FILE_BYTES: u64 = 10 * 1024 * 1024 * 1024;

/// The key of the bound for files in `tenant.limits`.
pub const FILE_BYTES: &str = "file_bytes";

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Counted {
    /// People of the business, with those who are asked.
    Members,
    /// Inboxes, whatever their state.
    Inboxes,
    /// API keys that are accepted.
    ApiKeys,
}

impl Counted {
    /// Everything that is counted.
    pub const ALL: [Self; 3] = [Self::Members, Self::Inboxes, Self::ApiKeys];

    /// Returns the key in `tenant.limits`, which also is the API's field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Inboxes => "inboxes",
            Self::ApiKeys => "api_keys",
        }
    }
}

/// How many of each thing a business may have; `None`: no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Most members and open invitations.
    pub members: Option<u32>,
    /// Most inboxes.
    pub inboxes: Option<u32>,
    /// Most accepted API keys.
    pub api_keys: Option<u32>,
    /// Most bytes of files that people attach. The only bound that a plan without a word has.
    pub file_bytes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { members: None, inboxes: None, api_keys: None, file_bytes: Some(DEFAULT_FILE_BYTES) }
    }
}

/// The files of a business take as much as its plan allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plan allows {most} bytes of files, and {used} are taken: delete conversations or messages with files that nobody needs")]
pub struct FilesFull {
    /// How many bytes there may be.
    pub most: u64,
    /// How many there are.
    pub used: u64,
}

/// A business has as many of a thing as its plan allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plan allows at most {most} {}", what.as_str())]
pub struct LimitReached {
    /// Of what.
    pub what: Counted,
    /// How many it may have.
    pub most: u32,
}

impl Limits {
    /// Reads them out of `tenant.limits`. A bound that cannot be read is zero: nothing new is made until it is mended, nothing is lost.
    #[must_use]
    pub fn read(limits: &str) -> Self {
        let Ok(all) = serde_json::from_str::<Map<String, Value>>(limits) else {
            return Self { members: Some(0), inboxes: Some(0), api_keys: Some(0), file_bytes: Some(0) };
        };
        let bound = |what: Counted| match all.get(what.as_str()) {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_u64().and_then(|most| u32::try_from(most).ok()).unwrap_or(0)),
        };
        let file_bytes = match all.get(FILE_BYTES) {
            None => Some(DEFAULT_FILE_BYTES),
            Some(Value::Null) => None,
            Some(value) => Some(value.as_u64().unwrap_or(0)),
        };
        Self { members: bound(Counted::Members), inboxes: bound(Counted::Inboxes), api_keys: bound(Counted::ApiKeys), file_bytes }
    }

    /// Lays them into `tenant.limits`, beside whatever else is there.
    #[must_use]
    pub fn into_stored(self, limits: &str) -> String {
        let mut all = serde_json::from_str::<Map<String, Value>>(limits).unwrap_or_default();
        for what in Counted::ALL {
            match self.of(what) {
                Some(most) => all.insert(what.as_str().to_owned(), most.into()),
                None => all.remove(what.as_str()),
            };
        }
        match self.file_bytes {
            Some(DEFAULT_FILE_BYTES) => all.remove(FILE_BYTES),
            bound => all.insert(FILE_BYTES.to_owned(), bound.into()),
        };
        Value::Object(all).to_string()
    }

    /// Returns how many of a thing there may be.
    #[must_use]
    pub const fn of(&self, what: Counted) -> Option<u32> {
        match what {
            Counted::Members => self.members,
            Counted::Inboxes => self.inboxes,
            Counted::ApiKeys => self.api_keys,
        }
    }

    /// Tells whether one more may be made where there are `have`.
    ///
    /// # Errors
    /// [`LimitReached`].
    pub fn one_more(&self, what: Counted, have: u64) -> Result<(), LimitReached> {
        match self.of(what) {
            Some(most) if have >= u64::from(most) => Err(LimitReached { what, most }),
            Some(_) | None => Ok(()),
        }
    }

    /// Tells whether files of so many `more` bytes may come where others take `used`. What is empty comes always.
    ///
    /// # Errors
    /// [`FilesFull`].
    pub fn room_for(&self, used: u64, more: u64) -> Result<(), FilesFull> {
        match self.file_bytes {
            Some(most) if used.saturating_add(more) > most => Err(FilesFull { most, used }),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_without_a_word_has_no_bound_and_one_that_cannot_be_read_allows_nothing_new() {
        assert_eq!(Limits::read("{}"), Limits::default());
        assert_eq!(Limits::read(r#"{"file_bytes": null}"#).file_bytes, None);
        for broken in ["", r#"{"file_bytes": "1"}"#, r#"{"file_bytes": -1}"#] {
            assert_eq!(Limits::read(broken).file_bytes, Some(0), "{broken}");
        }
        assert_eq!(Limits::read(r#"{"inboxes": 3, "api_keys": null, "models": {}}"#), Limits { inboxes: Some(3), ..Limits::default() });
        for broken in ["", "[]", r#"{"inboxes": -1}"#, r#"{"inboxes": "3"}"#, r#"{"inboxes": 4294967296}"#] {
            assert_eq!(Limits::read(broken).inboxes, Some(0), "{broken}");
        }
    }

    #[test]
    fn one_more_is_made_up_to_the_bound() {
        let limits = Limits { inboxes: Some(2), ..Limits::default() };
        assert_eq!([0, 1, 2, 3].map(|have| limits.one_more(Counted::Inboxes, have).is_ok()), [true, true, false, false]);
        assert_eq!(limits.one_more(Counted::Members, u64::MAX), Ok(()));
        assert_eq!(limits.one_more(Counted::Inboxes, 2).unwrap_err().to_string(), "the plan allows at most 2 inboxes");
    }

    #[test]
    fn files_come_up_to_the_last_byte() {
        let limits = Limits { file_bytes: Some(10), ..Limits::default() };
        assert_eq!(
            [(0, 10), (9, 1), (10, 0), (10, 1), (0, 11)].map(|(used, more)| limits.room_for(used, more).is_ok()),
            [true, true, true, false, false]
        );
        assert_eq!(limits.room_for(u64::MAX, u64::MAX), Err(FilesFull { most: 10, used: u64::MAX }));
        let unbound = Limits { file_bytes: None, ..limits };
        assert_eq!(unbound.room_for(u64::MAX, u64::MAX), Ok(()));
    }

    #[test]
    fn limits_come_back_as_they_went_and_leave_their_neighbours_alone() {
        for file_bytes in [None, Some(0), Some(7), Some(DEFAULT_FILE_BYTES)] {
            let limits = Limits { file_bytes, ..Limits::default() };
            assert_eq!(Limits::read(&limits.into_stored(r#"{"file_bytes": 9}"#)), limits);
        }
        let limits = Limits { members: Some(5), inboxes: None, api_keys: Some(0), ..Limits::default() };
        let text = limits.into_stored(r#"{"inboxes": 9, "models": {"parallel": 2}}"#);
        assert_eq!(Limits::read(&text), limits);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["models"]["parallel"], 2);
    }
}
