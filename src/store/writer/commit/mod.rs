//! Steps: the one transaction that makes them real. Fences are read and locked first, the winners decided in memory, and only they are
//! applied; every count is asserted. A step that lost changes nothing at all.

mod booking;
mod changes;
mod desk;
mod fence;
mod learnt;
mod mentions;
mod messages;
mod notices;
mod outbox;
mod queue;
mod stretch;
mod survey;
mod timeline;
mod triage;
mod turn;

pub(super) use booking::Desk;
pub(super) use turn::USAGE;

use crate::domain::booking::Outcome;
use crate::domain::ids::{MessageId, OutboxId};
use crate::ports::store::{CommitError, CommitStep, Committed};
use crate::store::rows::{Columns, Kind, Row, Tx, get};
use crate::store::spelling::{FORMAT, json, state_cells};
use crate::store::writer::called_back::CalledBack;
use crate::store::writer::feed::{Feed, Source};
use sea_orm::DbErr;
use uuid::Uuid;

/// A step that may be applied, with the ids of what it makes.
pub(super) struct Winner<'a> {
    /// Its place among the operations.
    pub place: usize,
    pub step: &'a CommitStep,
    /// One per new message.
    pub messages: Vec<MessageId>,
    /// One per new outbox row.
    pub outbox: Vec<OutboxId>,
    /// Of its survey, if it asks.
    pub survey: Option<Uuid>,
    /// What came of its act on the book.
    pub booked: Option<Box<Outcome>>,
}

impl Winner<'_> {
    /// Returns the id of a message that this step makes.
    fn message(&self, seq: i64) -> Option<MessageId> {
        let messages = self.step.writes.messages.iter().zip(&self.messages);
        messages.into_iter().find(|(message, _)| message.seq == seq).map(|(_, id)| *id)
    }
}

pub(super) async fn apply(
    tx: Tx<'_>,
    steps: &[&CommitStep],
    desk: Desk<'_>,
    feed: &mut Feed,
) -> Result<Vec<Result<Committed, CommitError>>, DbErr> {
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    let mut desks = desk::Desks::take(tx, steps).await?;
    let verdicts = fence::judge(tx, steps, &mut desks).await?;
    let mut answers = Vec::with_capacity(steps.len());
    let mut winners = Vec::with_capacity(steps.len());
    for (place, (step, verdict)) in steps.iter().zip(verdicts).enumerate() {
        if let Ok(before) = &verdict {
            feed.moved(before.counted, before.counted.after(&step.state));
            let messages = step.writes.messages.iter().map(|_| tx.id()).collect();
            let outbox = step.writes.outbox.iter().map(|_| tx.id()).collect();
            let survey = step.writes.survey.as_ref().map(|_| tx.id());
            winners.push(Winner { place, step, messages, outbox, survey, booked: None });
        }
        answers.push(verdict.map(|_| Committed::default()));
    }
    write_conversations(tx, &winners).await?;
    booking::renew(tx, desk, &winners).await?;
    booking::apply(tx, desk, &mut winners).await?;
    learnt::apply(tx, &winners).await?;
    triage::apply(tx, &winners).await?;
    let mut still = outbox::cancel(tx, &winners, feed).await?;
    survey::call_back(tx, &winners, feed).await?;
    messages::insert(tx, &winners).await?;
    let mut changed = changes::apply(tx, &winners).await?;
    outbox::insert(tx, &winners).await?;
    queue::apply(tx, &winners).await?;
    turn::apply(tx, &winners).await?;
    stretch::apply(tx, &winners).await?;
    survey::apply(tx, &winners).await?;
    notices::apply(tx, &winners).await?;
    mentions::apply(tx, &winners).await?;
    let mut waiting = desk::apply(tx, &desks, &winners).await?;
    for winner in winners {
        timeline::draft(&winner, &mut changed, feed);
        if let Some(Ok(committed)) = answers.get_mut(winner.place) {
            committed.outbox = outbox::rows_of(&winner);
            committed.booked = winner.booked;
            committed.waiting = waiting.remove(&winner.step.key.tenant).unwrap_or_default();
            committed.may_still_arrive = still.remove(&winner.step.key.id.0).unwrap_or_default();
        }
    }
    Ok(answers)
}

/// Reads which messages the cancelled rows of these steps' conversations carried.
fn called_by(rows: &[Row], winners: &[Winner<'_>], code: Option<&'static str>) -> Result<Vec<CalledBack>, DbErr> {
    let mut messages = Vec::with_capacity(rows.len());
    for row in rows {
        let (conversation, message): (Uuid, Option<Uuid>) = (get(row, "conversation_id")?, get(row, "message_id")?);
        let Some((message, winner)) = message.zip(winners.iter().find(|winner| winner.step.key.id.0 == conversation)) else { continue };
        let (source, key, at) = (Source::Commit(winner.place), winner.step.key, winner.step.at);
        messages.push(CalledBack { source, tenant: key.tenant, conversation: key.id, message, code, at });
    }
    Ok(messages)
}

/// Tenant and id, the fence, the step, then the columns of [`state_cells`].
const CONVERSATION: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("version", Kind::Int),
    ("step_id", Kind::Id),
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

async fn write_conversations(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    let mut rows = tx.rows(CONVERSATION);
    for winner in winners {
        let step = winner.step;
        let snapshot = json(&step.state)?;
        let head = [step.key.tenant.into(), step.key.id.into(), (step.expected_version + 1).into(), step.step.0.into(), FORMAT.into()];
        rows.push_all(head.into_iter().chain(state_cells(&step.state, &snapshot)));
    }
    let sql = "UPDATE conversation SET version = r.version, step_id = r.step_id, format = r.format, status = r.status,
               speaker = r.speaker, speaker_id = r.speaker_id, assignee_id = r.assignee_id, team_id = r.team_id, cycle = r.cycle,
               waiting_since = r.waiting_since, snoozed_until = r.snoozed_until, first_reply_at = r.first_reply_at,
               last_activity_at = r.last_activity_at, last_inbound_at = r.last_inbound_at, resolved_at = r.resolved_at,
               last_turn = r.last_turn, last_seq = r.last_seq, snapshot = r.snapshot
               FROM {rows} WHERE conversation.tenant_id = r.tenant_id AND conversation.id = r.id";
    tx.update("conversations", sql, &rows).await
}
