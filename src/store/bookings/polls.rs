//! Where looking for changes in outside calendars goes on: taken under a lease, so that two nodes never look at one calendar at once.

use crate::domain::ids::{ResourceId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::calendar::{CalendarState, Owner, PollEnd, PollOutcome, TakenPoll};
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::rows::{Columns, Kind, Row, Tx, get, maybe_at};
use crate::store::scope::store_error;
use sea_orm::DbErr;

const OWNER: Columns = &[("tenant_id", Kind::Id), ("resource_id", Kind::Id)];
const NEW: Columns =
    &[("tenant_id", Kind::Id), ("resource_id", Kind::Id), ("due_at", Kind::At), ("lease", Kind::Int), ("failures", Kind::Int)];
const WINDOW: Columns = &[("now", Kind::At), ("until", Kind::At)];
const LEASE: Columns = &[("tenant_id", Kind::Id), ("resource_id", Kind::Id), ("lease", Kind::Int), ("due_at", Kind::At)];
const END: Columns = &[
    ("tenant_id", Kind::Id),
    ("resource_id", Kind::Id),
    ("lease", Kind::Int),
    ("due_at", Kind::At),
    ("now", Kind::At),
    ("cursor", Kind::Text),
    ("compared_at", Kind::At),
];

/// Makes sure that a calendar is looked at.
pub(in crate::store) async fn watch(tx: Tx<'_>, owner: Owner, now: Timestamp) -> Result<(), DbErr> {
    let mut rows = tx.rows(NEW);
    rows.push([owner.tenant.into(), owner.resource.0.into(), now.into(), 0_i64.into(), 0_i64.into()]);
    tx.put("calendar_poll", &rows, "ON CONFLICT (tenant_id, resource_id) DO NOTHING").await.map(drop)
}

/// Ends the looks at a calendar.
pub(in crate::store) async fn unwatch(tx: Tx<'_>, owner: Owner) -> Result<(), DbErr> {
    let mut rows = tx.rows(OWNER);
    rows.push([owner.tenant.into(), owner.resource.0.into()]);
    tx.delete("calendar_poll", &rows, "").await.map(drop)
}

impl Store {
    pub(super) async fn due_polls(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<TakenPoll>, StoreError> {
        let mut window = self.rows(WINDOW);
        window.push([now.into(), until.into()]);
        // Asked first without the writer: most seconds nothing is due.
        let due = "FROM calendar_poll p WHERE p.due_at <= (SELECT r.now FROM {rows})";
        if self.fetch(&format!("SELECT 1 AS due {due} LIMIT 1"), window.clone()).await?.is_empty() {
            return Ok(Vec::new());
        }
        self.alone(move |tx| {
            Box::pin(async move {
                let sql = format!(
                    "SELECT p.tenant_id, p.resource_id, p.cursor, p.lease, p.failures, p.compared_at {due}
                     ORDER BY p.due_at LIMIT {limit} {}",
                    tx.lock("FOR UPDATE OF p SKIP LOCKED")
                );
                let taken = tx.all(&sql, &window).await?.iter().map(taken).collect::<Result<Vec<_>, _>>()?;
                let mut leases = tx.rows(LEASE);
                for poll in &taken {
                    leases.push([poll.owner.tenant.into(), poll.owner.resource.0.into(), poll.lease.into(), until.into()]);
                }
                let sql = "UPDATE calendar_poll SET lease = r.lease, due_at = r.due_at FROM {rows}
                           WHERE calendar_poll.tenant_id = r.tenant_id AND calendar_poll.resource_id = r.resource_id";
                tx.run(sql, &leases).await?;
                Ok(taken)
            })
        })
        .await
    }

    pub(super) async fn finish_poll(&self, poll: &TakenPoll, end: PollEnd) -> Result<(), StoreError> {
        let (cursor, compared) = match &end.outcome {
            PollOutcome::Seen { cursor, compared } => (Some(cursor), compared.then_some(end.now)),
            PollOutcome::Afresh | PollOutcome::Failed => (None, None),
        };
        let mut rows = self.rows(END);
        let owner = poll.owner;
        rows.push([
            owner.tenant.into(),
            owner.resource.0.into(),
            poll.lease.into(),
            end.due.into(),
            end.now.into(),
            cursor.into(),
            compared.into(),
        ]);
        let set = match &end.outcome {
            PollOutcome::Seen { .. } => {
                "cursor = r.cursor, failures = 0, checked_at = r.now, unknown_since = NULL,
                 compared_at = COALESCE(r.compared_at, calendar_poll.compared_at)"
            }
            PollOutcome::Afresh => "cursor = NULL",
            PollOutcome::Failed => "failures = calendar_poll.failures + 1, unknown_since = COALESCE(calendar_poll.unknown_since, r.now)",
        };
        let sql = format!(
            "UPDATE calendar_poll SET due_at = r.due_at, {set} FROM {{rows}} WHERE calendar_poll.tenant_id = r.tenant_id
             AND calendar_poll.resource_id = r.resource_id AND calendar_poll.lease = r.lease"
        );
        self.alone(move |tx| Box::pin(async move { tx.run(&sql, &rows).await.map(drop) })).await
    }

    pub(super) async fn poll_state(&self, owner: Owner) -> Result<Option<CalendarState>, StoreError> {
        let mut rows = self.one(OWNER);
        rows.push([owner.tenant.into(), owner.resource.0.into()]);
        let sql = "SELECT p.checked_at, p.unknown_since FROM {rows} CROSS JOIN calendar_poll p
                   WHERE p.tenant_id = r.tenant_id AND p.resource_id = r.resource_id";
        let found = self.fetch(sql, rows).await?;
        let read =
            |row: &Row| Ok(CalendarState { checked_at: maybe_at(row, "checked_at")?, unknown_since: maybe_at(row, "unknown_since")? });
        found.first().map(read).transpose().map_err(store_error)
    }
}

fn taken(row: &Row) -> Result<TakenPoll, DbErr> {
    let lease: i64 = get(row, "lease")?;
    Ok(TakenPoll {
        owner: Owner { tenant: TenantId(get(row, "tenant_id")?), resource: ResourceId(get(row, "resource_id")?) },
        cursor: get(row, "cursor")?,
        lease: lease + 1,
        failures: get(row, "failures")?,
        compared_at: maybe_at(row, "compared_at")?,
    })
}
