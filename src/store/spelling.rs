//! How the core's types are spelled in columns, and read back. One place, so that writing and reading cannot drift apart.

use crate::crypto::mac::sha256_hex;
use crate::domain::conversation::State;
use crate::domain::conversation::message::Author;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::conversation::stretch::{Beginning, Ender, Stretch};
use crate::domain::delivery::{Address, AddressKind};
use crate::domain::ids::AgentId;
use crate::domain::learnt::Learnt;
use crate::domain::time::Timestamp;
use crate::domain::triage::{Priority, Triage};
use crate::store::rows::{Cell, Columns, Kind};
use sea_orm::DbErr;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// A row of the queue that we add ourselves: a due timer, a message that did not arrive.
pub(crate) const INBOUND: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("external_id", Kind::Text),
    ("kind", Kind::Text),
    ("conversation_id", Kind::Id),
    ("part", Kind::Small),
    ("payload", Kind::Text),
    ("state", Kind::Text),
    ("occurred_at", Kind::At),
    ("received_at", Kind::At),
];

/// The format of snapshots that this release writes.
pub(crate) const FORMAT: i64 = 1;
/// Keys longer than this are replaced by their hash.
const MAX_KEY: usize = 255;

/// Returns the conversation's columns that follow from its state: `status` … `snapshot`, in the order of the statements.
pub(crate) fn state_cells<'a>(state: &State, snapshot: &'a str) -> [Cell<'a>; 15] {
    let standing = state.standing;
    [
        standing.status().as_str().into(),
        standing.speaker().into(),
        standing.human().and_then(agent_of).into(),
        state.assignee.map(|agent| agent.0).into(),
        state.team.map(|team| team.0).into(),
        state.cycle.into(),
        state.waiting_since.into(),
        standing.snoozed_until().into(),
        state.first_reply_at.into(),
        state.last_activity_at.into(),
        state.last_inbound_at.into(),
        state.resolved_at.into(),
        state.last_turn.into(),
        state.last_seq.into(),
        snapshot.into(),
    ]
}

/// Returns the columns of a stretch: `began` … `verdict`.
pub(crate) fn stretch_cells<'a>(stretch: &Stretch) -> [Cell<'a>; 9] {
    let (ended_by, ender) = match stretch.ended_by {
        None => (None, None),
        Some(Ender::Assistant) => (Some("assistant"), None),
        Some(Ender::Silence) => (Some("silence"), None),
        Some(Ender::Agent(agent)) => (Some("agent"), Some(agent.0)),
    };
    let began = match stretch.began {
        Beginning::First => "first",
        Beginning::Reopened => "reopened",
    };
    [
        began.into(),
        stretch.began_at.into(),
        stretch.people_at.into(),
        stretch.handed_off_at.into(),
        stretch.human_at.into(),
        stretch.ended_at.into(),
        ended_by.into(),
        ender.into(),
        stretch.verdict().as_str().into(),
    ]
}

/// Reads who ended a stretch.
pub(crate) fn ender(by: Option<&str>, id: Option<Uuid>) -> Option<Ender> {
    match by? {
        "assistant" => Some(Ender::Assistant),
        "silence" => Some(Ender::Silence),
        "agent" => id.map(|id| Ender::Agent(AgentId(id))),
        _ => None,
    }
}

/// Returns the id of a person who works in Recado.
pub(crate) const fn agent_of(human: Human) -> Option<Uuid> {
    match human {
        Human::Agent(agent) => Some(agent.0),
        Human::Phone => None,
    }
}

