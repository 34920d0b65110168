//! Threads and conversations that stored items found, and what items change of existing threads.

use super::entry::Entry;
use super::stored;
use super::threads::{Thread, Threads};
use crate::domain::conversation::Conversation;
use crate::domain::delivery::{Address, ItemBody};
use crate::domain::ids::{ContactId, ThreadId};
use crate::domain::time::Timestamp;
use crate::store::rows::{Columns, Kind, Tx, get};
use crate::store::spelling::key;
use crate::store::writer::feed::{Feed, NewConversation};
use sea_orm::DbErr;
use std::collections::{BTreeMap, HashSet};

const THREAD: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("contact_id", Kind::Id),
    ("kind", Kind::Text),
    ("part", Kind::Small),
    ("reply_kind", Kind::Text),
    ("reply_to", Kind::Text),
    ("conversation_id", Kind::Id),
    ("last_inbound_at", Kind::At),
    ("created_at", Kind::At),
];
const MOVED: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("last_inbound_at", Kind::At),
    ("reply_kind", Kind::Text),
    ("reply_to", Kind::Text),
];
const KEYS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];

/// What the stored items of one thread come to.
struct Sum<'a> {
    /// Where the newest one is to be answered.
    reply: Option<&'a Address>,
    last_inbound_at: Option<Timestamp>,
    group: bool,
    assistant: bool,
    at: Timestamp,
}

pub(super) async fn write(tx: Tx<'_>, entries: &[Entry<'_>], threads: &Threads, feed: &mut Feed) -> Result<(), DbErr> {
    let sums = sums(entries, threads);
    let blocked = blocked(tx, threads).await?;
    let mut new = tx.rows(THREAD);
    let mut moved = tx.rows(MOVED);
    for (id, sum) in &sums {
        let Some((thread, contact)) = threads.get(id).and_then(|thread| thread.contact.map(|contact| (thread, contact))) else { continue };
        if let Some(conversation) = thread.conversation.filter(|_| thread.fresh) {
            feed.conversation(NewConversation {
                key: crate::domain::ids::ConversationKey { tenant: thread.tenant, id: conversation, part: thread.part },
                thread: thread.id,
                inbox: thread.inbox,
                contact,
                state: Conversation::begin(sum.assistant, sum.group, blocked.contains(&contact), sum.at),
                at: sum.at,
            });
        }
        let reply = sum.reply.or(thread.reply.as_ref());
        let value = reply.map(|reply| key(&reply.value));
        let kind = reply.map(|reply| reply.kind.as_str());
        let conversation = thread.conversation.map(|id| id.0);
        if thread.new {
            new.push([
                thread.tenant.into(),
                id.0.into(),
                thread.inbox.into(),
                contact.0.into(),
                (if sum.group { "group" } else { "direct" }).into(),
                i64::from(thread.part.0).into(),
                kind.into(),
                value.as_ref().into(),
                conversation.into(),
                sum.last_inbound_at.into(),
                sum.at.into(),
            ]);
        } else if changes(thread, sum) {
            let last = sum.last_inbound_at.max(thread.last_inbound_at);
            moved.push([thread.tenant.into(), id.0.into(), conversation.into(), last.into(), kind.into(), value.as_ref().into()]);
        }
    }
    tx.insert("thread", &new).await?;
    let sql = "UPDATE thread SET conversation_id = r.conversation_id, last_inbound_at = r.last_inbound_at, reply_kind = r.reply_kind,
               reply_to = r.reply_to FROM {rows} WHERE thread.tenant_id = r.tenant_id AND thread.id = r.id";
    tx.update("threads", sql, &moved).await
}

fn changes(thread: &Thread, sum: &Sum<'_>) -> bool {
    let newer = sum.last_inbound_at > thread.last_inbound_at;
    thread.fresh || newer || sum.reply.is_some_and(|reply| Some(reply) != thread.reply.as_ref())
}

fn sums<'a>(entries: &[Entry<'a>], threads: &Threads) -> BTreeMap<ThreadId, Sum<'a>> {
    let mut sums: BTreeMap<ThreadId, Sum<'a>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| stored(entry).is_some()) {
        let Some(id) = entry.thread.filter(|id| threads.contains_key(id)) else { continue };
        let sum = sums.entry(id).or_insert(Sum {
            reply: None,
            last_inbound_at: None,
            group: entry.item.peer.group,
            assistant: entry.ingest.assistant,
            at: entry.ingest.received_at,
        });
        if matches!(entry.item.body, ItemBody::Message { .. }) {
            let said = entry.item.occurred_at.unwrap_or(entry.ingest.received_at).min(entry.ingest.received_at);
            sum.last_inbound_at = sum.last_inbound_at.max(Some(said));
        }
        let speaks = entry.item.body.founds_conversation() || matches!(entry.item.body, ItemBody::ContactUpdated);
        let address = item_reply(entry.item);
        sum.reply = if speaks { address.or(sum.reply) } else { sum.reply };
    }
    sums
}

fn item_reply(item: &crate::domain::delivery::Item) -> Option<&Address> {
    item.peer.reply_to.as_ref().or_else(|| item.peer.thread.first())
}

/// Returns which contacts of new conversations are blocked.
async fn blocked(tx: Tx<'_>, threads: &Threads) -> Result<HashSet<ContactId>, DbErr> {
    let fresh = threads.values().filter(|thread| thread.fresh);
    let mut rows = tx.rows(KEYS);
    for (tenant, contact) in fresh.filter_map(|thread| thread.contact.map(|contact| (thread.tenant, contact))) {
        rows.push([tenant.into(), contact.0.into()]);
    }
    let sql = "SELECT c.id FROM {rows} CROSS JOIN contact c WHERE c.tenant_id = r.tenant_id AND c.id = r.id AND c.blocked";
    let mut blocked = HashSet::new();
    for row in tx.all(sql, &rows).await? {
        blocked.insert(ContactId(get(&row, "id")?));
    }
    Ok(blocked)
}
