//! What a step gives people cause to be told: a row for each, and none for most steps.

use super::Winner;
use crate::domain::ids::TenantId;
use crate::domain::notice::cause::{Cause, of_step};
use crate::domain::time::Timestamp;
use crate::store::notices::raise;
use crate::store::rows::Tx;
use sea_orm::DbErr;

pub(super) async fn apply(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    let causes = winners.iter().flat_map(|winner| {
        let step = winner.step;
        let found = of_step(step.key.id, step.inbox, &step.writes, &step.state, step.at);
        found.into_iter().map(|cause| (step.key.tenant, cause, step.at))
    });
    let causes: Vec<(TenantId, Cause, Timestamp)> = causes.collect();
    raise(tx, &causes).await
}
