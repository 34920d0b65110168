//! The snapshot made again from rows: for one that this release cannot read, and for the test that both say the same.

use crate::domain::content::{Content, truncate};
use crate::domain::conversation::State;
use crate::domain::conversation::message::{Author, MAX_RECENT, MAX_RECENT_ID, MAX_RECENT_TEXT, Recent, bound};
use crate::domain::conversation::standing::Human;
use crate::domain::conversation::stretch::{Beginning, Stretch};
use crate::domain::ids::{AgentId, ConversationKey, TeamId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::load::triaged;
use crate::store::rows::{Row, at, get, maybe_at};
use crate::store::scope::store_error;
use crate::store::spelling::{author, ender, from_json, learnt, standing};
use sea_orm::DbErr;
use uuid::Uuid;

const CONVERSATION: &str =
    "SELECT c.status, c.speaker, c.speaker_id, c.assignee_id, c.team_id, c.cycle, c.last_seq, c.last_turn, c.waiting_since,
    c.snoozed_until, c.first_reply_at, c.last_activity_at, c.last_inbound_at, c.resolved_at, c.created_at, c.learnt,
    c.priority, c.labels, c.attributes,
    (SELECT MAX(o.ord) FROM outbox o WHERE o.tenant_id = c.tenant_id AND o.conversation_id = c.id) AS last_ord,
    (SELECT MAX(i.settled_at) FROM inbound i WHERE i.tenant_id = c.tenant_id AND i.conversation_id = c.id) AS settled_at,
    EXISTS (SELECT 1 FROM timer d WHERE d.tenant_id = c.tenant_id AND d.conversation_id = c.id AND d.kind = 'idle_resolve')
    AS idle_asked,
    (SELECT MAX(s.cycle) FROM message s WHERE s.tenant_id = c.tenant_id AND s.conversation_id = c.id AND s.author = 'assistant') AS spoke_in,
    (SELECT MAX(s.cycle) FROM message s WHERE s.tenant_id = c.tenant_id AND s.conversation_id = c.id AND s.author = 'contact') AS heard_in,
    (SELECT MAX(s.created_at) FROM message s WHERE s.tenant_id = c.tenant_id AND s.conversation_id = c.id AND s.direction = 'out'
    AND s.author IN ('agent', 'phone')) AS people_spoke_at,
    (SELECT MAX(s.created_at) FROM message s WHERE s.tenant_id = c.tenant_id AND s.conversation_id = c.id AND s.direction = 'out'
    AND s.author = 'system') AS away_told_at,
    y.began, y.began_at, y.people_at, y.handed_off_at, y.human_at, y.ended_at, y.ended_by, y.ender_id
    FROM {rows} CROSS JOIN conversation c
    LEFT JOIN conversation_cycle y ON y.tenant_id = c.tenant_id AND y.conversation_id = c.id AND y.number = c.cycle WHERE c.tenant_id = r.tenant_id AND c.id = r.id";

impl Store {
    /// Makes a conversation's state from its rows; `None` if there is no such conversation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rebuild_state(&self, key: ConversationKey) -> Result<Option<State>, StoreError> {
        let conversations = self.fetch(CONVERSATION, self.one_conversation(key)).await?;
        let Some(row) = conversations.first() else { return Ok(None) };
        let sql = format!(
            "SELECT m.seq, m.cycle, m.direction, m.author, m.author_id, m.content, m.external_id, m.late, m.occurred_at
             FROM {{rows}} CROSS JOIN message m WHERE m.tenant_id = r.tenant_id AND m.conversation_id = r.id AND m.deleted_at IS NULL
             ORDER BY m.seq DESC LIMIT {MAX_RECENT}"
        );
        let messages = self.fetch(&sql, self.one_conversation(key)).await?;
        let recent = messages.iter().rev().map(recent).collect::<Result<Vec<_>, _>>().map_err(store_error)?;
        state(row, recent).map(Some).map_err(store_error)
    }
}

