//! Marking rows *sending* before their calls: fenced by the partition's epoch, in order within a conversation.
//! What is no longer so when it would leave is called back here: nobody knows earlier how long a channel keeps it waiting.

use crate::domain::ids::Epoch;
use crate::domain::time::Timestamp;
use crate::ports::faults::broken;
use crate::ports::store::{ClaimOutbox, Claimed};
use crate::store::rows::{Columns, Kind, Tx, get, maybe_at};
use crate::store::writer::called_back::{self, CalledBack};
use crate::store::writer::feed::{Feed, Source};
use sea_orm::DbErr;
use std::collections::HashMap;
use uuid::Uuid;

const KEYS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
const CLAIMS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("at", Kind::At)];
const OVERTAKEN: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("code", Kind::Text), ("at", Kind::At)];

/// Why a row was called back: it would come too late.
const TOO_LATE: &str = "too_late";
/// Why a row was called back: its appointment has changed, or the stretch after which it was to leave is not the last one any more, or its
/// customer has been blocked or has written again, perhaps in another conversation.
pub(super) const SUPERSEDED: &str = "superseded";

pub(super) async fn apply(tx: Tx<'_>, claims: &[&ClaimOutbox], feed: &mut Feed) -> Result<Vec<Claimed>, DbErr> {
    let found = read(tx, claims).await?;
    call_back(tx, claims, &found, feed).await?;
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

/// Cancels what has been overtaken.
async fn call_back(tx: Tx<'_>, claims: &[&ClaimOutbox], found: &HashMap<Uuid, Found>, feed: &mut Feed) -> Result<(), DbErr> {
    let (mut rows, mut messages) = (tx.rows(OVERTAKEN), Vec::new());
    for claim in claims {
        let Some((row, code)) = found.get(&claim.id.0).and_then(|row| Some((row, row.overtaken(claim)?))) else { continue };
        let (tenant, conversation, at) = (claim.key.tenant, claim.key.id, claim.at);
        rows.push([tenant.into(), claim.id.0.into(), code.into(), at.into()]);
        let called_back = |message| CalledBack { source: Source::Claim, tenant, conversation, message, code: Some(code), at };
        messages.extend(row.message.map(called_back));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE outbox SET state = 'cancelled', code = r.code, finished_at = r.at FROM {rows}
               WHERE outbox.tenant_id = r.tenant_id AND outbox.id = r.id";
    tx.update("overtaken", sql, &rows).await?;
    called_back::end(tx, messages, feed).await
}

struct Found {
    state: String,
    attempt: i64,
    epoch: Option<i64>,
    first: bool,
    last_inbound_at: Option<Timestamp>,
    message: Option<Uuid>,
    leave_until: Option<Timestamp>,
    /// Its appointment is not what it says any more, or its conversation goes on.
    superseded: bool,
}

impl Found {
    fn open(&self, claim: &ClaimOutbox) -> bool {
        let waits = matches!(self.state.as_str(), "pending" | "retry") && self.attempt == claim.attempt;
        waits && self.epoch.map(Epoch) == Some(claim.epoch)
    }

    /// Says why an open row must not leave any more.
    fn overtaken(&self, claim: &ClaimOutbox) -> Option<&'static str> {
        let late = self.leave_until.is_some_and(|until| until <= claim.at);
        let why = if self.superseded { Some(SUPERSEDED) } else { late.then_some(TOO_LATE) };
        why.filter(|_| self.open(claim))
    }

    fn decide(&self, claim: &ClaimOutbox) -> Claimed {
        if !self.open(claim) || self.overtaken(claim).is_some() {
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
        "SELECT o.id, o.state, o.attempt, o.message_id, o.leave_until, t.last_inbound_at, p.epoch,
         o.appointment_id IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM appointment a WHERE a.tenant_id = o.tenant_id AND a.id = o.appointment_id
             AND a.status = o.appointment_status AND a.starts_at = o.appointment_start)
         OR o.ended_cycle IS NOT NULL AND (c.status <> 'resolved' OR c.cycle <> o.ended_cycle OR k.blocked
             OR t.conversation_id IS NULL OR t.conversation_id <> c.id OR EXISTS (
                 SELECT 1 FROM inbound i WHERE i.tenant_id = c.tenant_id AND i.conversation_id = c.id
                 AND i.state IN ('new', 'recorded') AND i.state = 'new' AND i.kind = 'item')) AS superseded,
         NOT EXISTS (
             SELECT 1 FROM outbox e WHERE e.tenant_id = o.tenant_id AND e.conversation_id = o.conversation_id AND e.ord < o.ord
             AND e.state IN ('pending', 'retry', 'sending')) AS first
         FROM {{rows}} CROSS JOIN outbox o CROSS JOIN conversation c CROSS JOIN thread t CROSS JOIN contact k CROSS JOIN partition p
         WHERE o.tenant_id = r.tenant_id AND o.id = r.id AND c.tenant_id = o.tenant_id AND c.id = o.conversation_id
         AND t.tenant_id = c.tenant_id AND t.id = c.thread_id AND k.tenant_id = c.tenant_id AND k.id = c.contact_id AND p.id = o.part {}",
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
            message: get(&row, "message_id")?,
            leave_until: maybe_at(&row, "leave_until")?,
            superseded: get(&row, "superseded")?,
        };
        found.insert(get(&row, "id")?, read);
    }
    Ok(found)
}
