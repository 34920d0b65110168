//! Activation: a conversation as it stands in the database, with the rows it is owed and the journal of its unfinished turn.

use crate::domain::content::Content;
use crate::domain::conversation::{Aside, Conversation, Journaled, Owed, Phase, State};
use crate::domain::ids::{ContactId, ConversationKey, InboundId, InboxId, StepId, ThreadId};
use crate::domain::tool::ToolCall;
use crate::domain::triage::Triage;
use crate::ports::store::{Loaded, StoreError};
use crate::store::Store;
use crate::store::rows::{Columns, Kind, Row, at, get};
use crate::store::scope::store_error;
use crate::store::spelling::{FORMAT, address, from_json, learnt, triage};
use sea_orm::DbErr;
use uuid::Uuid;

const TURN: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("turn_no", Kind::Int)];

/// One row per owed row of the queue, at least one; the conversation stands in each. SQLite uses the partial index of open rows only if
/// its condition is repeated word by word.
const CONVERSATION: &str = "SELECT c.inbox_id, c.thread_id, c.contact_id, c.version, c.last_turn, c.step_id, c.format, c.snapshot, c.learnt,
    c.priority, c.labels, c.attributes,
    t.reply_kind, t.reply_to, t.kind AS thread_kind, k.blocked, k.name AS contact_name, i.id AS owed_id, i.received_at AS owed_at, m.seq AS owed_seq, m.content AS owed_content,
    (SELECT COUNT(*) FROM turn_step s WHERE s.tenant_id = c.tenant_id AND s.conversation_id = c.id AND s.turn_no = c.last_turn + 1)
    AS journaled
    FROM {rows} CROSS JOIN conversation c CROSS JOIN thread t CROSS JOIN contact k
    LEFT JOIN inbound i ON i.tenant_id = c.tenant_id AND i.conversation_id = c.id AND i.state IN ('new', 'recorded')
        AND i.state = 'recorded'
    LEFT JOIN message m ON m.tenant_id = c.tenant_id AND m.conversation_id = c.id AND m.inbound_id = i.id AND m.direction = 'in'
    WHERE c.tenant_id = r.tenant_id AND c.id = r.id AND t.tenant_id = c.tenant_id AND t.id = c.thread_id
    AND k.tenant_id = c.tenant_id AND k.id = c.contact_id";

impl Store {
    pub(super) async fn read_conversation(&self, key: ConversationKey) -> Result<Option<Loaded>, StoreError> {
        let rows = self.fetch(CONVERSATION, self.one_conversation(key)).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let state = match snapshot(row).map_err(store_error)? {
            Some(state) => state,
            None => match self.rebuild_state(key).await? {
                Some(state) => state,
                None => return Ok(None),
            },
        };
        let journaled: i64 = get(row, "journaled").map_err(store_error)?;
        let journal = if journaled > 0 { self.read_journal(key, state.last_turn + 1).await? } else { Vec::new() };
        let mut owed: Vec<Owed> = rows.iter().filter_map(|row| owed(row).transpose()).collect::<Result<_, _>>().map_err(store_error)?;
        owed.sort_by_key(|owed| (owed.seq.unwrap_or(i64::MAX), owed.received_at, owed.id));
        loaded(key, row, (state, owed, journal)).map(Some).map_err(store_error)
    }

    async fn read_journal(&self, key: ConversationKey, turn_no: i64) -> Result<Vec<Journaled>, StoreError> {
        let mut rows = self.one(TURN);
        rows.push([key.tenant.into(), key.id.into(), turn_no.into()]);
        let sql = "SELECT s.turn_no, s.ordinal, s.tool, s.arguments, s.result FROM {rows} CROSS JOIN turn_step s
                   WHERE s.tenant_id = r.tenant_id AND s.conversation_id = r.id AND s.turn_no = r.turn_no ORDER BY s.ordinal";
        let found = self.fetch(sql, rows).await?;
        found.iter().map(journaled).collect::<Result<_, _>>().map_err(store_error)
    }
}

/// Reads what people have sorted it by from the columns of a conversation.
pub(super) fn triaged(row: &Row) -> Result<Triage, DbErr> {
    let (priority, labels): (Option<String>, Option<String>) = (get(row, "priority")?, get(row, "labels")?);
    let attributes: Option<String> = get(row, "attributes")?;
    Ok(triage(priority.as_deref(), labels.as_deref(), attributes.as_deref()))
}

/// Returns `None` for a snapshot of a format that this release does not know, or that cannot be read.
fn snapshot(row: &Row) -> Result<Option<State>, DbErr> {
    let (format, snapshot): (i16, String) = (get(row, "format")?, get(row, "snapshot")?);
    let known: Option<String> = get(row, "learnt")?;
    let triage = triaged(row)?;
    let with = |state: State| State { learnt: learnt(known.as_deref()), triage, ..state };
    Ok(if i64::from(format) == FORMAT { serde_json::from_str(&snapshot).ok().map(with) } else { None })
}

fn owed(row: &Row) -> Result<Option<Owed>, DbErr> {
    let id: Option<Uuid> = get(row, "owed_id")?;
    let Some(id) = id else { return Ok(None) };
    let content: Option<String> = get(row, "owed_content")?;
    let media = match content {
        Some(content) => from_json::<Content>(&content)?.has_media(),
        None => false,
    };
    Ok(Some(Owed { id: InboundId(id), seq: get(row, "owed_seq")?, received_at: at(row, "owed_at")?, media }))
}

/// A model's own id of a call is not kept: within the continued turn its place names it.
fn journaled(row: &Row) -> Result<Journaled, DbErr> {
    let (turn_no, ordinal): (i64, i64) = (get(row, "turn_no")?, get(row, "ordinal")?);
    let (arguments, result): (String, String) = (get(row, "arguments")?, get(row, "result")?);
    let call =
        ToolCall { id: format!("call_{turn_no}_{ordinal}"), name: get(row, "tool")?, arguments: from_json(&arguments)?, extra: None };
    let exchange = crate::domain::conversation::Exchange { call, result: from_json(&result)? };
    Ok(Journaled { turn_no, ordinal, exchange })
}

fn loaded(key: ConversationKey, row: &Row, parts: (State, Vec<Owed>, Vec<Journaled>)) -> Result<Loaded, DbErr> {
    let (state, owed, journal) = parts;
    let kind: String = get(row, "reply_kind")?;
    let step: Option<Uuid> = get(row, "step_id")?;
    let conversation = Conversation {
        key,
        inbox: InboxId(get(row, "inbox_id")?),
        thread: ThreadId(get(row, "thread_id")?),
        contact: ContactId(get(row, "contact_id")?),
        version: get(row, "version")?,
        state,
        owed,
        journal,
        phase: Phase::Idle,
        aside: Aside::default(),
    };
    Ok(Loaded {
        conversation,
        to: address(&kind, get(row, "reply_to")?)?,
        blocked: get(row, "blocked")?,
        name: get(row, "contact_name")?,
        group: get::<String>(row, "thread_kind")? == "group",
        step: step.map(StepId),
    })
}
