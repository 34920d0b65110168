//! Who of a business is looking at a conversation, and who is writing in it. Pure, and of the moment only: nothing of it is kept.
//!
//! Each sign is good for a while and is repeated by whoever still looks; a browser that dies says nothing more and is forgotten. Bounded in
//! memory: what does not fit is not remembered, and only those hear of it who listen when it is said.

use crate::domain::ids::{ConversationId, MemberId, TenantId};
use crate::domain::time::Timestamp;
use std::collections::HashMap;
use std::time::Duration;

/// How long a member counts as looking after a sign.
pub const VIEWING: Duration = Duration::from_secs(60);
/// How long a member counts as writing after a sign.
pub const TYPING: Duration = Duration::from_secs(10);
/// Conversations that are remembered at once.
pub const MOST_CONVERSATIONS: usize = 10_000;
/// Members of one conversation who are remembered at once.
pub const MOST_MEMBERS: usize = 50;

/// What a member says of himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Looks at it.
    Viewing,
    /// Writes in it, and so looks at it.
    Typing,
    /// Has left it.
    Gone,
}

/// That a member is there, and until when that is good without another sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watcher {
    /// Who.
    pub member: MemberId,
    /// Looks until then; `None`: has left.
    pub viewing: Option<Timestamp>,
    /// Writes until then.
    pub typing: Option<Timestamp>,
}

impl Watcher {
    /// Reads a sign.
    #[must_use]
    pub fn of(member: MemberId, sign: Sign, at: Timestamp) -> Self {
        let viewing = (sign != Sign::Gone).then(|| at.after(VIEWING));
        Self { member, viewing, typing: (sign == Sign::Typing).then(|| at.after(TYPING)) }
    }

    /// Returns what of it is still good; `None`: nothing.
    fn now(self, at: Timestamp) -> Option<Self> {
        let viewing = self.viewing.filter(|until| *until > at)?;
        Some(Self { viewing: Some(viewing), typing: self.typing.filter(|until| *until > at), ..self })
    }
}

/// Who is where, on one node.
#[derive(Debug, Default)]
pub struct Board(HashMap<(TenantId, ConversationId), Vec<Watcher>>);

impl Board {
    /// Notes a sign.
    pub fn note(&mut self, place: (TenantId, ConversationId), watcher: Watcher, at: Timestamp) {
        if self.0.len() >= MOST_CONVERSATIONS && !self.0.contains_key(&place) {
            self.tidy(at);
        }
        if self.0.len() >= MOST_CONVERSATIONS && !self.0.contains_key(&place) {
            return;
        }
        let here = self.0.entry(place).or_default();
        here.retain(|one| one.member != watcher.member && one.now(at).is_some());
        if watcher.viewing.is_some() && here.len() < MOST_MEMBERS {
            here.push(watcher);
        }
        if here.is_empty() {
            self.0.remove(&place);
        }
    }

    /// Lists who is there now, who came first first.
    #[must_use]
    pub fn of(&self, place: (TenantId, ConversationId), at: Timestamp) -> Vec<Watcher> {
        self.0.get(&place).into_iter().flatten().filter_map(|one| one.now(at)).collect()
    }

    fn tidy(&mut self, at: Timestamp) {
        self.0.retain(|_, here| here.iter().any(|one| one.now(at).is_some()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const ANA: MemberId = MemberId(Uuid::from_u128(1));
    const BEN: MemberId = MemberId(Uuid::from_u128(2));

    fn place(number: u128) -> (TenantId, ConversationId) {
        (TenantId(Uuid::from_u128(7)), ConversationId(Uuid::from_u128(number)))
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_secs(1_700_000_000).after(Duration::from_secs(seconds))
    }

    fn names(board: &Board, seconds: u64) -> Vec<(MemberId, bool)> {
        board.of(place(1), at(seconds)).into_iter().map(|one| (one.member, one.typing.is_some())).collect()
    }

    #[test]
    fn writing_ends_after_ten_seconds_and_looking_after_a_minute_without_a_sign() {
        let mut board = Board::default();
        board.note(place(1), Watcher::of(ANA, Sign::Typing, at(0)), at(0));
        board.note(place(1), Watcher::of(BEN, Sign::Viewing, at(5)), at(5));
        assert_eq!(names(&board, 9), [(ANA, true), (BEN, false)]);
        assert_eq!(names(&board, 10), [(ANA, false), (BEN, false)]);
        assert_eq!(names(&board, 60), [(BEN, false)]);
        assert!(names(&board, 65).is_empty());
        board.note(place(1), Watcher::of(BEN, Sign::Viewing, at(64)), at(64));
        assert_eq!(names(&board, 100), [(BEN, false)], "a sign is good from when it is given");
        board.note(place(1), Watcher::of(BEN, Sign::Gone, at(101)), at(101));
        assert!(names(&board, 101).is_empty() && board.0.is_empty(), "nothing is left of who has left");
        assert!(board.of(place(2), at(0)).is_empty());
    }

    #[test]
    fn a_board_is_bounded_and_what_is_over_makes_room() {
        let mut board = Board::default();
        for number in 0..=MOST_CONVERSATIONS as u128 {
            board.note(place(number), Watcher::of(ANA, Sign::Viewing, at(0)), at(0));
        }
        assert_eq!(board.0.len(), MOST_CONVERSATIONS);
        board.note(place(u128::MAX), Watcher::of(ANA, Sign::Viewing, at(61)), at(61));
        assert_eq!((board.0.len(), board.of(place(u128::MAX), at(61)).len()), (1, 1));
        for number in 0..60 {
            board.note(place(1), Watcher::of(MemberId(Uuid::from_u128(number)), Sign::Viewing, at(61)), at(61));
        }
        assert_eq!(board.of(place(1), at(61)).len(), MOST_MEMBERS);
    }
}
