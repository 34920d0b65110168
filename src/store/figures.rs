//! What an operator wants to know of the queue: how old, how many, what is stuck. One bounded question, never a scan of all rows.

use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::rows::{Columns, Kind, Row, get, maybe_at};
use crate::store::scope::store_error;
use sea_orm::{DbBackend, DbErr};
use std::time::Duration;

/// No count goes beyond this: a question about a backlog must not become a burden itself.
pub const MOST: i64 = 20_000;

/// Rows of the outbox by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct OutboxFigures {
    /// Not tried yet.
    pub pending: i64,
    /// To be tried again.
    pub retry: i64,
    /// Under way.
    pub sending: i64,
    /// Refused by the channel.
    pub failed: i64,
    /// Given up after the last try.
    pub dead: i64,
    /// Nobody knows whether they arrived.
    pub uncertain: i64,
}

/// The queue as it stands. Counts stop at [`MOST`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct QueueFigures {
    /// Rows owed an outcome.
    pub inbound_open: i64,
    /// Age of the oldest of them.
    pub inbound_age: Duration,
    /// Rows given up; people must look.
    pub inbound_dead: i64,
    /// Rows kept aside because they could not be handled.
    pub quarantined: i64,
    /// The outbox by state; `sent` and `cancelled` are no work and not counted.
    pub outbox: OutboxFigures,
    /// How long the oldest due row has been due.
    pub outbox_age: Duration,
    /// Inboxes that were paused because their account needs attention.
    pub paused_inboxes: i64,
}

const NOW: Columns = &[("at", Kind::At)];

/// Each part is answered by an index: the oldest of a partition is its first entry, and counts stop.
const FIGURES: &str = "SELECT
    (SELECT MIN(x.oldest) FROM (SELECT (SELECT MIN(i.received_at) FROM inbound i WHERE i.part = p.id AND i.state IN ('new', 'recorded'))
        AS oldest FROM partition p) x) AS oldest_inbound,
    (SELECT MIN(x.oldest) FROM (SELECT (SELECT MIN(o.due_at) FROM outbox o WHERE o.part = p.id AND o.state IN ('pending', 'retry', 'sending'))
        AS oldest FROM partition p) x) AS oldest_outbox,
    (SELECT COUNT(*) FROM (SELECT 1 FROM inbound i WHERE i.state IN ('new', 'recorded') LIMIT {most}) x) AS inbound_open,
    (SELECT COUNT(*) FROM (SELECT 1 FROM inbound i WHERE i.state = 'dead' LIMIT {most}) x) AS inbound_dead,
    (SELECT COUNT(*) FROM (SELECT 1 FROM inbound i WHERE i.state = 'settled' AND i.reason = 'quarantined'
        ORDER BY i.tenant_id, i.conversation_id LIMIT {most}) x) AS quarantined,
    {open:pending}, {open:retry}, {open:sending}, {stuck:failed}, {stuck:dead}, {stuck:uncertain},
    (SELECT COUNT(*) FROM (SELECT 1 FROM inbox n WHERE n.state = 'paused' LIMIT {most}) x) AS paused_inboxes
    FROM {rows}";

/// Spells the question out. Open rows are looked at up to the bound, whatever their state: a backlog in one state must not make the count
/// of another a scan. The doubled condition on stuck rows, and the order of quarantined ones, lead SQLite to the partial indexes.
fn question() -> String {
    let mut sql = FIGURES.to_owned();
    for state in ["pending", "retry", "sending"] {
        let some = "SELECT o.state AS state FROM outbox o WHERE o.state IN ('pending', 'retry', 'sending') LIMIT {most}";
        let count = format!("(SELECT COUNT(*) FROM ({some}) x WHERE x.state = '{state}') AS {state}");
        sql = sql.replace(&format!("{{open:{state}}}"), &count);
    }
    for state in ["failed", "dead", "uncertain"] {
        let some =
            format!("SELECT 1 FROM outbox o WHERE o.state IN ('failed', 'dead', 'uncertain') AND o.state = '{state}' LIMIT {{most}}");
        sql = sql.replace(&format!("{{stuck:{state}}}"), &format!("(SELECT COUNT(*) FROM ({some}) x) AS {state}"));
    }
    sql.replace("{most}", &MOST.to_string())
}

