//! What people sort conversations by: columns of their own, since few steps change them, and the rows by which lists find labels.

use super::Winner;
use crate::domain::ids::LabelId;
use crate::ports::store::CommitStep;
use crate::store::rows::{Columns, Kind, Tx};
use crate::store::spelling::json;
use sea_orm::DbErr;
use std::collections::BTreeSet;

const TRIAGE: Columns =
    &[("tenant_id", Kind::Id), ("id", Kind::Id), ("priority", Kind::Text), ("labels", Kind::Text), ("attributes", Kind::Text)];
const TAKEN: Columns = &[("tenant_id", Kind::Id), ("conversation_id", Kind::Id), ("label_id", Kind::Id)];
const LISTED: Columns = &[("tenant_id", Kind::Id), ("conversation_id", Kind::Id)];

pub(super) async fn apply(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    let mut rows = tx.rows(TRIAGE);
    let mut taken = tx.rows(TAKEN);
    let mut given = tx.rows(TAKEN);
    let mut listed = tx.rows(LISTED);
    let none = BTreeSet::new();
    for step in winners.iter().map(|winner| winner.step) {
        let (key, now) = (step.key, &step.state.triage);
        let before = step.writes.triage_before.as_ref().map(|before| &before.labels);
        if before.is_some() {
            let [labels, attributes] = texts(step)?;
            let priority = now.priority.map(|priority| priority.as_str());
            rows.push([key.tenant.into(), key.id.into(), priority.into(), labels.as_ref().into(), attributes.as_ref().into()]);
        }
        for LabelId(label) in before.unwrap_or(&none).difference(&now.labels) {
            taken.push([key.tenant.into(), key.id.into(), (*label).into()]);
        }
        for LabelId(label) in before.map_or(&none, |_| &now.labels).difference(before.unwrap_or(&none)) {
            given.push([key.tenant.into(), key.id.into(), (*label).into()]);
        }
        if !now.labels.is_empty() {
            listed.push([key.tenant.into(), key.id.into()]);
        }
    }
    let sql = "UPDATE conversation SET priority = r.priority, labels = r.labels, attributes = r.attributes
               FROM {rows} WHERE conversation.tenant_id = r.tenant_id AND conversation.id = r.id";
    tx.update("what conversations are sorted by", sql, &rows).await?;
    tx.delete("conversation_label", &taken, "").await?;
    // A label that was deleted meanwhile is given to nobody.
    let sql = "INSERT INTO conversation_label (tenant_id, conversation_id, label_id, status, last_activity_at, created_at)
               SELECT c.tenant_id, c.id, r.label_id, c.status, c.last_activity_at, c.created_at
               FROM {rows} CROSS JOIN label l CROSS JOIN conversation c
               WHERE l.tenant_id = r.tenant_id AND l.id = r.label_id AND l.deleted_at IS NULL
                 AND c.tenant_id = r.tenant_id AND c.id = r.conversation_id
               ON CONFLICT (tenant_id, conversation_id, label_id) DO NOTHING";
    tx.run(sql, &given).await?;
    let sql = "UPDATE conversation_label SET status = c.status, last_activity_at = c.last_activity_at, waiting_since = c.waiting_since,
               priority = c.priority, assignee_id = c.assignee_id
               FROM {rows} CROSS JOIN conversation c WHERE c.tenant_id = r.tenant_id AND c.id = r.conversation_id
                 AND conversation_label.tenant_id = c.tenant_id AND conversation_label.conversation_id = c.id";
    tx.run(sql, &listed).await.map(drop)
}

/// Spells labels and attributes; nothing where there is none.
fn texts(step: &CommitStep) -> Result<[Option<String>; 2], DbErr> {
    let now = &step.state.triage;
    let labels = (!now.labels.is_empty()).then(|| json(&now.labels)).transpose()?;
    Ok([labels, (!now.attributes.is_empty()).then(|| json(&now.attributes)).transpose()?])
}
