//! The kept counts of conversations against the conversations themselves: looked at by `doctor`, and made right by whoever writes conversations
//! in bulk.

use crate::domain::ids::TenantId;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::rows::{Columns, Kind, Rows, Tx, get};
use crate::store::scope::store_error;
use crate::store::writer::counts::NOBODY;
use sea_orm::DbErr;

const ASKED: Columns = &[("tenant_id", Kind::Id), ("nobody", Kind::Id)];

/// What is to be added to each count that is wrong. One statement, so that it sees one moment of both tables.
const WRONG: &str = "SELECT x.tenant_id, x.inbox_id, x.status, x.assignee_id, CAST(SUM(x.n) AS bigint) AS n FROM (
    SELECT c.tenant_id, c.inbox_id, c.status, COALESCE(c.assignee_id, r.nobody) AS assignee_id, COUNT(*) AS n
    FROM {rows} CROSS JOIN conversation c WHERE c.tenant_id = r.tenant_id
    GROUP BY c.tenant_id, c.inbox_id, c.status, COALESCE(c.assignee_id, r.nobody)
    UNION ALL
    SELECT k.tenant_id, k.inbox_id, k.status, k.assignee_id, -k.count AS n FROM {rows} CROSS JOIN conversation_count k
    WHERE k.tenant_id = r.tenant_id
) x GROUP BY x.tenant_id, x.inbox_id, x.status, x.assignee_id HAVING SUM(x.n) <> 0";

impl Store {
    /// Returns how many of a tenant's kept counts are wrong. Changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn wrong_counts(&self, tenant: TenantId) -> Result<u64, StoreError> {
        let mut rows = self.rows(ASKED);
        rows.push([tenant.into(), NOBODY.into()]);
        let sql = format!("SELECT COUNT(*) AS n FROM ({WRONG}) w");
        let found = self.fetch(&sql, rows).await?;
        let count: i64 = found.first().map(|row| get(row, "n")).transpose().map_err(store_error)?.unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Counts a tenant's conversations anew and puts right what is wrong; returns how many counts that were.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn recount_conversations(&self, tenant: TenantId) -> Result<u64, StoreError> {
        let mut rows = self.rows(ASKED);
        rows.push([tenant.into(), NOBODY.into()]);
        self.alone(move |tx| Box::pin(async move { recount(tx, &rows).await })).await
    }
}

/// Counts under the lock under which every count is moved: what a step has written without it is not seen here, and its count is moved after.
async fn recount(tx: Tx<'_>, rows: &Rows) -> Result<u64, DbErr> {
    let lock = "INSERT INTO tenant_feed (tenant_id, last, conversations) SELECT r.tenant_id, 0, 0 FROM {rows} WHERE true
                ON CONFLICT (tenant_id) DO UPDATE SET last = tenant_feed.last";
    tx.run(lock, rows).await?;
    let sql = format!(
        "INSERT INTO conversation_count (tenant_id, inbox_id, status, assignee_id, count)
         SELECT w.tenant_id, w.inbox_id, w.status, w.assignee_id, w.n FROM ({WRONG}) w WHERE true
         ON CONFLICT (tenant_id, inbox_id, status, assignee_id) DO UPDATE SET count = conversation_count.count + excluded.count"
    );
    tx.run(&sql, rows).await
}
