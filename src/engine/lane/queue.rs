//! The order in which rows leave an account. Pure: time is given, nothing is sent here.
//!
//! Within a conversation rows leave by `ord`, one at a time. Between conversations: agents before the assistant before campaigns, then the
//! row that has been due longest. A row before others is as urgent as the most urgent of them, which waits for it.

use crate::domain::conversation::effect::OutboxClass;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::time::Timestamp;
use crate::ports::store::OutboxRow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Rows waiting to leave.
#[derive(Default)]
pub(crate) struct Queue {
    conversations: HashMap<ConversationId, Waiting>,
    /// Conversations that may be served, by class, the first one first.
    turn: BTreeMap<OutboxClass, BTreeSet<(Timestamp, ConversationId)>>,
    /// The rows of all conversations together.
    rows: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    class: OutboxClass,
    not_before: Timestamp,
}

#[derive(Default)]
struct Waiting {
    rows: BTreeMap<i64, OutboxRow>,
    /// A row is under way: the others wait.
    under_way: bool,
    /// The row under way is the assistant's and was taken back meanwhile: it is not tried again.
    recalled: Option<i64>,
    /// Nothing leaves earlier: a gap between parts, a recipient's bucket.
    not_before: Timestamp,
    /// The message that left last: the gap after it ends early once the channel says where it is.
    left: Option<MessageId>,
    place: Option<Place>,
    /// How many of its rows are counted.
    counted: usize,
}

impl Queue {
    /// Takes rows in; a row that is known already is replaced, so hints may repeat themselves.
    pub fn accept(&mut self, rows: Vec<OutboxRow>) {
        for row in rows {
            let id = row.key.id;
            let waiting = self.conversations.entry(id).or_default();
            if waiting.under_way && waiting.rows.first_key_value().is_some_and(|(ord, _)| *ord == row.ord) {
                continue;
            }
            waiting.rows.insert(row.ord, row);
            self.place(id);
        }
    }

    /// Returns true if rows wait behind one that is neither under way nor due: it may have been settled elsewhere.
    pub fn held_up(&self, id: ConversationId, now: Timestamp) -> bool {
        self.conversations.get(&id).is_some_and(|waiting| {
            let first_waits = waiting.rows.first_key_value().is_some_and(|(_, row)| row.due_at > now);
            !waiting.under_way && waiting.rows.len() > 1 && first_waits
        })
    }

    /// Replaces what is known of a conversation by what the database says.
    pub fn replace(&mut self, id: ConversationId, rows: Vec<OutboxRow>) {
        let waiting = self.conversations.entry(id).or_default();
        waiting.recalled = None;
        waiting.rows = rows.into_iter().map(|row| (row.ord, row)).collect();
        waiting.under_way = false;
        self.place(id);
    }

    /// Returns the next row that may leave at `now` and marks its conversation as under way.
    pub fn next(&mut self, now: Timestamp) -> Option<OutboxRow> {
        let mut firsts = self.turn.values_mut().filter(|turn| turn.first().is_some_and(|(not_before, _)| *not_before <= now));
        let (_, id) = firsts.next()?.pop_first()?;
        let waiting = self.conversations.get_mut(&id)?;
        waiting.place = None;
        waiting.under_way = true;
        waiting.rows.first_key_value().map(|(_, row)| row.clone())
    }

    /// Returns how many rows wait or are under way.
    pub const fn len(&self) -> usize {
        self.rows
    }

