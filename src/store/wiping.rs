//! The words of one message that go for good. The row stays, and with it the number and the provider's id: a delivery that is repeated, or an
//! edit that comes later, brings nothing back.
//!
//! One transaction takes the words from wherever they stand: the row, the queue that it came by, the outbox that it left by, the snapshot, what
//! a model was sent since, and where a machine has told them again ([`retold`]). It raises the conversation's version, so that whoever holds it in memory reads it again before its next step.

mod retold;

use crate::domain::content::{Content, truncate};
use crate::domain::conversation::State;
use crate::domain::conversation::event::Happening;
use crate::domain::conversation::message::MAX_RECENT_TEXT;
use crate::domain::gone::Gone;
use crate::domain::ids::{AgentId, ConversationId, ConversationKey, MessageId, Partition, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::Published;
use crate::store::rows::{Columns, Kind, Row, Rows, Tx, at, get, maybe_at};
use crate::store::spelling::{FORMAT, from_json, json, learnt};
use crate::store::writer::feed::{self, Draft, Feed};
use retold::{Note, Source};
use sea_orm::DbErr;
use serde_json::json as object;
use std::sync::Arc;
use uuid::Uuid;

const WISH: Columns = &[
    ("tenant_id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("message_id", Kind::Id),
    ("deleter", Kind::Id),
    ("at", Kind::At),
    ("blank", Kind::Text),
    ("forgotten", Kind::Text),
];
const FILE: Columns = &[("tenant_id", Kind::Id), ("conversation_id", Kind::Id), ("file_id", Kind::Id), ("named", Kind::Text)];
const TOLD: Columns =
    &[("tenant_id", Kind::Id), ("id", Kind::Id), ("external_id", Kind::Text), ("named", Kind::Text), ("forgotten", Kind::Text)];
const SNAPSHOT: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("format", Kind::Small),
    ("snapshot", Kind::Text),
    ("learnt", Kind::Text),
    ("waiting_since", Kind::At),
];

/// Who deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleter {
    /// Who.
    pub agent: AgentId,
    /// He may delete what others have written, and what customers have.
    pub any: bool,
}

/// What came of the wish.
#[derive(Clone, Debug)]
pub enum MessageGone {
    /// The words are gone. Whoever holds the conversation must be told.
    Done(ConversationKey, Vec<Arc<Published>>),
    /// They were gone before.
    Already,
    /// It is being sent at this moment: nothing has changed.
    Leaving,
    /// It is not his.
    NotYours,
    /// There is no such message in a conversation that is seen.
    Absent,
}

/// One wish.
#[derive(Clone, Copy)]
pub(in crate::store) struct Wish {
    pub tenant: TenantId,
    pub conversation: ConversationId,
    pub message: MessageId,
    pub by: Deleter,
    pub now: Timestamp,
}

/// What is known of the message.
struct Found {
    seq: i64,
    cycle: i64,
    since: Timestamp,
    content: Content,
    /// It once said something else, or the customer has deleted it at the channel.
    changed: bool,
    /// A wish like this one has taken the words before. What a customer deleted at the channel still stands in the queue.
    deleted: bool,
    /// How the channel calls it.
    external_id: Option<String>,
    /// A private note of whoever deletes.
    own_note: bool,
}

impl Wish {
    /// Carries it out; the audit log is the caller's.
    pub async fn carry_out(&self, tx: Tx<'_>) -> Result<MessageGone, DbErr> {
        let rows = self.rows(tx)?;
        // Locked as the engine locks: the conversation first.
        let Some(held) = held(tx, &rows).await? else { return Ok(MessageGone::Absent) };
        let Some(found) = self.find(tx, &rows).await? else { return Ok(MessageGone::Absent) };
        if !self.by.any && !found.own_note {
            return Ok(MessageGone::NotYours);
        }
        if found.deleted {
            return Ok(MessageGone::Already);
        }
        if !stop_leaving(tx, &rows).await? {
            return Ok(MessageGone::Leaving);
        }
        wipe(tx, &rows).await?;
        self.let_files_go(tx, &found.content).await?;
        let nobody_waits = settle(tx, &rows).await?;
        let told = |external_id: &String| Told { tenant: self.tenant, conversation: self.conversation, external_id: external_id.clone() };
        forget_what_tells_of(tx, found.external_id.as_ref().map(told).as_slice()).await?;
        let notes = self.take_back(tx, &found).await?;
        self.forget(tx, &held, (&found, &notes, nobody_waits)).await?;
        let published = self.publish(tx, (&found, &notes)).await?;
        let part: i16 = get(&held, "part")?;
        let part = Partition(u16::try_from(part).unwrap_or_default());
        Ok(MessageGone::Done(ConversationKey { tenant: self.tenant, id: self.conversation, part }, published))
    }

