//! Renewing the hold of a customer who writes, in the transaction of the step that records their words.
//!
//! Never fails a step because somebody was quicker: a hold that has moved on meanwhile is left as it stands.

use crate::domain::booking::renewed;
use crate::domain::ids::{ConversationId, TenantId};
use crate::domain::time::Timestamp;
use crate::store::bookings::agenda::Agendas;
use crate::store::bookings::ask::Ask;
use crate::store::bookings::rows::{READ, appointment};
use crate::store::rows::{Columns, Kind, Tx, get};
use sea_orm::DbErr;

/// Where a customer has written, and when that is recorded.
pub(in crate::store) type Heard = (TenantId, ConversationId, Timestamp);

const HEARD: Columns = &[("tenant_id", Kind::Id), ("conversation_id", Kind::Id), ("now", Kind::At)];
const RENEWED: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("version", Kind::Int),
    ("hold_expires_at", Kind::At),
    ("renewed", Kind::Small),
    ("updated_at", Kind::At),
];

/// Renews the live holds of conversations whose customers have written.
pub(in crate::store) async fn holds(tx: Tx<'_>, agendas: &Agendas, heard: &[Heard]) -> Result<(), DbErr> {
    let mut rows = tx.rows(HEARD);
    for (tenant, conversation, now) in heard {
        rows.push([(*tenant).into(), (*conversation).into(), (*now).into()]);
    }
    let sql = format!(
        "SELECT a.tenant_id, r.now AS heard_at, {READ} FROM {{rows}} CROSS JOIN appointment a
         WHERE a.tenant_id = r.tenant_id AND a.conversation_id = r.conversation_id
         AND a.status = 'held' AND a.renewed = 0 AND a.hold_expires_at > r.now"
    );
    let found = if heard.is_empty() { Vec::new() } else { tx.all(&sql, &rows).await? };
    let mut renewals = tx.rows(RENEWED);
    for row in &found {
        let tenant = TenantId(get(row, "tenant_id")?);
        let Some(agenda) = agendas.of(Ask::Inside(tx), tenant).await? else { continue };
        if let Some(after) = renewed(&appointment(row)?, &agenda.rules, crate::store::rows::at(row, "heard_at")?) {
            renewals.push([
                tenant.into(),
                after.id.0.into(),
                after.version.into(),
                after.hold_expires_at.into(),
                i64::from(after.renewed).into(),
                after.updated_at.into(),
            ]);
        }
    }
    let sql = "UPDATE appointment SET version = r.version, hold_expires_at = r.hold_expires_at, renewed = r.renewed,
               updated_at = r.updated_at FROM {rows} WHERE appointment.tenant_id = r.tenant_id AND appointment.id = r.id
               AND appointment.version = r.version - 1 AND appointment.status = 'held'";
    tx.run(sql, &renewals).await.map(drop)
}
