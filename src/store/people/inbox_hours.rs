//! The hours of an inbox. They do not decide who is given a conversation, so the front desk is not taken: they are settings, read by the directory.

use crate::domain::audit::{Action, Deed};
use crate::domain::booking::WeekHours;
use crate::domain::ids::{InboxId, TenantId};
use crate::domain::routing::{Mode, OnReturn};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::admin::bump;
use crate::store::audit;
use crate::store::people::desk::OWN;
use crate::store::rows::{Columns, Kind, Tx};
use crate::store::scope::{Role, assume};
use crate::store::spelling::json;
use sea_orm::DbErr;
use std::sync::Arc;

const HOURS: Columns = &[
    ("tenant_id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("mode", Kind::Text),
    ("on_return", Kind::Text),
    ("hours", Kind::Text),
    ("updated_at", Kind::At),
];

/// Sets one column of an inbox's rule, the only one of these beside tenant, inbox, mode, return and the time; where there is no rule yet the others are as
/// nobody has said.
pub(super) async fn put(
    tx: Tx<'_>,
    (columns, name): (Columns, &str),
    (tenant, inbox): (TenantId, InboxId),
    text: Option<&String>,
    at: Timestamp,
) -> Result<(), DbErr> {
    let mut rows = tx.rows(columns);
    let (mode, on_return) = (Mode::default().as_str(), OnReturn::default().as_str());
    rows.push([tenant.into(), inbox.into(), mode.into(), on_return.into(), text.into(), at.into()]);
    let suffix = format!("ON CONFLICT (tenant_id, inbox_id) DO UPDATE SET {name} = excluded.{name}, updated_at = excluded.updated_at");
    tx.put("inbox_rule", &rows, &suffix).await.map(drop)
}

impl TenantScope {
    /// Replaces an inbox's hours; `None`: nobody says when people are there. Returns false if no such inbox is seen.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn set_inbox_hours(&self, inbox: InboxId, week: Option<WeekHours>) -> Result<bool, StoreError> {
        if !self.sight().limit().sees_inbox(inbox) {
            return Ok(false);
        }
        let (tenant, ids, caller) = (self.id(), Arc::clone(&self.store().inner.ids), self.caller().clone());
        let at = self.store().inner.clock.now();
        let done = self.store().solo(Role::People(tenant), move |db| {
            Box::pin(async move {
                bump(db).await?;
                let tx = Tx::new(db, &*ids);
                let mut known = tx.rows(OWN);
                known.push([tenant.into(), inbox.into()]);
                let sql = "SELECT i.id FROM {rows} CROSS JOIN inbox i WHERE i.tenant_id = r.tenant_id AND i.id = r.id";
                if tx.all(sql, &known).await?.is_empty() {
                    return Ok(false);
                }
                put(tx, (HOURS, "hours"), (tenant, inbox), week.as_ref().map(json).transpose()?.as_ref(), at).await?;
                // The log is the engine's to write.
                assume(db, Role::Engine).await?;
                audit::record(db, tenant, &caller, at, &Deed::new(Action::InboxHoursSet, inbox)).await?;
                Ok(true)
            })
        });
        done.await
    }
}
