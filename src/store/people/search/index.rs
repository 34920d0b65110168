//! Bringing SQLite's index of messages up to date: in sets, beside the commits that wrote them, and at the latest before somebody searches.
//!
//! A new message is only numbered in its transaction (2 us). What has a number beyond the index's mark is not in it yet; whatever happens
//! to the process, the next round goes on from the mark.

use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::scope::{Role, store_error};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// Messages of one round: some milliseconds of the writer's time.
const ROUND: i64 = 1_000;

/// Rounds before a search goes ahead with what there is.
const MOST_ROUNDS: usize = 50;

const MARKS: &str = "SELECT (SELECT coalesce(max(words), 0) FROM message WHERE words IS NOT NULL) AS newest,
    (SELECT indexed FROM message_words_state) AS indexed";

/// Spells tenant, inbox and text as the triggers do that take them out again.
const PUT_IN: &str = "INSERT INTO message_words (rowid, scope, text)
    SELECT m.words, 't' || lower(substr(hex(m.tenant_id), 17)) || ' ' || 'i' || lower(substr(hex(c.inbox_id), 17)), m.content ->> '$.text'
    FROM message m JOIN conversation c ON c.tenant_id = m.tenant_id AND c.id = m.conversation_id
    WHERE m.words > $1 AND m.words <= $2 ORDER BY m.words";

impl Store {
    /// Puts the words of new messages in, on SQLite; PostgreSQL has done it with the row.
    ///
    /// # Errors
    /// [`StoreError`]; the next round begins where this one did.
    pub(crate) async fn index_words(&self) -> Result<(), StoreError> {
        if self.backend() != DbBackend::Sqlite {
            return Ok(());
        }
        for _ in 0..MOST_ROUNDS {
            let marks = Statement::from_string(DbBackend::Sqlite, MARKS);
            let row = self.readers().query_one_raw(marks).await.map_err(store_error)?;
            let Some(row) = row else { return Ok(()) };
            let newest: i64 = row.try_get("", "newest").map_err(store_error)?;
            if row.try_get::<i64>("", "indexed").map_err(store_error)? >= newest {
                return Ok(());
            }
            self.solo(Role::Engine, |tx| Box::pin(async move { round(tx).await })).await?;
        }
        Ok(())
    }
}

async fn round(tx: &impl ConnectionTrait) -> Result<(), DbErr> {
    let sql = |text: &str, values: Vec<i64>| {
        Statement::from_sql_and_values(DbBackend::Sqlite, text, values.into_iter().map(sea_orm::Value::from))
    };
    let next = "SELECT s.indexed AS since, (SELECT max(n.words) FROM (SELECT m.words FROM message m WHERE m.words > s.indexed
        ORDER BY m.words LIMIT $1) n) AS until FROM message_words_state s";
    let Some(row) = tx.query_one_raw(sql(next, vec![ROUND])).await? else { return Ok(()) };
    let (since, until): (i64, Option<i64>) = (row.try_get("", "since")?, row.try_get("", "until")?);
    if let Some(until) = until {
        tx.execute_raw(sql(PUT_IN, vec![since, until])).await?;
        tx.execute_raw(sql("UPDATE message_words_state SET indexed = $1", vec![until])).await?;
    }
    Ok(())
}
