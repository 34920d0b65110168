//! The numbers of tenants: events of the timeline and conversations. Moved by the last statements of a transaction, tenants in order,
//! never by a sequence, so that readers see them rising and without gaps.

use crate::domain::conversation::State;
use crate::domain::conversation::standing::Status;
use crate::domain::ids::{ContactId, ConversationId, ConversationKey, InboxId, TenantId, ThreadId};
use crate::domain::time::Timestamp;
use crate::ports::store::Published;
use crate::store::rows::{Columns, Kind, Tx, get};
use crate::store::spelling::state_cells;
use crate::store::writer::counts::{Counted, Differences};
use sea_orm::DbErr;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which operation an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Source {
    Ingest,
    Mark(usize),
    Status(usize),
    Commit(usize),
    Claim,
    /// A conversation that went, outside the writer's batches.
    Removal,
    /// A customer who answered a survey, outside of them too.
    Survey,
}

/// An event without its number.
pub(in crate::store) struct Draft {
    pub tenant: TenantId,
    pub conversation: ConversationId,
    pub kind: &'static str,
    pub data: Value,
    pub at: Timestamp,
}

/// A conversation without its number.
pub(in crate::store) struct NewConversation {
    pub key: ConversationKey,
    pub thread: ThreadId,
    pub inbox: InboxId,
    pub contact: ContactId,
    pub state: State,
    pub at: Timestamp,
}

/// What waits for numbers.
#[derive(Default)]
pub(in crate::store) struct Feed {
    events: Vec<(Source, Draft)>,
    conversations: Vec<NewConversation>,
    counts: Differences,
}

impl Feed {
    pub fn event(&mut self, source: Source, draft: Draft) {
        self.events.push((source, draft));
    }

    /// Says as what a conversation is counted before and after a step.
    pub fn moved(&mut self, from: Counted, to: Counted) {
        if from != to {
            self.counts.add(from, -1);
            self.counts.add(to, 1);
        }
    }

    /// Says as what a conversation that is gone was counted.
    pub fn gone(&mut self, from: Counted) {
        self.counts.add(from, -1);
    }

    pub fn conversation(&mut self, conversation: NewConversation) {
        let counted = Counted { tenant: conversation.key.tenant, inbox: conversation.inbox, status: Status::Open, assignee: None };
        self.counts.add(counted.after(&conversation.state), 1);
        self.conversations.push(conversation);
    }

    /// Numbers and writes everything; returns the events in order.
    pub async fn number(mut self, tx: Tx<'_>) -> Result<Vec<(Source, Arc<Published>)>, DbErr> {
        let mut next = self.draw(tx).await?;
        self.counts.write(tx).await?;
        let mut created = Vec::new();
        let mut rows = tx.rows(CONVERSATION);
        for new in &self.conversations {
            let number = take(&mut next, new.key.tenant, |numbers| &mut numbers.1)?;
            created.push((Source::Ingest, created_event(new, number)));
            let snapshot = serde_json::to_string(&new.state).map_err(|error| DbErr::Custom(error.to_string()))?;
            let head = [
                new.key.tenant.into(),
                new.key.id.into(),
                number.into(),
                new.thread.0.into(),
                new.inbox.into(),
                new.contact.0.into(),
                i64::from(new.key.part.0).into(),
                new.at.into(),
                0.into(),
                1.into(),
            ];
            rows.push_all(head.into_iter().chain(state_cells(&new.state, &snapshot)));
        }
        tx.insert("conversation", &rows).await?;
        created.append(&mut self.events);
        let mut rows = tx.rows(TIMELINE);
        let mut numbered = Vec::with_capacity(created.len());
        for (source, draft) in created {
            let Draft { tenant, conversation, kind, data, at } = draft;
            let number = take(&mut next, tenant, |numbers| &mut numbers.0)?;
            rows.push([tenant.into(), number.into(), conversation.into(), kind.into(), (&data.to_string()).into(), at.into()]);
            numbered.push((source, Arc::new(Published { tenant, number, conversation, kind, data, at })));
        }
        tx.insert("timeline", &rows).await?;
        Ok(numbered)
    }