    /// Takes the words from what a machine has told of them; returns the notes that say less now.
    async fn take_back(&self, tx: Tx<'_>, found: &Found) -> Result<Vec<Note>, DbErr> {
        let gone = if found.changed { Gone::unknown() } else { Gone::of(&found.content) };
        let (seq, cycle, since) = (found.seq, found.cycle, found.since);
        let source = Source { tenant: self.tenant, conversation: self.conversation, seq, cycle, since, gone: &gone };
        source.take_back(tx, self.now).await
    }

    /// Tells whoever watches which messages changed.
    async fn publish(&self, tx: Tx<'_>, (found, notes): (&Found, &[Note])) -> Result<Vec<Arc<Published>>, DbErr> {
        let mut feed = Feed::default();
        let deleted = (self.message, found.seq, "deleted");
        for (message, seq, what) in std::iter::once(deleted).chain(notes.iter().map(|note| (note.id, note.seq, "edited"))) {
            let data = object!({ "message_id": message, "seq": seq, "what": what, "by": self.by.agent });
            let event = Draft { tenant: self.tenant, conversation: self.conversation, kind: "message.changed", data, at: self.now };
            feed.event(feed::Source::Removal, event);
        }
        Ok(feed.number(tx).await?.into_iter().map(|(_, event)| event).collect())
    }

    fn rows(&self, tx: Tx<'_>) -> Result<Rows, DbErr> {
        let (blank, forgotten) = (json(&Content::default())?, json(&Happening::Forgotten)?);
        let mut rows = tx.rows(WISH);
        rows.push([
            self.tenant.into(),
            self.conversation.into(),
            self.message.0.into(),
            self.by.agent.0.into(),
            self.now.into(),
            (&blank).into(),
            (&forgotten).into(),
        ]);
        Ok(rows)
    }

    async fn find(&self, tx: Tx<'_>, rows: &Rows) -> Result<Option<Found>, DbErr> {
        let sql = "SELECT m.seq, m.cycle, m.created_at, m.direction, m.author, m.author_id, m.content, m.external_id,
                   m.edited_at IS NOT NULL OR m.deleted_at IS NOT NULL AS changed, m.deleted_by IS NOT NULL AS deleted
                   FROM {rows} CROSS JOIN message m
                   WHERE m.tenant_id = r.tenant_id AND m.id = r.message_id AND m.conversation_id = r.conversation_id";
        let found = tx.all(sql, rows).await?;
        let Some(row) = found.first() else { return Ok(None) };
        let (direction, author, writer): (String, String, Option<Uuid>) =
            (get(row, "direction")?, get(row, "author")?, get(row, "author_id")?);
        let content: String = get(row, "content")?;
        Ok(Some(Found {
            seq: get(row, "seq")?,
            cycle: get(row, "cycle")?,
            since: at(row, "created_at")?,
            changed: get(row, "changed")?,
            content: from_json(&content)?,
            deleted: get(row, "deleted")?,
            external_id: get(row, "external_id")?,
            own_note: direction == "note" && author == "agent" && writer == Some(self.by.agent.0),
        }))
    }

