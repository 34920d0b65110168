//! That customers are asked how they were served: a row with the message that asks. Few steps do.

use super::Winner;
use crate::store::rows::{Columns, Kind, Tx};
use sea_orm::DbErr;

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
