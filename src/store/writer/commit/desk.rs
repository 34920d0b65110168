//! What steps do to the front desk of their business. The desk's row is taken before any other: two steps, of one node or of two, never give
//! one member's last place away twice, and nobody becomes free unseen by what has just begun to wait.

use super::Winner;
use crate::domain::conversation::effect::DeskWrite;
use crate::domain::ids::{AgentId, ConversationKey, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::CommitStep;
use crate::store::desk::hand_out::hand_out;
use crate::store::rows::{Columns, Kind, Tx, get};
use sea_orm::DbErr;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const TENANT: Columns = &[("tenant_id", Kind::Id)];
const MOVED: Columns = &[("tenant_id", Kind::Id), ("version", Kind::Int), ("updated_at", Kind::At)];
const TURN: Columns = &[("tenant_id", Kind::Id), ("member_id", Kind::Id), ("turn", Kind::Int)];

/// The desks of the businesses of these steps, taken, and what the steps that were let through do to them.
#[derive(Default)]
pub(super) struct Desks {
    versions: HashMap<TenantId, i64>,
    moved: BTreeSet<TenantId>,
}

impl Desks {
    /// Takes the desks that the steps touch.
    pub async fn take(tx: Tx<'_>, steps: &[&CommitStep]) -> Result<Self, DbErr> {
        let touched = steps.iter().filter(|step| step.writes.desk != DeskWrite::default());
        let tenants: BTreeSet<TenantId> = touched.map(|step| step.key.tenant).collect();
        let mut rows = tx.rows(TENANT);
        tenants.iter().for_each(|tenant| rows.push([(*tenant).into()]));
        let sql = format!(
            "SELECT d.tenant_id, d.version FROM {{rows}} CROSS JOIN desk d WHERE d.tenant_id = r.tenant_id ORDER BY d.tenant_id {}",
            tx.lock("FOR UPDATE OF d")
        );
        let mut desks = Self::default();
        for row in tx.all(&sql, &rows).await? {
            desks.versions.insert(TenantId(get(&row, "tenant_id")?), get(&row, "version")?);
        }
        Ok(desks)
    }

    /// Tells whether what a step has decided still holds.
    pub fn allow(&self, step: &CommitStep) -> bool {
        let tenant = step.key.tenant;
        let now = self.versions.get(&tenant).copied().unwrap_or_default();
        step.writes.desk.routed.is_none_or(|routed| routed.seen == now && !self.moved.contains(&tenant))
    }

    /// Notes a step that was let through: later ones of the same transaction must look again.
    pub fn note(&mut self, step: &CommitStep) {
        if step.writes.desk.moves() {
            self.moved.insert(step.key.tenant);
        }
    }
}

/// Moves the desks on and gives turns. Where somebody has become free, what waits is asked to look: returned by tenant.
pub(super) async fn apply(tx: Tx<'_>, desks: &Desks, winners: &[Winner<'_>]) -> Result<BTreeMap<TenantId, Vec<ConversationKey>>, DbErr> {
    let mut moved = tx.rows(MOVED);
    let mut turns = tx.rows(TURN);
    let mut freed: BTreeMap<TenantId, Timestamp> = BTreeMap::new();
    for tenant in &desks.moved {
        let Some(version) = desks.versions.get(tenant) else { continue };
        let mine = || winners.iter().map(|winner| winner.step).filter(|step| step.key.tenant == *tenant && step.writes.desk.moves());
        let Some(at) = mine().map(|step| step.at).max() else { continue };
        moved.push([(*tenant).into(), (version + 1).into(), at.into()]);
        for AgentId(person) in mine().filter_map(|step| step.writes.desk.taken) {
            turns.push([(*tenant).into(), person.into(), (version + 1).into()]);
        }
        if mine().any(|step| step.writes.desk.freed.is_some()) {
            freed.insert(*tenant, at);
        }
    }
    let sql = "UPDATE desk SET version = r.version, updated_at = r.updated_at FROM {rows} WHERE desk.tenant_id = r.tenant_id";
    tx.update("desks", sql, &moved).await?;
    // Who acts by an API key stands at no desk.
    let sql = "UPDATE desk_member SET turn = r.turn FROM {rows} WHERE desk_member.tenant_id = r.tenant_id AND desk_member.member_id = r.member_id";
    tx.run(sql, &turns).await?;
    let mut waiting = BTreeMap::new();
    for (tenant, at) in freed {
        waiting.insert(tenant, hand_out(tx, tenant, at).await?);
    }
    Ok(waiting)
}
