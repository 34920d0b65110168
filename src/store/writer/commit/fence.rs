//! The fences of a step: the partition's epoch, the conversation's version, the state of every row that it moves.

use super::desk::Desks;
use crate::domain::ids::Epoch;
use crate::ports::faults::broken;
use crate::ports::store::{CommitError, CommitStep, StoreError};
use crate::store::rows::{Columns, Kind, Tx, get};
use sea_orm::DbErr;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

const PARTS: Columns = &[("id", Kind::Small)];
const KEYS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];

/// Reads and locks every fence, sorted; says of each step whether it may be applied.
pub(super) async fn judge(tx: Tx<'_>, steps: &[&CommitStep], desks: &mut Desks) -> Result<Vec<Result<(), CommitError>>, DbErr> {
    let epochs = epochs(tx, steps).await?;
    let versions = versions(tx, steps).await?;
    let states = states(tx, steps).await?;
    let mut judge = |step: &&CommitStep| {
        if epochs.get(&step.key.part.0).copied() != Some(step.epoch) {
            return Err(CommitError::Fenced);
        }
        let Some(version) = versions.get(&step.key.id.0) else {
            return Err(StoreError::Refused("the conversation does not exist".to_owned()).into());
        };
        let moved = |id: Uuid, from: &str| states.get(&id).is_none_or(|state| state != from);
        let rows_moved = step.writes.inbound.iter().any(|row| moved(row.id.0, row.from.as_str()));
        if !broken("cas") && (*version != step.expected_version || rows_moved) {
            return Err(CommitError::Stale);
        }
        if !broken("desk") && !desks.allow(step) {
            return Err(CommitError::DeskMoved);
        }
        desks.note(step);
        Ok(())
    };
    Ok(steps.iter().map(&mut judge).collect())
}

async fn epochs(tx: Tx<'_>, steps: &[&CommitStep]) -> Result<HashMap<u16, Epoch>, DbErr> {
    let parts: BTreeSet<u16> = steps.iter().map(|step| step.key.part.0).collect();
    let mut rows = tx.rows(PARTS);
    for part in parts {
        rows.push([i64::from(part).into()]);
    }
    let sql =
        format!("SELECT p.id, p.epoch FROM {{rows}} CROSS JOIN partition p WHERE p.id = r.id ORDER BY p.id {}", tx.lock("FOR SHARE OF p"));
    let mut epochs = HashMap::new();
    for row in tx.all(&sql, &rows).await? {
        let id: i16 = get(&row, "id")?;
        epochs.insert(u16::try_from(id).unwrap_or(u16::MAX), Epoch(get(&row, "epoch")?));
    }
    Ok(epochs)
}

async fn versions(tx: Tx<'_>, steps: &[&CommitStep]) -> Result<HashMap<Uuid, i64>, DbErr> {
    let keys: BTreeSet<_> = steps.iter().map(|step| (step.key.tenant, step.key.id)).collect();
    let mut rows = tx.rows(KEYS);
    for (tenant, id) in keys {
        rows.push([tenant.into(), id.into()]);
    }
    let sql = format!(
        "SELECT c.id, c.version FROM {{rows}} CROSS JOIN conversation c
         WHERE c.tenant_id = r.tenant_id AND c.id = r.id ORDER BY c.tenant_id, c.id {}",
        tx.lock("FOR UPDATE OF c")
    );
    let mut versions = HashMap::new();
    for row in tx.all(&sql, &rows).await? {
        versions.insert(get(&row, "id")?, get(&row, "version")?);
    }
    Ok(versions)
}

async fn states(tx: Tx<'_>, steps: &[&CommitStep]) -> Result<HashMap<Uuid, String>, DbErr> {
    let moves = steps.iter().flat_map(|step| step.writes.inbound.iter().map(|row| (step.key.tenant, row.id)));
    let keys: BTreeSet<_> = moves.collect();
    let mut rows = tx.rows(KEYS);
    for (tenant, id) in keys {
        rows.push([tenant.into(), id.0.into()]);
    }
    let sql = format!(
        "SELECT i.id, i.state FROM {{rows}} CROSS JOIN inbound i
         WHERE i.tenant_id = r.tenant_id AND i.id = r.id ORDER BY i.tenant_id, i.id {}",
        tx.lock("FOR UPDATE OF i")
    );
    let mut states = HashMap::new();
    for row in tx.all(&sql, &rows).await? {
        states.insert(get(&row, "id")?, get(&row, "state")?);
    }
    Ok(states)
}