fn state(row: &Row, mut recent: Vec<Recent>) -> Result<State, DbErr> {
    let (status, speaker): (String, String) = (get(row, "status")?, get(row, "speaker")?);
    let (assignee, team): (Option<Uuid>, Option<Uuid>) = (get(row, "assignee_id")?, get(row, "team_id")?);
    let (last_ord, spoke_in): (Option<i64>, Option<i64>) = (get(row, "last_ord")?, get(row, "spoke_in")?);
    let heard_in: Option<i64> = get(row, "heard_in")?;
    let known: Option<String> = get(row, "learnt")?;
    let standing = standing(&status, &speaker, get(row, "speaker_id")?, maybe_at(row, "snoozed_until")?);
    let (last_activity_at, resolved_at) = (at(row, "last_activity_at")?, maybe_at(row, "resolved_at")?);
    bound(&mut recent);
    Ok(State {
        standing: standing.ok_or_else(|| DbErr::Type("unknown status of a conversation".to_owned()))?,
        assignee: assignee.map(AgentId),
        team: team.map(TeamId),
        cycle: get(row, "cycle")?,
        last_seq: get(row, "last_seq")?,
        last_turn: get(row, "last_turn")?,
        last_ord: last_ord.unwrap_or_default(),
        waiting_since: maybe_at(row, "waiting_since")?,
        first_reply_at: maybe_at(row, "first_reply_at")?,
        people_spoke_at: maybe_at(row, "people_spoke_at")?,
        away_told_at: maybe_at(row, "away_told_at")?,
        last_activity_at,
        last_inbound_at: maybe_at(row, "last_inbound_at")?,
        resolved_at,
        proposed: None,
        stretch: stretch(row)?,
        learnt: learnt(known.as_deref()),
        triage: triaged(row)?,
        idle_asked: get(row, "idle_asked")?,
        spoke_in: spoke_in.unwrap_or_default(),
        heard_in: heard_in.unwrap_or_default(),
        clock: clock(last_activity_at, resolved_at.max(maybe_at(row, "settled_at")?)),
        recent,
    })
}

/// A conversation without a row of its current stretch has none that has begun.
fn stretch(row: &Row) -> Result<Stretch, DbErr> {
    let (began, ended_by): (Option<String>, Option<String>) = (get(row, "began")?, get(row, "ended_by")?);
    Ok(Stretch {
        began_at: maybe_at(row, "began_at")?,
        began: if began.as_deref() == Some("reopened") { Beginning::Reopened } else { Beginning::First },
        people_at: maybe_at(row, "people_at")?,
        handed_off_at: maybe_at(row, "handed_off_at")?,
        human_at: maybe_at(row, "human_at")?,
        ended_at: maybe_at(row, "ended_at")?,
        ended_by: ender(ended_by.as_deref(), get(row, "ender_id")?),
    })
}

/// No column holds the last step's instant: the newest trace of one is as late as any order needs.
fn clock(activity: Timestamp, other: Option<Timestamp>) -> Timestamp {
    other.map_or(activity, |other| other.max(activity))
}

fn recent(row: &Row) -> Result<Recent, DbErr> {
    let (direction, word, content): (String, String, String) = (get(row, "direction")?, get(row, "author")?, get(row, "content")?);
    let author = author(&direction, &word, get(row, "author_id")?).ok_or_else(|| DbErr::Type("unknown author".to_owned()))?;
    let content: Content = from_json(&content)?;
    let external_id: Option<String> = get(row, "external_id")?;
    // What we sent has got its provider's id later; the snapshot does not know it.
    let came_in = matches!(author, Author::Contact | Author::Human(Human::Phone));
    Ok(Recent {
        seq: get(row, "seq")?,
        cycle: get(row, "cycle")?,
        author,
        kind: content.kind,
        text: truncate(&content.text, MAX_RECENT_TEXT).to_owned(),
        external_id: external_id.filter(|_| came_in),
        reply_to: content.reply_to.filter(|id| id.len() <= MAX_RECENT_ID),
        button: content.button_id.filter(|id| id.len() <= MAX_RECENT_ID),
        late: get(row, "late")?,
        occurred_at: at(row, "occurred_at")?,
    })
}
