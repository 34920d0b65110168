//! Where a machine has told deleted words again: notes that it left for people, what a turn's tools were given, what an endpoint answered to
//! a webhook, what side jobs brought back.
//!
//! Never touches what a person has written or a customer has read: these are messages of their own.

use crate::domain::content::Content;
use crate::domain::conversation::event::Happening;
use crate::domain::gone::Gone;
use crate::domain::ids::{ConversationId, MessageId, TenantId};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Attempt;
use crate::store::rows::{Columns, Kind, Rows, Tx, get};
use crate::store::spelling::{from_json, json};
use sea_orm::DbErr;
use serde_json::Value;
use uuid::Uuid;

const MESSAGE: Columns = &[
    ("tenant_id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("seq", Kind::Int),
    ("cycle", Kind::Int),
    ("since", Kind::At),
    ("forgotten", Kind::Text),
];
const NOTES: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("content", Kind::Text), ("at", Kind::At)];
const TEXTS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("words", Kind::Text)];

/// A message whose words go.
pub(super) struct Source<'a> {
    pub tenant: TenantId,
    pub conversation: ConversationId,
    pub seq: i64,
    pub cycle: i64,
    /// When it was recorded: nothing before that can tell of it.
    pub since: Timestamp,
    /// What it said.
    pub gone: &'a Gone,
}

/// A note that says less now.
pub(super) struct Note {
    pub id: MessageId,
    pub seq: i64,
    pub text: String,
}

impl Source<'_> {
    /// Takes the words out of everything; returns the notes that were changed.
    pub async fn take_back(&self, tx: Tx<'_>, now: Timestamp) -> Result<Vec<Note>, DbErr> {
        self.clear_traces(tx).await?;
        self.clear_answers(tx).await?;
        self.clear_side_jobs(tx).await?;
        self.clear_notes(tx, now).await
    }

    fn rows(&self, tx: Tx<'_>, forgotten: &str) -> Rows {
        let mut rows = tx.rows(MESSAGE);
        rows.push([self.tenant.into(), self.conversation.into(), self.seq.into(), self.cycle.into(), self.since.into(), forgotten.into()]);
        rows
    }

    /// Notes quote what was said in their own stretch; one that was asked for at its end may have come in the next. One of no turn and no side
    /// job was made of rows and fixed sentences, and tells of a customer's words by a mood's quote only.
    async fn clear_notes(&self, tx: Tx<'_>, now: Timestamp) -> Result<Vec<Note>, DbErr> {
        let quotes = Gone::of(&Content::default());
        let sql =
            "SELECT n.id, n.seq, n.content, n.turn_no IS NOT NULL OR n.inbound_id IS NOT NULL AS modelled FROM {rows} CROSS JOIN message n
                   WHERE n.tenant_id = r.tenant_id AND n.conversation_id = r.conversation_id AND n.seq > r.seq AND n.cycle <= r.cycle + 1
                   AND n.direction = 'note' AND n.author = 'system' AND n.deleted_at IS NULL ORDER BY n.seq";
        let (mut rows, mut notes) = (tx.rows(NOTES), Vec::new());
        for row in tx.all(sql, &self.rows(tx, "")).await? {
            let (id, content): (Uuid, String) = (get(&row, "id")?, get(&row, "content")?);
            let content: Content = from_json(&content)?;
            let gone = if get(&row, "modelled")? { self.gone } else { &quotes };
            let Some(text) = gone.taken_from(&content.text) else { continue };
            let content = json(&Content { text: text.clone(), ..content })?;
            rows.push([self.tenant.into(), id.into(), (&content).into(), now.into()]);
            notes.push(Note { id: MessageId(id), seq: get(&row, "seq")?, text });
        }
        let sql = "UPDATE message SET content = r.content, edited_at = r.at FROM {rows}
                   WHERE message.tenant_id = r.tenant_id AND message.id = r.id";
        tx.update("notes that tell of a deleted message", sql, &rows).await?;
        Ok(notes)
    }

    async fn clear_traces(&self, tx: Tx<'_>) -> Result<(), DbErr> {
        let sql = "SELECT t.id, t.trace FROM {rows} CROSS JOIN turn t WHERE t.tenant_id = r.tenant_id
                   AND t.conversation_id = r.conversation_id AND t.finished_at >= r.since";
        let mut rows = tx.rows(TEXTS);
        for row in tx.all(sql, &self.rows(tx, "")).await? {
            let (id, trace): (Uuid, String) = (get(&row, "id")?, get(&row, "trace")?);
            let mut trace: Value = from_json(&trace)?;
            if self.gone.take_from_trace(&mut trace) {
                let trace = json(&trace)?;
                rows.push([self.tenant.into(), id.into(), (&trace).into()]);
            }
        }
        let sql = "UPDATE turn SET trace = r.words FROM {rows} WHERE turn.tenant_id = r.tenant_id AND turn.id = r.id";
        tx.update("traces that tell of a deleted message", sql, &rows).await
    }

    /// An endpoint may answer with what it was told, in a spelling that nobody knows: every answer goes.
    async fn clear_answers(&self, tx: Tx<'_>) -> Result<(), DbErr> {
        let sql = format!(
            "SELECT d.id, d.attempts FROM {{rows}} CROSS JOIN webhook_delivery d WHERE d.tenant_id = r.tenant_id
             AND d.conversation_id = r.conversation_id AND d.created_at >= r.since AND d.attempts LIKE '%\"answer\":\"%' {}",
            tx.lock("FOR UPDATE OF d")
        );
        let mut rows = tx.rows(TEXTS);
        for row in tx.all(&sql, &self.rows(tx, "")).await? {
            let (id, attempts): (Uuid, String) = (get(&row, "id")?, get(&row, "attempts")?);
            let attempts: Vec<Attempt> = from_json(&attempts)?;
            let silent = |attempt| Attempt { answer: None, ..attempt };
            let attempts = json(&attempts.into_iter().map(silent).collect::<Vec<_>>())?;
            rows.push([self.tenant.into(), id.into(), (&attempts).into()]);
        }
        let sql = "UPDATE webhook_delivery SET attempts = r.words FROM {rows}
                   WHERE webhook_delivery.tenant_id = r.tenant_id AND webhook_delivery.id = r.id";
        tx.update("answers to a deleted message", sql, &rows).await
    }

    /// Such rows lose their words as they settle; those of an earlier release, and dead ones, have them still.
    async fn clear_side_jobs(&self, tx: Tx<'_>) -> Result<(), DbErr> {
        let sql = "UPDATE inbound SET payload = r.forgotten FROM {rows} WHERE inbound.tenant_id = r.tenant_id
                   AND inbound.conversation_id = r.conversation_id AND inbound.state IN ('settled', 'dead')
                   AND (inbound.payload LIKE '{\"type\":\"learnt\"%' OR inbound.payload LIKE '{\"type\":\"summary_made\"%')";
        let forgotten = json(&Happening::Forgotten)?;
        tx.run(sql, &self.rows(tx, &forgotten)).await.map(drop)
    }
}
