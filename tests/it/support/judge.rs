//! The judge of the kill test: what was acknowledged, what customers received, what people were shown. Pure; knows no table.
//!
//! Rooms are judged one by one. A reply names the customer's message that caused it, and answers that one and the ones before it; so in
//! a room without loss, duplicates or disorder the named messages rise strictly and end with the last one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A message that a customer received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Where.
    pub room: String,
    /// The customer's message that it answers.
    pub answers: Option<String>,
}

/// What went wrong in a room.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// An acknowledged message that nobody answered, and nobody was told.
    Lost(String),
    /// A message that was answered twice.
    Twice(String),
    /// A reply that came after the reply to a later message.
    Disorder(String),
    /// A reply that answers nothing that was said there.
    Stray(String),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(id) => write!(f, "lost: {id} was acknowledged and never answered"),
            Self::Twice(id) => write!(f, "twice: {id} was answered again"),
            Self::Disorder(id) => write!(f, "disorder: {id} was answered after a later message"),
            Self::Stray(room) => write!(f, "stray: a reply in {room} answers nothing that was said there"),
        }
    }
}

/// Judges. `acknowledged` holds (room, message) in the order of saying, `replies` in the order of arrival, `shown` the (room, message)
/// whose answers people were told to be uncertain.
pub fn judge(acknowledged: &[(String, String)], replies: &[Reply], shown: &BTreeSet<(String, String)>) -> Vec<Violation> {
    let mut rooms: BTreeMap<&str, Room<'_>> = BTreeMap::new();
    for (room, id) in acknowledged {
        rooms.entry(room).or_default().said.push(id);
    }
    for reply in replies {
        rooms.entry(&reply.room).or_default().answered.push(reply.answers.as_deref());
    }
    for (room, id) in shown {
        rooms.entry(room).or_default().shown.push(id);
    }
    rooms.iter().flat_map(|(name, room)| room.judge(name)).collect()
}

#[derive(Debug, Default)]
struct Room<'a> {
    said: Vec<&'a str>,
    answered: Vec<Option<&'a str>>,
    shown: Vec<&'a str>,
}

impl Room<'_> {
    fn judge(&self, name: &str) -> Vec<Violation> {
        let mut found = Vec::new();
        let place = |id: &str| self.said.iter().position(|said| *said == id);
        let mut seen = BTreeSet::new();
        let mut latest = None;
        for answered in &self.answered {
            match answered.and_then(|id| Some((id, place(id)?))) {
                None => found.push(Violation::Stray(name.to_owned())),
                Some((id, at)) if !seen.insert(at) => found.push(Violation::Twice(id.to_owned())),
                Some((id, at)) if latest.is_some_and(|latest| at < latest) => found.push(Violation::Disorder(id.to_owned())),
                Some((_, at)) => latest = Some(at),
            }
        }
        let shown = self.shown.iter().filter_map(|id| place(id));
        let served = seen.into_iter().chain(shown).map(|at| at + 1).max().unwrap_or(0);
        found.extend(self.said.iter().skip(served).map(|id| Violation::Lost((*id).to_owned())));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(ids: &[&str]) -> Vec<(String, String)> {
        ids.iter().map(|id| ("a".to_owned(), (*id).to_owned())).collect()
    }

    fn replies(ids: &[&str]) -> Vec<Reply> {
        ids.iter().map(|id| Reply { room: "a".to_owned(), answers: Some((*id).to_owned()) }).collect()
    }

    fn shown(ids: &[&str]) -> BTreeSet<(String, String)> {
        said(ids).into_iter().collect()
    }

    #[test]
    fn one_reply_for_each_message_or_for_a_burst_is_right() {
        assert_eq!(judge(&said(&["1", "2", "3"]), &replies(&["1", "2", "3"]), &shown(&[])), []);
        assert_eq!(judge(&said(&["1", "2", "3"]), &replies(&["2", "3"]), &shown(&[])), []);
        assert_eq!(judge(&said(&["1", "2", "3"]), &replies(&["3"]), &shown(&[])), []);
    }

    #[test]
    fn what_nobody_answered_is_lost_unless_people_were_told() {
        let lost = |ids: &[&str]| ids.iter().map(|id| Violation::Lost((*id).to_owned())).collect::<Vec<_>>();
        assert_eq!(judge(&said(&["1"]), &[], &shown(&[])), lost(&["1"]));
        assert_eq!(judge(&said(&["1", "2", "3"]), &replies(&["1"]), &shown(&[])), lost(&["2", "3"]));
        assert_eq!(judge(&said(&["1"]), &[], &shown(&["1"])), []);
        assert_eq!(judge(&said(&["1", "2"]), &[], &shown(&["1"])), lost(&["2"]));
    }

    #[test]
    fn a_second_answer_is_seen_also_after_others() {
        assert_eq!(judge(&said(&["1"]), &replies(&["1", "1"]), &shown(&[])), [Violation::Twice("1".into())]);
        assert_eq!(judge(&said(&["1", "2"]), &replies(&["1", "2", "1"]), &shown(&[])), [Violation::Twice("1".into())]);
    }

    #[test]
    fn a_reply_that_was_overtaken_is_disorder() {
        assert_eq!(judge(&said(&["1", "2"]), &replies(&["2", "1"]), &shown(&[])), [Violation::Disorder("1".into())]);
    }

    #[test]
    fn a_reply_without_a_cause_is_a_stray() {
        let elsewhere = Reply { room: "b".to_owned(), answers: Some("1".to_owned()) };
        let nothing = Reply { room: "a".to_owned(), answers: None };
        assert_eq!(judge(&said(&["1"]), &[nothing, replies(&["1"])[0].clone()], &shown(&[])), [Violation::Stray("a".into())]);
        assert_eq!(judge(&said(&["1"]), &[replies(&["1"])[0].clone(), elsewhere], &shown(&[])), [Violation::Stray("b".into())]);
    }
}