    /// The message's files are the conversation's no more, unless another message of it has them, or is to have them.
    async fn let_files_go(&self, tx: Tx<'_>, content: &Content) -> Result<(), DbErr> {
        let mut rows = tx.rows(FILE);
        for file in content.attachments.iter().filter_map(|file| file.file) {
            let named = format!("%\"file\":{{\"id\":\"{}\"%", file.id);
            rows.push([self.tenant.into(), self.conversation.into(), file.id.0.into(), (&named).into()]);
        }
        let sql = "DELETE FROM conversation_file WHERE held_until IS NULL AND (tenant_id, conversation_id, file_id) IN (
                   SELECT r.tenant_id, r.conversation_id, r.file_id FROM {rows} WHERE NOT EXISTS (
                   SELECT 1 FROM message m WHERE m.tenant_id = r.tenant_id AND m.conversation_id = r.conversation_id AND m.content LIKE r.named))";
        tx.run(sql, &rows).await.map(drop)
    }

    /// Takes it out of the snapshot and what was learnt from it, and fences whoever holds the conversation.
    async fn forget(&self, tx: Tx<'_>, held: &Row, (found, notes, nobody_waits): (&Found, &[Note], bool)) -> Result<(), DbErr> {
        let (format, snapshot): (i16, String) = (get(held, "format")?, get(held, "snapshot")?);
        let (known, waiting): (Option<String>, Option<Timestamp>) = (get(held, "learnt")?, maybe_at(held, "waiting_since")?);
        let state = serde_json::from_str::<State>(&snapshot).ok().filter(|_| i64::from(format) == FORMAT);
        let state = state.map(|state| State { learnt: learnt(known.as_deref()), ..state });
        // A snapshot that cannot be read is made from rows, which hold the words no more.
        let (format, text, lesson, waiting) = match state {
            Some(mut state) => {
                state.forget(found.seq, nobody_waits);
                for message in &mut state.recent {
                    if let Some(note) = notes.iter().find(|note| note.seq == message.seq) {
                        truncate(&note.text, MAX_RECENT_TEXT).clone_into(&mut message.text);
                    }
                }
                (FORMAT, json(&state)?, json(&state.learnt)?, state.waiting_since)
            }
            None => (0, "{}".to_owned(), json(&learnt(known.as_deref()).without(Some(found.seq)))?, waiting.filter(|_| !nobody_waits)),
        };
        let mut rows = tx.rows(SNAPSHOT);
        rows.push([self.tenant.into(), self.conversation.into(), format.into(), (&text).into(), (&lesson).into(), waiting.into()]);
        let sql = "UPDATE conversation SET version = version + 1, format = r.format, snapshot = r.snapshot, learnt = r.learnt,
                   waiting_since = r.waiting_since FROM {rows} WHERE conversation.tenant_id = r.tenant_id AND conversation.id = r.id";
        tx.update("the conversation of a deleted message", sql, &rows).await
    }
}

/// A message whose words are gone, as the channel calls it.
pub(in crate::store) struct Told {
    pub tenant: TenantId,
    pub conversation: ConversationId,
    pub external_id: String,
}

/// Takes the words from the rows of the queue that are no message of their own: edits, and the echo of what we sent.
pub(in crate::store) async fn forget_what_tells_of(tx: Tx<'_>, messages: &[Told]) -> Result<(), DbErr> {
    if messages.is_empty() {
        return Ok(());
    }
    let forgotten = json(&Happening::Forgotten)?;
    let mut rows = tx.rows(TOLD);
    for told in messages {
        // As the row spells it; what LIKE takes for a sign is none.
        let named = format!("\"target\":{}", json(&told.external_id)?).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let named = format!("%{named}%");
        rows.push([told.tenant.into(), told.conversation.into(), (&told.external_id).into(), (&named).into(), (&forgotten).into()]);
    }
    for states in ["'settled', 'dead'", "'new', 'recorded'"] {
        let sql = format!(
            "UPDATE inbound SET payload = r.forgotten FROM {{rows}} WHERE inbound.tenant_id = r.tenant_id AND inbound.conversation_id = r.id
             AND inbound.state IN ({states}) AND (inbound.external_id = r.external_id OR inbound.payload LIKE r.named ESCAPE '\\')"
        );
        tx.run(&sql, &rows).await?;
    }
    Ok(())
}

async fn held(tx: Tx<'_>, rows: &Rows) -> Result<Option<Row>, DbErr> {
    let sql = format!(
        "SELECT c.part, c.format, c.snapshot, c.learnt, c.waiting_since FROM {{rows}} CROSS JOIN conversation c
         WHERE c.tenant_id = r.tenant_id AND c.id = r.conversation_id {}",
        tx.lock("FOR UPDATE OF c")
    );
    Ok(tx.all(&sql, rows).await?.into_iter().next())
}

