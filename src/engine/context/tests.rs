//! The budget, the fences and the languages of a request.

use super::*;
use crate::domain::conversation::{Aside, Owed, Phase};
use crate::domain::ids::{ContactId, ConversationId, ConversationKey, InboundId, InboxId, Partition, TenantId, ThreadId};
use uuid::Uuid;

fn recent(seq: i64, author: Author, text: &str) -> Recent {
    let at = Timestamp::from_secs(1_790_000_000 + seq);
    let external_id = (author == Author::Contact).then(|| format!("m{seq}"));
    Recent {
        seq,
        cycle: 1,
        author,
        kind: MessageKind::Text,
        text: text.into(),
        external_id,
        reply_to: None,
        button: None,
        late: false,
        occurred_at: at,
    }
}

fn conversation(recent: Vec<Recent>, owed: &[i64]) -> Conversation {
    let id = Uuid::from_u128;
    let at = Timestamp::from_secs(1_790_000_000);
    let owed = owed.iter().map(|seq| Owed { id: InboundId(id(9)), seq: Some(*seq), received_at: at, media: false }).collect();
    let mut state = Conversation::begin(true, false, false, at);
    state.recent = recent;
    Conversation {
        key: ConversationKey { tenant: TenantId(id(1)), id: ConversationId(id(2)), part: Partition(0) },
        inbox: InboxId(id(3)),
        thread: ThreadId(id(4)),
        contact: ContactId(id(5)),
        version: 1,
        state,
        owed,
        journal: Vec::new(),
        phase: Phase::Idle,
        aside: Aside::default(),
    }
}

fn kept(now: &Conversation, budget: usize) -> Vec<i64> {
    let current: Vec<&Recent> = now.state.recent.iter().collect();
    fitting(now, &current, budget).iter().map(|message| message.seq).collect()
}

#[test]
fn the_oldest_turns_go_first_and_what_is_owed_stays() {
    let long = "palabra ".repeat(20);
    let mut all = Vec::new();
    for turn in 0..5 {
        all.push(recent(turn * 3 + 1, Author::Contact, &long));
        all.push(recent(turn * 3 + 2, Author::Contact, &long));
        all.push(recent(turn * 3 + 3, Author::Assistant, &long));
    }
    all.push(recent(16, Author::Contact, &long));
    let now = conversation(all, &[16]);
    assert_eq!(kept(&now, 100_000).len(), 16);
    assert_eq!(kept(&now, 0), [16], "the owed message is always in");
    let one = tokens(&long);
    assert_eq!(kept(&now, one * 4), [13, 14, 15, 16], "a whole turn fits");
    assert_eq!(kept(&now, one * 6), [13, 14, 15, 16], "half a turn is none");
    assert_eq!(kept(&now, one * 7), [10, 11, 12, 13, 14, 15, 16]);
}

#[test]
fn the_trace_is_cut_from_the_oldest_message_on_and_stays_json() {
    let user = |text: &str| ChatMessage::User { text: text.into(), at: Timestamp::from_secs(0) };
    let messages = [ChatMessage::System { text: "rules".into() }, user(&"a".repeat(500)), user("b"), user("c")];
    let cut: Value = serde_json::from_str(&cut_to(&messages, 300)).unwrap();
    let roles: Vec<&str> = cut.as_array().unwrap().iter().filter_map(|message| message["role"].as_str()).collect();
    assert_eq!(roles, ["system", "cut", "user", "user"]);
    let whole: Value = serde_json::from_str(&cut_to(&messages, 10_000)).unwrap();
    assert_eq!(whole.as_array().unwrap().len(), 4);
    assert!(serde_json::from_str::<Value>(&cut_to(&[], 10)).is_ok());
}

#[test]
fn the_end_of_the_stretch_of_a_person_is_marked_once() {
    let says = |text: &str, human| ChatMessage::Assistant { text: text.into(), calls: Vec::new(), human };
    let user = |text: &str| ChatMessage::User { text: text.into(), at: Timestamp::from_secs(0) };
    let mut messages = vec![user("hola"), says("Soy Ana", true), user("gracias"), says("De nada", true), user("¿y mañana?")];
    mark_handback(&mut messages);
    let marks = messages.iter().enumerate().filter(|(_, message)| matches!(message, ChatMessage::System { .. }));
    assert_eq!(marks.map(|(place, _)| place).collect::<Vec<_>>(), [4]);
    let mut without = vec![user("hola"), says("Hola", false)];
    mark_handback(&mut without);
    assert_eq!(without.len(), 2);
}
