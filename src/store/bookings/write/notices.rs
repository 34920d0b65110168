//! What changes of appointments give people cause to be told: that one waits for an approval.

use super::Change;
use crate::domain::booking::{Actor, Status};
use crate::domain::ids::TenantId;
use crate::domain::notice::cause::of_approval;
use crate::domain::time::Timestamp;
use crate::store::notices::raise;
use crate::store::rows::Tx;
use sea_orm::DbErr;

/// Writes the causes, by appointment and version: a repeat adds none.
pub(in crate::store::bookings) async fn notices(
    tx: Tx<'_>,
    tenant: TenantId,
    changes: &[Change<'_>],
    actor: Actor,
    now: Timestamp,
) -> Result<(), DbErr> {
    let by = match actor {
        Actor::People { agent } => Some(agent),
        Actor::Contact { .. } | Actor::System => None,
    };
    let waits = |change: &&Change<'_>| {
        change.after.status == Status::PendingOwner && change.before.is_none_or(|before| before.status != Status::PendingOwner)
    };
    let cause = |change: &Change<'_>| (tenant, of_approval(change.after.id, change.after.version, by), now);
    let causes: Vec<_> = changes.iter().filter(waits).map(cause).collect();
    raise(tx, &causes).await
}