/// Keeps it from leaving if it has not left; returns false if it is leaving at this moment.
async fn stop_leaving(tx: Tx<'_>, rows: &Rows) -> Result<bool, DbErr> {
    const MINE: &str = "outbox.tenant_id = r.tenant_id AND outbox.conversation_id = r.conversation_id AND outbox.message_id = r.message_id";
    let sql = format!(
        "UPDATE outbox SET state = 'cancelled', finished_at = r.at, payload = r.blank FROM {{rows}} WHERE {MINE}
         AND outbox.state IN ('pending', 'retry', 'sending') AND outbox.state <> 'sending'"
    );
    if tx.run(&sql, rows).await? > 0 {
        let sql = "UPDATE message SET status = 'cancelled' FROM {rows} WHERE message.tenant_id = r.tenant_id AND message.id = r.message_id";
        tx.run(sql, rows).await?;
        return Ok(true);
    }
    let sql = format!("SELECT 1 AS leaves FROM {{rows}} CROSS JOIN outbox WHERE {MINE} AND outbox.state = 'sending'");
    if !tx.all(&sql, rows).await?.is_empty() {
        return Ok(false);
    }
    // What has failed can be sent again by a person's wish, whose own look at the message may be older than this: it is at an end now.
    let sql = format!(
        "UPDATE outbox SET payload = r.blank, state = CASE WHEN outbox.state = 'sent' THEN 'sent' ELSE 'cancelled' END FROM {{rows}} WHERE {MINE}"
    );
    tx.run(&sql, rows).await.map(|_| true)
}

/// Takes the words from the message and from what a model was sent since. The searched words follow by themselves.
async fn wipe(tx: Tx<'_>, rows: &Rows) -> Result<(), DbErr> {
    let statements = [
        "UPDATE turn SET messages = NULL FROM {rows} WHERE turn.tenant_id = r.tenant_id AND turn.conversation_id = r.conversation_id
         AND turn.messages IS NOT NULL AND turn.finished_at >= (
         SELECT m.created_at FROM message m WHERE m.tenant_id = r.tenant_id AND m.id = r.message_id)",
        "DELETE FROM attachment WHERE (tenant_id, message_id) IN (SELECT r.tenant_id, r.message_id FROM {rows})",
        "UPDATE message SET content = r.blank, reactions = NULL, deleted_at = COALESCE(message.deleted_at, r.at),
         deleted_by = r.deleter FROM {rows}
         WHERE message.tenant_id = r.tenant_id AND message.id = r.message_id",
    ];
    for statement in statements {
        tx.run(statement, rows).await?;
    }
    Ok(())
}

/// Takes the words from the row that the message came by. No answer is owed to it any more, unless a turn has acted on it already; returns
/// true if none is owed to anything then.
async fn settle(tx: Tx<'_>, rows: &Rows) -> Result<bool, DbErr> {
    const CAME_BY: &str = "inbound.tenant_id = r.tenant_id AND inbound.id = (
        SELECT m.inbound_id FROM message m WHERE m.tenant_id = r.tenant_id AND m.id = r.message_id)";
    tx.run(&format!("UPDATE inbound SET payload = r.forgotten FROM {{rows}} WHERE {CAME_BY}"), rows).await?;
    let sql = format!(
        "UPDATE inbound SET state = 'settled', reason = 'deleted', settled_at = r.at FROM {{rows}} WHERE {CAME_BY} AND inbound.state = 'recorded'
         AND NOT EXISTS (SELECT 1 FROM turn_step s CROSS JOIN conversation c WHERE c.tenant_id = r.tenant_id AND c.id = r.conversation_id
         AND s.tenant_id = c.tenant_id AND s.conversation_id = c.id AND s.turn_no = c.last_turn + 1)"
    );
    if tx.run(&sql, rows).await? == 0 {
        return Ok(false);
    }
    let sql = "SELECT i.id FROM {rows} CROSS JOIN inbound i WHERE i.tenant_id = r.tenant_id AND i.conversation_id = r.conversation_id
               AND i.state IN ('new', 'recorded') AND i.state = 'recorded'";
    Ok(tx.all(sql, rows).await?.is_empty())
}