    /// Moves the counters, tenants in order; returns the first free numbers: of events and of conversations.
    async fn draw(&self, tx: Tx<'_>) -> Result<BTreeMap<TenantId, (i64, i64)>, DbErr> {
        let mut wanted: BTreeMap<TenantId, (i64, i64)> = BTreeMap::new();
        for (_, draft) in &self.events {
            wanted.entry(draft.tenant).or_default().0 += 1;
        }
        for new in &self.conversations {
            let counts = wanted.entry(new.key.tenant).or_default();
            counts.0 += 1;
            counts.1 += 1;
        }
        for tenant in self.counts.tenants() {
            wanted.entry(tenant).or_default();
        }
        let mut rows = tx.rows(COUNTERS);
        for (tenant, (events, conversations)) in &wanted {
            rows.push([(*tenant).into(), (*events).into(), (*conversations).into()]);
        }
        let suffix = "ON CONFLICT (tenant_id) DO UPDATE SET last = tenant_feed.last + excluded.last, \
                      conversations = tenant_feed.conversations + excluded.conversations \
                      RETURNING tenant_id, last, conversations";
        let mut next = BTreeMap::new();
        for row in tx.insert_returning("tenant_feed", &rows, suffix).await? {
            let tenant = TenantId(get(&row, "tenant_id")?);
            let (events, conversations) = wanted.get(&tenant).copied().unwrap_or_default();
            let last: i64 = get(&row, "last")?;
            let conversation: i64 = get(&row, "conversations")?;
            next.insert(tenant, (last - events + 1, conversation - conversations + 1));
        }
        Ok(next)
    }
}

fn take(
    next: &mut BTreeMap<TenantId, (i64, i64)>,
    tenant: TenantId,
    which: impl FnOnce(&mut (i64, i64)) -> &mut i64,
) -> Result<i64, DbErr> {
    let numbers = next.get_mut(&tenant).ok_or_else(|| DbErr::Custom("a tenant has no feed".to_owned()))?;
    let number = which(numbers);
    *number += 1;
    Ok(*number - 1)
}

fn created_event(new: &NewConversation, number: i64) -> Draft {
    let data = json!({
        "number": number,
        "inbox_id": new.inbox,
        "contact_id": new.contact,
        "status": new.state.standing.status(),
    });
    Draft { tenant: new.key.tenant, conversation: new.key.id, kind: "conversation.created", data, at: new.at }
}

const COUNTERS: Columns = &[("tenant_id", Kind::Id), ("last", Kind::Int), ("conversations", Kind::Int)];

const TIMELINE: Columns = &[
    ("tenant_id", Kind::Id),
    ("number", Kind::Int),
    ("conversation_id", Kind::Id),
    ("kind", Kind::Text),
    ("data", Kind::Text),
    ("at", Kind::At),
];

/// The head, then the columns of [`state_cells`].
const CONVERSATION: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("number", Kind::Int),
    ("thread_id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("contact_id", Kind::Id),
    ("part", Kind::Small),
    ("created_at", Kind::At),
    ("version", Kind::Int),
    ("format", Kind::Small),
    ("status", Kind::Text),
    ("speaker", Kind::Text),
    ("speaker_id", Kind::Id),
    ("assignee_id", Kind::Id),
    ("team_id", Kind::Id),
    ("cycle", Kind::Int),
    ("waiting_since", Kind::At),
    ("snoozed_until", Kind::At),
    ("first_reply_at", Kind::At),
    ("last_activity_at", Kind::At),
    ("last_inbound_at", Kind::At),
    ("resolved_at", Kind::At),
    ("last_turn", Kind::Int),
    ("last_seq", Kind::Int),
    ("snapshot", Kind::Text),
];
