//! Stretches that a step changed, and how long took what ended with it. Few steps have either.

use super::Winner;
use crate::domain::conversation::standing::Human;
use crate::domain::conversation::stretch::Timing;
use crate::store::rows::{Columns, Kind, Tx};
use crate::store::spelling::{agent_of, stretch_cells};
use sea_orm::DbErr;
use uuid::Uuid;

const CYCLES: Columns = &[
    ("tenant_id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("number", Kind::Int),
    ("began", Kind::Text),
    ("began_at", Kind::At),
    ("people_at", Kind::At),
    ("handed_off_at", Kind::At),
    ("human_at", Kind::At),
    ("ended_at", Kind::At),
    ("ended_by", Kind::Text),
    ("ender_id", Kind::Id),
    ("verdict", Kind::Text),
];
const TIMINGS: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("cycle", Kind::Int),
    ("kind", Kind::Text),
    ("from_at", Kind::At),
    ("to_at", Kind::At),
    ("seconds", Kind::Int),
    ("business_seconds", Kind::Int),
    ("by_phone", Kind::Bool),
    ("agent_id", Kind::Id),
];
/// When a stretch began is not forgotten by a snapshot that does not know it.
const NEWEST: &str = "ON CONFLICT (tenant_id, conversation_id, number) DO UPDATE SET
    began_at = COALESCE(excluded.began_at, conversation_cycle.began_at), people_at = excluded.people_at,
    handed_off_at = excluded.handed_off_at, human_at = excluded.human_at, ended_at = excluded.ended_at, ended_by = excluded.ended_by,
    ender_id = excluded.ender_id, verdict = excluded.verdict";

pub(super) async fn apply(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    let mut cycles = tx.rows(CYCLES);
    let mut timings = tx.rows(TIMINGS);
    for step in winners.iter().map(|winner| winner.step) {
        for (number, stretch) in &step.writes.stretches {
            let head = [step.key.tenant.into(), step.key.id.into(), (*number).into()];
            cycles.push_all(head.into_iter().chain(stretch_cells(stretch)));
        }
        for Timing { kind, cycle, from, to, business, by } in &step.writes.timings {
            let seconds = i64::try_from(to.since(*from).as_secs()).unwrap_or(i64::MAX);
            let business = business.map(|it| i64::try_from(it.as_secs()).unwrap_or(i64::MAX));
            timings.push([
                step.key.tenant.into(),
                tx.id::<Uuid>().into(),
                step.key.id.into(),
                step.inbox.into(),
                (*cycle).into(),
                kind.as_str().into(),
                (*from).into(),
                (*to).into(),
                seconds.into(),
                business.into(),
                (*by == Some(Human::Phone)).into(),
                by.and_then(agent_of).into(),
            ]);
        }
    }
    if !cycles.is_empty() {
        tx.put("conversation_cycle", &cycles, NEWEST).await?;
    }
    tx.insert("timing", &timings).await
}
