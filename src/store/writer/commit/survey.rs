//! That customers are asked how they were served: a row with the message that asks. Few steps do.

use super::{Winner, called_by};
use crate::domain::conversation::effect::TimelineKind;
use crate::domain::conversation::standing::Status;
use crate::store::rows::{Columns, Kind, Tx};
use crate::store::writer::called_back;
use crate::store::writer::claim::SUPERSEDED;
use crate::store::writer::feed::Feed;
use sea_orm::DbErr;

const OVERTAKEN: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("code", Kind::Text), ("at", Kind::At)];
const SURVEYS: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("cycle", Kind::Int),
    ("inbox_id", Kind::Id),
    ("message_seq", Kind::Int),
    ("language", Kind::Text),
    ("resolved_by", Kind::Text),
    ("resolver_id", Kind::Id),
    ("held_by", Kind::Text),
    ("member_id", Kind::Id),
    ("asked_at", Kind::At),
];

/// A stretch that asks twice would break the table's rule, and the step with it: the core asks once.
pub(super) async fn apply(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    let mut rows = tx.rows(SURVEYS);
    for winner in winners {
        let step = winner.step;
        let Some((new, id)) = step.writes.survey.as_deref().zip(winner.survey) else { continue };
        rows.push([
            step.key.tenant.into(),
            id.into(),
            step.key.id.into(),
            new.cycle.into(),
            step.inbox.into(),
            new.seq.into(),
            new.ended.language.code().into(),
            new.ended.by.as_str().into(),
            new.ended.agent.map(|agent| agent.0).into(),
            new.ended.held.as_str().into(),
            new.ended.member.map(|member| member.0).into(),
            step.at.into(),
        ]);
    }
    tx.insert("survey", &rows).await
}

/// Calls back a question that has not left yet where a step goes on with the conversation, or says something after it: it would never leave,
/// and must not hold up what does.
pub(super) async fn call_back(tx: Tx<'_>, winners: &[Winner<'_>], feed: &mut Feed) -> Result<(), DbErr> {
    let goes_on = |kind: &TimelineKind| matches!(kind, TimelineKind::StandingChanged { from, .. } if from.status() == Status::Resolved);
    let mut rows = tx.rows(OVERTAKEN);
    for step in winners.iter().map(|winner| winner.step) {
        let speaks = step.state.standing.status() == Status::Resolved && !step.writes.outbox.is_empty();
        if speaks || step.writes.timeline.iter().any(goes_on) {
            rows.push([step.key.tenant.into(), step.key.id.into(), SUPERSEDED.into(), step.at.into()]);
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE outbox SET state = 'cancelled', code = r.code, finished_at = r.at FROM {rows}
               WHERE outbox.tenant_id = r.tenant_id AND outbox.conversation_id = r.id AND outbox.ended_cycle IS NOT NULL
               AND outbox.state IN ('pending', 'retry', 'sending') AND outbox.state <> 'sending'
               RETURNING outbox.conversation_id, outbox.message_id";
    let cancelled = tx.all(sql, &rows).await?;
    called_back::end(tx, called_by(&cancelled, winners, Some(SUPERSEDED))?, feed).await
}
