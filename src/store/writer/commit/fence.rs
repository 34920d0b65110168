//! The fences of a step: the partition's epoch, the conversation's version, the state of every row that it moves.

use super::desk::Desks;
use crate::domain::conversation::standing::Status;
use crate::domain::ids::Epoch;
use crate::ports::faults::broken;
use crate::ports::store::{CommitError, CommitStep};
use crate::store::rows::{Columns, Kind, Tx, get};
use crate::store::writer::counts::Counted;
use sea_orm::DbErr;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

const PARTS: Columns = &[("id", Kind::Small)];
const KEYS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];

/// What a conversation is before a step.
pub(super) struct Before {
    version: i64,
    /// As what it is counted.
    pub counted: Counted,
}

/// Reads and locks every fence, sorted; says of each step whether it may be applied, and what it found then.
pub(super) async fn judge(tx: Tx<'_>, steps: &[&CommitStep], desks: &mut Desks) -> Result<Vec<Result<Before, CommitError>>, DbErr> {
    let epochs = epochs(tx, steps).await?;
    let mut found = conversations(tx, steps).await?;
    let states = states(tx, steps).await?;
    let mut judge = |step: &&CommitStep| {
        if epochs.get(&step.key.part.0).copied() != Some(step.epoch) {
            return Err(CommitError::Fenced);
        }
        let Some(before) = found.remove(&step.key.id.0) else {
            // Deleted meanwhile: whoever reads it again finds that it is gone.
            return Err(CommitError::Stale);
        };
        let moved = |id: Uuid, from: &str| states.get(&id).is_none_or(|state| state != from);
        let rows_moved = step.writes.inbound.iter().any(|row| moved(row.id.0, row.from.as_str()));
        if !broken("cas") && (before.version != step.expected_version || rows_moved) {
            return Err(CommitError::Stale);
        }
        if !broken("desk") && !desks.allow(step) {
            return Err(CommitError::DeskMoved);
        }
        desks.note(step);
        Ok(before)
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

async fn conversations(tx: Tx<'_>, steps: &[&CommitStep]) -> Result<HashMap<Uuid, Before>, DbErr> {
    let keys: BTreeSet<_> = steps.iter().map(|step| (step.key.tenant, step.key.id)).collect();
    let mut rows = tx.rows(KEYS);
    for (tenant, id) in keys {
        rows.push([tenant.into(), id.into()]);
    }
    let sql = format!(
        "SELECT c.tenant_id, c.id, c.version, c.inbox_id, c.status, c.assignee_id FROM {{rows}} CROSS JOIN conversation c
         WHERE c.tenant_id = r.tenant_id AND c.id = r.id ORDER BY c.tenant_id, c.id {}",
        tx.lock("FOR UPDATE OF c")
    );
    let mut found = HashMap::new();
    for row in tx.all(&sql, &rows).await? {
        let (tenant, inbox, status): (Uuid, Uuid, String) = (get(&row, "tenant_id")?, get(&row, "inbox_id")?, get(&row, "status")?);
        let status = Status::parse(&status).ok_or_else(|| DbErr::Type("unknown status of a conversation".to_owned()))?;
        let assignee: Option<Uuid> = get(&row, "assignee_id")?;
        let counted = Counted { tenant: tenant.into(), inbox: inbox.into(), status, assignee: assignee.map(Into::into) };
        found.insert(get(&row, "id")?, Before { version: get(&row, "version")?, counted });
    }
    Ok(found)
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