/// Reads what side jobs have found out. What cannot be read was lost: it is made again.
pub(crate) fn learnt(text: Option<&str>) -> Learnt {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Reads what people have sorted a conversation by. What cannot be read of it is left out: people see at once that it is missing.
pub(crate) fn triage(priority: Option<&str>, labels: Option<&str>, attributes: Option<&str>) -> Triage {
    Triage {
        priority: priority.and_then(Priority::parse),
        labels: labels.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
        attributes: attributes.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
    }
}

/// Reads status and speaker.
pub(crate) fn standing(status: &str, speaker: &str, id: Option<Uuid>, until: Option<Timestamp>) -> Option<Standing> {
    let human = (speaker == "human").then(|| id.map_or(Human::Phone, |id| Human::Agent(AgentId(id))));
    Some(match Status::parse(status)? {
        Status::Pending => Standing::Pending,
        Status::Open => Standing::Open(human),
        Status::Snoozed => Standing::Snoozed { speaker: human, until },
        Status::Resolved => Standing::Resolved,
        Status::Spam => Standing::Spam,
    })
}

/// Returns the columns `author` and `author_id`.
pub(crate) const fn author_columns(author: Author) -> (&'static str, Option<Uuid>) {
    match author {
        Author::Contact => ("contact", None),
        Author::Assistant => ("assistant", None),
        Author::Human(human) | Author::Note(Some(human)) => match human {
            Human::Agent(agent) => ("agent", Some(agent.0)),
            Human::Phone => ("phone", None),
        },
        Author::Automatic | Author::Note(None) | Author::System => ("system", None),
    }
}

/// Reads an author.
pub(crate) fn author(direction: &str, author: &str, id: Option<Uuid>) -> Option<Author> {
    let human = match (author, id) {
        ("agent", Some(id)) => Some(Human::Agent(AgentId(id))),
        ("phone", _) => Some(Human::Phone),
        _ => None,
    };
    match (direction, author) {
        ("in", _) => Some(Author::Contact),
        ("note", _) => Some(Author::Note(human)),
        ("system", _) => Some(Author::System),
        ("out", "assistant") => Some(Author::Assistant),
        ("out", "system") => Some(Author::Automatic),
        ("out", _) => human.map(Author::Human),
        _ => None,
    }
}

/// Reads an address.
pub(crate) fn address(kind: &str, value: String) -> Result<Address, DbErr> {
    let word: StrDeserializer<'_, WordError> = kind.into_deserializer();
    let kind = AddressKind::deserialize(word).map_err(|error| DbErr::Type(error.to_string()))?;
    Ok(Address { kind, value })
}

/// Makes a text safe as a key: no U+0000, at most 255 bytes, longer ones by their SHA-256 in hex.
pub(crate) fn key(text: &str) -> String {
    if text.len() > MAX_KEY { sha256_hex(text.as_bytes()) } else { text.replace('\0', "\u{fffd}") }
}

/// Spells a value as JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, DbErr> {
    serde_json::to_string(value).map_err(|error| DbErr::Custom(error.to_string()))
}

/// Reads JSON that we have written. The error never holds the value.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, DbErr> {
    serde_json::from_str(text).map_err(|error| DbErr::Type(format!("stored JSON is not ours (line {})", error.line())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standing_reads_back_as_it_was_written() {
        let agent = Human::Agent(AgentId(Uuid::from_u128(7)));
        let until = Some(Timestamp::from_secs(9));
        let all = [
            Standing::Pending,
            Standing::Open(None),
            Standing::Open(Some(agent)),
            Standing::Open(Some(Human::Phone)),
            Standing::Snoozed { speaker: None, until },
            Standing::Snoozed { speaker: Some(agent), until: None },
            Standing::Resolved,
            Standing::Spam,
        ];
        for was in all {
            let id = was.human().and_then(agent_of);
            assert_eq!(standing(was.status().as_str(), was.speaker(), id, was.snoozed_until()), Some(was));
        }
    }

    #[test]
    fn every_author_reads_back_as_it_was_written() {
        let agent = Human::Agent(AgentId(Uuid::from_u128(7)));
        let all = [
            Author::Contact,
            Author::Assistant,
            Author::Human(agent),
            Author::Human(Human::Phone),
            Author::Automatic,
            Author::Note(Some(agent)),
            Author::Note(None),
            Author::System,
        ];
        for was in all {
            let (word, id) = author_columns(was);
            assert_eq!(author(was.direction(), word, id), Some(was));
        }
        assert_eq!(author("sideways", "agent", None), None);
    }

    #[test]
    fn a_long_key_is_its_hash_and_a_short_one_has_no_nul() {
        assert_eq!(key("a\0b"), "a\u{fffd}b");
        assert_eq!(key(&"x".repeat(255)).len(), 255);
        assert_eq!(key(&"x".repeat(256)).len(), 64);
        assert_ne!(key(&"x".repeat(256)), key(&"x".repeat(257)));
    }
}
