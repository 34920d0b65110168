//! The kinds of events that an endpoint may ask for: those of the timeline, a closed list. A new kind of event gets a line here, and a test
//! asks for it.

use std::collections::BTreeSet;
use thiserror::Error;

/// Every kind that the timeline knows.
pub const KINDS: [&str; 12] = [
    "conversation.created",
    "conversation.standing",
    "conversation.handed_off",
    "conversation.assignee",
    "conversation.team",
    "conversation.changed",
    "message.created",
    "message.changed",
    "message.status",
    "turn.ended",
    "survey.asked",
    "survey.answered",
];
/// The kind of a sample. Nobody subscribes to it.
pub const TEST: &str = "webhook.test";
/// The word for every kind, those too that will be.
pub const EVERYTHING: &str = "*";

/// The kinds that an endpoint gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// All, those too that will be.
    All,
    /// Only these.
    Some(BTreeSet<&'static str>),
}

/// The text names no kind.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("must be * or kinds of events: {}", KINDS.join(", "))]
pub struct UnknownKind;

impl Kinds {
    /// Reads a list of kinds.
    ///
    /// # Errors
    /// [`UnknownKind`] if one of them is none, or if there is none at all.
    pub fn parse<T: AsRef<str>>(list: &[T]) -> Result<Self, UnknownKind> {
        if list.iter().any(|one| one.as_ref() == EVERYTHING) {
            return Ok(Self::All);
        }
        let known = |one: &T| KINDS.into_iter().find(|kind| *kind == one.as_ref()).ok_or(UnknownKind);
        let kinds = list.iter().map(known).collect::<Result<BTreeSet<_>, _>>()?;
        if kinds.is_empty() { Err(UnknownKind) } else { Ok(Self::Some(kinds)) }
    }

    /// Reads the list as it is stored, a JSON array; kinds of another release are passed over.
    #[must_use]
    pub fn stored(json: &str) -> Self {
        let list: Vec<String> = serde_json::from_str(json).unwrap_or_default();
        if list.iter().any(|one| one == EVERYTHING) {
            return Self::All;
        }
        Self::Some(KINDS.into_iter().filter(|kind| list.iter().any(|one| one == kind)).collect())
    }

    /// Lists them as they are spelled.
    #[must_use]
    pub fn spelled(&self) -> Vec<String> {
        match self {
            Self::All => vec![EVERYTHING.to_owned()],
            Self::Some(kinds) => kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        }
    }

    /// Tells whether a kind is among them.
    #[must_use]
    pub fn hold(&self, kind: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(kinds) => kinds.contains(kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_as_they_are_written() {
        for list in [vec!["*"], vec!["message.created"], KINDS.to_vec()] {
            let kinds = Kinds::parse(&list).unwrap();
            assert_eq!(Kinds::stored(&serde_json::json!(kinds.spelled()).to_string()), kinds);
        }
        assert_eq!(Kinds::parse(&["turn.ended", "*"]), Ok(Kinds::All));
        for wrong in [vec![], vec!["message"], vec!["message.created", "x.y"], vec!["webhook.test"], vec!["Message.created"]] {
            assert_eq!(Kinds::parse(&wrong), Err(UnknownKind), "{wrong:?}");
        }
        assert_eq!(Kinds::stored("rubbish"), Kinds::Some(BTreeSet::new()));
        assert!(UnknownKind.to_string().contains("conversation.handed_off"));
    }
}
