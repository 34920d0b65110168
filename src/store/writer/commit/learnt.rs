//! What side jobs have found out, in a column of its own: few steps change it, and it must not swell those that do not.

use super::Winner;
use crate::domain::learnt::Learnt;
use crate::store::rows::{Columns, Kind, Tx};
use crate::store::spelling::json;
use sea_orm::DbErr;

const LEARNT: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("learnt", Kind::Text)];

pub(super) async fn apply(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    let mut rows = tx.rows(LEARNT);
    for step in winners.iter().map(|winner| winner.step) {
        let Some(learnt) = &step.writes.learnt else { continue };
        let text = (*learnt != Learnt::default()).then(|| json(learnt)).transpose()?;
        rows.push([step.key.tenant.into(), step.key.id.into(), text.as_ref().into()]);
    }
    let sql = "UPDATE conversation SET learnt = r.learnt FROM {rows} WHERE conversation.tenant_id = r.tenant_id AND conversation.id = r.id";
    tx.update("what was learnt", sql, &rows).await
}