    /// Returns when the next row becomes due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.turn.values().filter_map(BTreeSet::first).map(|(not_before, _)| *not_before).min()
    }

    /// The row under way has left, or never will: the next one of its conversation may follow at `not_before`.
    pub fn settled(&mut self, id: ConversationId, ord: i64, not_before: Timestamp) {
        if let Some(waiting) = self.conversations.get_mut(&id) {
            waiting.left = waiting.rows.remove(&ord).and_then(|row| row.message);
            waiting.under_way = false;
            waiting.not_before = not_before;
            self.place(id);
        }
    }

    /// The channel has said where a message is: if it was the last one to leave, the next one need not keep its distance any more.
    pub fn arrived(&mut self, id: ConversationId, message: MessageId) {
        if let Some(waiting) = self.conversations.get_mut(&id).filter(|waiting| waiting.left == Some(message)) {
            waiting.not_before = Timestamp::default();
            self.place(id);
        }
    }

    /// People hold the conversation now: what the assistant wanted to send there and has not begun to is forgotten, so that it does not
    /// stand in the way of what people send.
    pub fn recall(&mut self, id: ConversationId) {
        let Some(waiting) = self.conversations.get_mut(&id) else { return };
        let calling = waiting.rows.first_key_value().map(|(ord, _)| *ord).filter(|_| waiting.under_way);
        waiting.recalled = calling;
        waiting.rows.retain(|ord, row| row.class != OutboxClass::Assistant || row.sending_since.is_some() || Some(*ord) == calling);
        self.place(id);
    }

    /// The row under way stays, changed, and may be tried again when it is due.
    pub fn again(&mut self, row: OutboxRow) {
        let id = row.key.id;
        let waiting = self.conversations.entry(id).or_default();
        waiting.under_way = false;
        let recalled = waiting.recalled.take() == Some(row.ord) && row.class == OutboxClass::Assistant;
        if recalled && row.sending_since.is_none() {
            return self.settled(id, row.ord, Timestamp::default());
        }
        waiting.rows.insert(row.ord, row);
        self.place(id);
    }

    fn place(&mut self, id: ConversationId) {
        let Some(waiting) = self.conversations.get_mut(&id) else { return };
        let counted = std::mem::replace(&mut waiting.counted, waiting.rows.len());
        self.rows = (self.rows + waiting.rows.len()).saturating_sub(counted);
        if let Some(place) = waiting.place.take() {
            self.turn.entry(place.class).or_default().remove(&(place.not_before, id));
        }
        let Some((_, row)) = waiting.rows.first_key_value() else {
            if !waiting.under_way {
                self.conversations.remove(&id);
            }
            return;
        };
        if !waiting.under_way {
            let class = waiting.rows.values().map(|row| row.class).min().unwrap_or(row.class);
            let place = Place { class, not_before: row.due_at.max(waiting.not_before) };
            waiting.place = Some(place);
            self.turn.entry(place.class).or_default().insert((place.not_before, id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::content::Content;
    use crate::domain::delivery::{Address, AddressKind};
    use crate::domain::ids::{ConversationKey, InboxId, OutboxId, Partition, TenantId};
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_secs(1_000);

    fn row(conversation: u128, ord: i64, class: OutboxClass) -> OutboxRow {
        let id = Uuid::from_u128(conversation * 100 + u128::from(ord.unsigned_abs()));
        OutboxRow {
            id: OutboxId(id),
            key: ConversationKey {
                tenant: TenantId(Uuid::from_u128(1)),
                id: ConversationId(Uuid::from_u128(conversation)),
                part: Partition(0),
            },
            inbox: InboxId(Uuid::from_u128(1)),
            message: None,
            ord,
            class,
            sending_since: None,
            attempt: 0,
            due_at: NOW,
            to: Address { kind: AddressKind::Room, value: "x".to_owned() },
            content: Content::text("x"),
            in_reply_to: None,
            survey: None,
        }
    }

    #[test]
    fn what_stands_before_a_persons_words_leaves_as_soon_as_they_would() {
        let mut queue = Queue::default();
        queue.accept(vec![row(1, 1, OutboxClass::Assistant), row(2, 1, OutboxClass::Bulk)]);
        queue.accept(vec![row(2, 2, OutboxClass::Agent)]);
        let left: Vec<_> = std::iter::from_fn(|| queue.next(NOW)).map(|row| (row.key.id.0.as_u128(), row.ord)).collect();
        assert_eq!(left, [(2, 1), (1, 1)]);
        queue.settled(ConversationId(Uuid::from_u128(2)), 1, NOW);
        assert_eq!(queue.next(NOW).map(|row| row.ord), Some(2));
    }
}
