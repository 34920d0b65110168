//! What stands in the queue's tables, by state. For the harness's histogram and for quiescence, never for a verdict about messages.

use anyhow::Result;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, Statement, TransactionTrait};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Rows by table and state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct States(BTreeMap<(String, String), i64>);

const COUNT: &str = "SELECT 'inbound' AS name, state, COUNT(*) AS rows FROM inbound GROUP BY state
    UNION ALL SELECT 'outbox' AS name, state, COUNT(*) AS rows FROM outbox GROUP BY state";
const SHOWN: &str =
    "SELECT o.to_value, o.in_reply_to FROM outbox o JOIN conversation c ON c.tenant_id = o.tenant_id AND c.id = o.conversation_id
    WHERE o.state = 'uncertain' AND o.in_reply_to IS NOT NULL AND c.status = 'open'";

impl States {
    /// Counts the rows.
    pub async fn read(db: &DatabaseConnection) -> Result<Self> {
        let tx = as_engine(db).await?;
        let rows = tx.query_all_raw(Statement::from_string(db.get_database_backend(), COUNT)).await?;
        let mut states = BTreeMap::new();
        for row in rows {
            states.insert((row.try_get("", "name")?, row.try_get("", "state")?), row.try_get("", "rows")?);
        }
        tx.rollback().await?;
        Ok(Self(states))
    }

    /// Returns true if a death here was one in the middle of work: the rule for counting a cycle.
    pub fn caught_work(&self) -> bool {
        self.rows("inbound", &["new", "recorded"]) + self.rows("outbox", &["pending", "sending"]) > 0
    }

    /// Returns true if nothing is left to do.
    pub fn quiet(&self) -> bool {
        self.rows("inbound", &["new", "recorded"]) + self.rows("outbox", &["pending", "retry", "sending"]) == 0
    }

    /// Counts the rows of a table in some states.
    pub fn rows(&self, table: &str, states: &[&str]) -> i64 {
        let chosen = |(name, state): &(String, String)| name == table && states.contains(&state.as_str());
        self.0.iter().filter(|(key, _)| chosen(key)).map(|(_, rows)| rows).sum()
    }

    /// Adds another count.
    pub fn add(&mut self, other: &Self) {
        for (key, rows) in &other.0 {
            *self.0.entry(key.clone()).or_default() += rows;
        }
    }
}

impl fmt::Display for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in ["inbound", "outbox"] {
            write!(f, " | {table}")?;
            for ((_, state), rows) in self.0.iter().filter(|((name, _), _)| name == table) {
                write!(f, " {state} {rows}")?;
            }
        }
        Ok(())
    }
}

/// Returns (room, message) of every answer whose fate is uncertain and whose conversation lies with people, who are shown the reason.
pub async fn shown_as_uncertain(db: &DatabaseConnection) -> Result<BTreeSet<(String, String)>> {
    let tx = as_engine(db).await?;
    let rows = tx.query_all_raw(Statement::from_string(db.get_database_backend(), SHOWN)).await?;
    let shown = rows.iter().map(|row| Ok((row.try_get("", "to_value")?, row.try_get("", "in_reply_to")?))).collect();
    tx.rollback().await?;
    shown
}

/// Begins a transaction that sees every tenant's rows.
pub async fn as_engine(db: &DatabaseConnection) -> Result<DatabaseTransaction> {
    let tx = db.begin().await?;
    if db.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared("SET LOCAL ROLE recado_engine").await?;
    }
    Ok(tx)
}
