//! Marking rows *sending* before their calls: fenced by the partition's epoch, in order within a conversation.

use crate::domain::ids::Epoch;
use crate::ports::faults::broken;
use crate::ports::store::{ClaimOutbox, Claimed};
use crate::store::rows::{Columns, Kind, Tx, get, maybe_at};
use sea_orm::DbErr;
use std::collections::HashMap;
use uuid::Uuid;

const KEYS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
const CLAIMS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("at", Kind::At)];

pub(super) async fn apply(tx: Tx<'_>, claims: &[&ClaimOutbox]) -> Result<Vec<Claimed>, DbErr> {
    let found = read(tx, claims).await?;
    let mut rows = tx.rows(CLAIMS);
    let answers: Vec<Claimed> = claims.iter().map(|claim| found.get(&claim.id.0).map_or(Claimed::Gone, |row| row.decide(claim))).collect();
    for (claim, answer) in claims.iter().zip(&answers) {
        if matches!(answer, Claimed::Go { .. }) && !broken("sending") {
            rows.push([claim.key.tenant.into(), claim.id.0.into(), claim.at.into()]);
        }
    }
    let sql = "UPDATE outbox SET state = 'sending', attempt = attempt + 1, sending_at = r.at \
               FROM {rows} WHERE outbox.tenant_id = r.tenant_id AND outbox.id = r.id";
    tx.update("claims", sql, &rows).await?;
    Ok(answers)
}

struct Found {
    state: String,
    attempt: i64,
    epoch: Option<i64>,
    first: bool,
    last_inbound_at: Option<crate::domain::time::Timestamp>,
}

impl Found {
    fn decide(&self, claim: &ClaimOutbox) -> Claimed {
        let open = matches!(self.state.as_str(), "pending" | "retry") && self.attempt == claim.attempt;
        if !open || self.epoch.map(Epoch) != Some(claim.epoch) {
            return Claimed::Gone;
        }
        if !self.first {
            return Claimed::NotNext;
        }
        let attempt = if broken("sending") { self.attempt } else { self.attempt + 1 };
        Claimed::Go { attempt, last_inbound_at: self.last_inbound_at }
    }
}

async fn read(tx: Tx<'_>, claims: &[&ClaimOutbox]) -> Result<HashMap<Uuid, Found>, DbErr> {
    let mut keys: Vec<_> = claims.iter().map(|claim| (claim.key.tenant, claim.id)).collect();
    keys.sort_unstable();
    let mut rows = tx.rows(KEYS);
    for (tenant, id) in keys {
        rows.push([tenant.into(), id.0.into()]);
    }
    let sql = format!(
        "SELECT o.id, o.state, o.attempt, t.last_inbound_at, p.epoch, NOT EXISTS (
             SELECT 1 FROM outbox e WHERE e.tenant_id = o.tenant_id AND e.conversation_id = o.conversation_id AND e.ord < o.ord
             AND e.state IN ('pending', 'retry', 'sending')) AS first
         FROM {{rows}} CROSS JOIN outbox o CROSS JOIN conversation c CROSS JOIN thread t CROSS JOIN partition p
         WHERE o.tenant_id = r.tenant_id AND o.id = r.id AND c.tenant_id = o.tenant_id AND c.id = o.conversation_id
         AND t.tenant_id = c.tenant_id AND t.id = c.thread_id AND p.id = o.part {}",
        tx.lock("FOR UPDATE OF o FOR SHARE OF p")
    );
    let mut found = HashMap::with_capacity(claims.len());
    for row in tx.all(&sql, &rows).await? {
        let read = Found {
            state: get(&row, "state")?,
            attempt: get(&row, "attempt")?,
            epoch: get(&row, "epoch")?,
            first: get(&row, "first")?,
            last_inbound_at: maybe_at(&row, "last_inbound_at")?,
        };
        found.insert(get(&row, "id")?, read);
    }
    Ok(found)
}