impl Store {
    /// Reads the figures of the whole installation. Milliseconds; ask every few seconds at most.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn queue_figures(&self) -> Result<QueueFigures, StoreError> {
        let now = self.inner.clock.now();
        let mut rows = self.rows(NOW);
        rows.push([now.into()]);
        let found = self.fetch(&question(), rows).await?;
        found.first().map_or(Ok(QueueFigures::default()), |row| figures(row, now)).map_err(store_error)
    }

    /// Returns the database's own clock (PostgreSQL only) and the last sign of life of any server.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn clocks(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), StoreError> {
        let mut rows = self.rows(NOW);
        rows.push([self.inner.clock.now().into()]);
        let theirs = if self.backend() == DbBackend::Postgres { "clock_timestamp()" } else { "NULL" };
        let sql = format!("SELECT {theirs} AS theirs, (SELECT MAX(n.heartbeat_at) FROM node n) AS last FROM {{rows}}");
        let found = self.fetch(&sql, rows).await?;
        let Some(row) = found.first() else { return Ok((None, None)) };
        let theirs = if self.backend() == DbBackend::Postgres { maybe_at(row, "theirs") } else { Ok(None) };
        Ok((theirs.map_err(store_error)?, maybe_at(row, "last").map_err(store_error)?))
    }

    /// Returns the bytes in SQLite's log that are not yet in the database's file; `None` on PostgreSQL.
    #[must_use]
    pub fn wal_bytes(&self) -> Option<u64> {
        let log = self.inner.log.as_ref()?;
        Some(std::fs::metadata(log).map_or(0, |log| log.len()))
    }
}

fn figures(row: &Row, now: Timestamp) -> Result<QueueFigures, DbErr> {
    let age = |name: &str| Ok::<_, DbErr>(maybe_at(row, name)?.map(|at| now.since(at)).unwrap_or_default());
    Ok(QueueFigures {
        inbound_open: get(row, "inbound_open")?,
        inbound_age: age("oldest_inbound")?,
        inbound_dead: get(row, "inbound_dead")?,
        quarantined: get(row, "quarantined")?,
        outbox: OutboxFigures {
            pending: get(row, "pending")?,
            retry: get(row, "retry")?,
            sending: get(row, "sending")?,
            failed: get(row, "failed")?,
            dead: get(row, "dead")?,
            uncertain: get(row, "uncertain")?,
        },
        outbox_age: age("oldest_outbox")?,
        paused_inboxes: get(row, "paused_inboxes")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::test_folder::TestFolder;
    use sea_orm::{ConnectionTrait, Statement};

    /// A plan without statistics is what a fresh installation has.
    #[tokio::test]
    async fn no_part_of_the_question_scans_a_table_that_grows() {
        let folder = TestFolder::new();
        let store = folder.store().await;
        let sql = format!("EXPLAIN QUERY PLAN {}", question().replace("{rows}", "(SELECT 1)"));
        let plan = store.readers().query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
        let lines: Vec<String> = plan.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
        let used = ["inbound_open", "inbound_dead", "inbound_quarantined", "outbox_open", "outbox_stuck"];
        for index in used {
            assert!(lines.iter().any(|line| line.contains(index)), "{index} in {lines:?}");
        }
        let of_rows = |line: &&String| ["SCAN i", "SEARCH i", "SCAN o", "SEARCH o"].iter().any(|start| line.starts_with(start));
        let strange: Vec<&String> = lines.iter().filter(of_rows).filter(|line| !used.iter().any(|index| line.contains(index))).collect();
        assert_eq!(strange, Vec::<&String>::new());
    }
}
