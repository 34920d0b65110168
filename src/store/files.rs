//! Files that nobody uses, and bytes whose rows are gone: the engine's side. What goes is noted by triggers, in whatever transaction it goes.

use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::ports::files::FileRows;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::rows::{Columns, Kind, Rows, Tx, get};
use crate::store::scope::store_error;
use async_trait::async_trait;
use sea_orm::DbErr;
use uuid::Uuid;

/// Most rows of one kind in one transaction.
const MOST: u32 = 200;

/// No command of the conversation `h` is left that may still write a message. One that the engine has given up writes none.
const NOT_COMING: &str = "NOT EXISTS (SELECT 1 FROM inbound i WHERE i.tenant_id = h.tenant_id AND i.conversation_id = h.conversation_id \
                          AND i.kind = 'command' AND i.state IN ('new', 'recorded'))";

const AT: Columns = &[("at", Kind::At)];
const KEYS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
const NAMES: Columns = &[("tenant_id", Kind::Id), ("name", Kind::Text)];
const DUE: Columns = &[("tenant_id", Kind::Id), ("name", Kind::Text), ("due_at", Kind::At)];

#[async_trait]
impl FileRows for Store {
    async fn give_up_files(&self, now: Timestamp) -> Result<bool, StoreError> {
        let mut at = self.rows(AT);
        at.push([now.into()]);
        // Asked first without the writer: most seconds nothing is due.
        let due = format!(
            "SELECT 1 AS due FROM {{rows}} WHERE EXISTS (SELECT 1 FROM file f WHERE f.expires_at <= r.at)
             OR EXISTS (SELECT 1 FROM conversation_file h WHERE h.held_until <= r.at AND {NOT_COMING})"
        );
        if self.fetch(&due, at.clone()).await?.is_empty() {
            return Ok(false);
        }
        self.alone(move |tx| {
            Box::pin(async move {
                let mut rows = tx.rows(AT);
                rows.push([now.into()]);
                let let_go = tx.run(&never_written(), &rows).await?;
                let due = tx.all(&unused(tx), &rows).await?;
                let mut keys = tx.rows(KEYS);
                for row in &due {
                    keys.push([get::<Uuid>(row, "tenant_id")?.into(), get::<Uuid>(row, "id")?.into()]);
                }
                give_up(tx, &keys).await?;
                Ok(let_go >= u64::from(MOST) || due.len() >= MOST as usize)
            })
        })
        .await
    }

    async fn leftover_files(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, String)>, StoreError> {
        let mut rows = self.rows(AT);
        rows.push([now.into()]);
        let sql = format!(
            "SELECT l.tenant_id, l.name FROM file_leftover l WHERE l.due_at <= (SELECT r.at FROM {{rows}}) ORDER BY l.due_at LIMIT {limit}"
        );
        let found = self.fetch(&sql, rows).await?;
        let name = |row| Ok((TenantId(get(row, "tenant_id")?), get(row, "name")?));
        found.iter().map(name).collect::<Result<_, DbErr>>().map_err(store_error)
    }

    async fn forget_files(&self, gone: Vec<(TenantId, String)>) -> Result<(), StoreError> {
        self.alone(move |tx| {
            Box::pin(async move {
                let mut rows = tx.rows(NAMES);
                for (tenant, name) in &gone {
                    rows.push([(*tenant).into(), name.as_str().into()]);
                }
                let sql = "DELETE FROM file_leftover WHERE (tenant_id, name) IN (SELECT r.tenant_id, r.name FROM {rows})";
                tx.run(sql, &rows).await.map(drop)
            })
        })
        .await
    }

    async fn put_off_files(&self, stuck: Vec<(TenantId, String)>, until: Timestamp) -> Result<(), StoreError> {
        self.alone(move |tx| {
            Box::pin(async move {
                let mut rows = tx.rows(DUE);
                for (tenant, name) in &stuck {
                    rows.push([(*tenant).into(), name.as_str().into(), until.into()]);
                }
                let sql = "UPDATE file_leftover SET due_at = r.due_at FROM {rows}
                           WHERE file_leftover.tenant_id = r.tenant_id AND file_leftover.name = r.name";
                tx.run(sql, &rows).await.map(drop)
            })
        })
        .await
    }
}

/// Lets go of files that were held for a message, once no command of the conversation is left that could still write it.
fn never_written() -> String {
    format!(
        "DELETE FROM conversation_file WHERE held_until <= (SELECT r.at FROM {{rows}}) AND (tenant_id, conversation_id, file_id) IN (
         SELECT h.tenant_id, h.conversation_id, h.file_id FROM conversation_file h WHERE h.held_until <= (SELECT r.at FROM {{rows}})
         AND {NOT_COMING} LIMIT {MOST})"
    )
}

/// Finds files whose time is over, and keeps others from beginning to use them until this transaction ends.
fn unused(tx: Tx<'_>) -> String {
    let lock = tx.lock("FOR UPDATE OF f SKIP LOCKED");
    format!(
        "SELECT f.tenant_id, f.id FROM file f WHERE f.expires_at <= (SELECT r.at FROM {{rows}}) ORDER BY f.expires_at LIMIT {MOST} {lock}"
    )
}

/// Gives up those that nobody uses; the others stay for as long as they are used.
async fn give_up(tx: Tx<'_>, keys: &Rows) -> Result<(), DbErr> {
    let these = "(tenant_id, id) IN (SELECT r.tenant_id, r.id FROM {rows})";
    let used = format!(
        "UPDATE file SET expires_at = NULL WHERE {these} AND (
         EXISTS (SELECT 1 FROM conversation_file u WHERE u.tenant_id = file.tenant_id AND u.file_id = file.id)
         OR EXISTS (SELECT 1 FROM canned_reply_file u WHERE u.tenant_id = file.tenant_id AND u.file_id = file.id))"
    );
    tx.run(&used, keys).await?;
    tx.run(&format!("DELETE FROM file WHERE {these} AND expires_at IS NOT NULL"), keys).await.map(drop)
}
