//! Housekeeping of the engine: due timers, ownership of partitions, signs of life, retention. Each in a transaction of its own.

use crate::domain::conversation::event::{Happening, TimerKind};
use crate::domain::ids::{ConversationKey, Epoch, Partition};
use crate::domain::time::Timestamp;
use crate::ports::ids::IdSource;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::bookings::news;
use crate::store::reads;
use crate::store::rows::{Columns, Kind, Rows, Tx, at, get, maybe_at};
use crate::store::scope::Role;
use crate::store::spelling::{INBOUND, json};
use sea_orm::{DatabaseTransaction, DbErr};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Most rows that one purging transaction deletes.
const CHUNK: u32 = 500;
/// Most chunks of one table in one round.
const MOST_CHUNKS: u32 = 20;
const MONTH: Duration = Duration::from_hours(30 * 24);
const HOUR: Duration = Duration::from_hours(1);

const DUE: Columns = &[("part", Kind::Small), ("at", Kind::At)];
const OWNED: Columns = &[("id", Kind::Small), ("owner", Kind::Text), ("epoch", Kind::Int)];
const NODE: Columns = &[("id", Kind::Text), ("started_at", Kind::At), ("heartbeat_at", Kind::At)];
const BEFORE: Columns = &[("before", Kind::At)];
const KEYS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];

/// What is past its retention: the table, its key and the condition, `r.before` being the border.
const PURGES: [(&str, &str, &str, Duration); 13] = [
    ("inbound", "tenant_id, id", "state = 'settled' AND settled_at < (SELECT r.before FROM {rows})", MONTH),
    ("outbox", "tenant_id, id", "state IN ('sent', 'cancelled') AND finished_at < (SELECT r.before FROM {rows})", MONTH),
    ("mail", "tenant_id, id", "ended_at < (SELECT r.before FROM {rows})", MONTH),
    ("webhook_delivery", "tenant_id, id", "ended_at < (SELECT r.before FROM {rows})", MONTH),
    // What members were told goes with it.
    ("notice", "tenant_id, id", "created_at < (SELECT r.before FROM {rows})", MONTH),
    // What became of its rows goes with it.
    ("contact_import", "tenant_id, id", "created_at < (SELECT r.before FROM {rows})", MONTH),
    ("bulk_action", "tenant_id, id", "finished_at < (SELECT r.before FROM {rows})", MONTH),
    ("unrouted", "id", "received_at < (SELECT r.before FROM {rows})", MONTH),
    ("parked_status", "tenant_id, inbox_id, external_id, state", "parked_at < (SELECT r.before FROM {rows})", HOUR),
    ("refresh_token", "hash", "expires_at < (SELECT r.before FROM {rows})", HOUR),
    ("account_token", "hash", "expires_at < (SELECT r.before FROM {rows})", HOUR),
    ("invitation", "tenant_id, id", "expires_at < (SELECT r.before FROM {rows})", MONTH),
    ("session", "tenant_id, id", "COALESCE(ended_at, expires_at) < (SELECT r.before FROM {rows})", MONTH),
];

impl Store {
    /// Runs a change as the engine, in a transaction of its own.
    pub(super) async fn alone<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(Tx<'a>) -> futures::future::BoxFuture<'a, Result<T, DbErr>> + Send + 'static,
    {
        let ids: Arc<dyn IdSource> = Arc::clone(&self.inner.ids);
        self.solo(Role::Engine, move |db: &DatabaseTransaction| Box::pin(async move { change(Tx::new(db, &*ids)).await })).await
    }

    pub(super) async fn turn_timers(&self, parts: &[Partition], now: Timestamp, limit: u32) -> Result<Vec<ConversationKey>, StoreError> {
        let mut rows = self.rows(DUE);
        for part in parts {
            rows.push([i64::from(part.0).into(), now.into()]);
        }
        // Asked first without the writer: most seconds nothing is due.
        let sql = "SELECT 1 AS due FROM timer d WHERE d.due_at <= (SELECT MAX(r.at) FROM {rows})
                   AND d.part IN (SELECT r.part FROM {rows}) LIMIT 1";
        let mut keys = Vec::new();
        if !self.fetch(sql, rows.clone()).await?.is_empty() {
            let rows = rows.clone();
            keys = self.alone(move |tx| Box::pin(async move { fire(tx, &rows, now, limit).await })).await?;
        }
        if !self.fetch(&news::any_due(), rows.clone()).await?.is_empty() {
            let agendas = self.inner.agendas.clone();
            keys.extend(self.alone(move |tx| Box::pin(async move { news::fire(tx, &agendas, &rows, now, limit).await })).await?);
        }
        Ok(keys)
    }

    pub(super) async fn take_partitions(&self, node: &str, parts: &[Partition]) -> Result<Vec<(Partition, Epoch)>, StoreError> {
        let mut rows = self.rows(OWNED);
        let mut parts: Vec<u16> = parts.iter().map(|part| part.0).collect();
        parts.sort_unstable();
        parts.dedup();
        for part in parts {
            rows.push([i64::from(part).into(), node.into(), 1.into()]);
        }
        self.alone(move |tx| {
            Box::pin(async move {
                let suffix = "ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, epoch = partition.epoch + 1 RETURNING id, epoch";
                let mut taken = Vec::with_capacity(rows.len());
                for row in tx.insert_returning("partition", &rows, suffix).await? {
                    let id: i16 = get(&row, "id")?;
                    taken.push((Partition(u16::try_from(id).unwrap_or_default()), Epoch(get(&row, "epoch")?)));
                }
                taken.sort_unstable_by_key(|(part, _)| part.0);
                Ok(taken)
            })
        })
        .await
    }

    pub(super) async fn beat(&self, node: &str, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let mut rows = self.rows(NODE);
        rows.push([node.into(), now.into(), now.into()]);
        self.alone(move |tx| {
            Box::pin(async move {
                let last = tx.all("SELECT (SELECT MAX(n.heartbeat_at) FROM node n) AS last FROM {rows}", &rows).await?;
                let suffix = "ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at RETURNING id";
                tx.insert_returning("node", &rows, suffix).await?;
                last.first().map_or(Ok(None), |row| maybe_at(row, "last"))
            })
        })
        .await
    }

    /// Deletes a bounded part of what is past its retention: the safety net must not wait for the rest.
    pub(super) async fn drop_expired(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut gone = 0;
        for (table, key, condition, age) in PURGES {
            let sql = format!("DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {condition} LIMIT {CHUNK})");
            for _ in 0..MOST_CHUNKS {
                let mut rows = self.rows(BEFORE);
                rows.push([now.before(age).into()]);
                let sql = sql.clone();
                let chunk = self.alone(move |tx| Box::pin(async move { tx.run(&sql, &rows).await })).await?;
                gone += chunk;
                if chunk < u64::from(CHUNK) {
                    break;
                }
            }
        }
        gone += self.blank_messages(now).await?;
        gone += self.cut_audit(now).await?;
        gone += self.take_labels_off().await?;
        Ok(gone)
    }

    /// Blanks what models were sent, a month after the turn.
    async fn blank_messages(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut rows = self.rows(BEFORE);
        rows.push([now.before(MONTH).into()]);
        let sql = format!(
            "UPDATE turn SET messages = NULL WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM turn
             WHERE messages IS NOT NULL AND finished_at < (SELECT r.before FROM {{rows}}) LIMIT {CHUNK})"
        );
        self.alone(move |tx| Box::pin(async move { tx.run(&sql, &rows).await })).await
    }
}

/// Due timers become rows of the queue under a derived id, and go, in one transaction: they fire once.
async fn fire(tx: Tx<'_>, due: &Rows, now: Timestamp, limit: u32) -> Result<Vec<ConversationKey>, DbErr> {
    let sql = format!(
        "SELECT d.tenant_id, d.id, d.conversation_id, d.part, d.kind, d.due_at, c.inbox_id FROM timer d
         JOIN conversation c ON c.tenant_id = d.tenant_id AND c.id = d.conversation_id
         WHERE d.due_at <= (SELECT MAX(r.at) FROM {{rows}}) AND d.part IN (SELECT r.part FROM {{rows}})
         ORDER BY d.due_at LIMIT {limit} {}",
        tx.lock("FOR UPDATE OF d SKIP LOCKED")
    );
    let mut rows = tx.rows(INBOUND);
    let mut fired = tx.rows(KEYS);
    let mut keys = Vec::new();
    for row in tx.all(&sql, due).await? {
        let (key, due_at) = (reads::key(&row)?, at(&row, "due_at")?);
        let (id, inbox, kind): (Uuid, Uuid, String) = (get(&row, "id")?, get(&row, "inbox_id")?, get(&row, "kind")?);
        fired.push([key.tenant.into(), id.into()]);
        let Some(kind) = TimerKind::parse(&kind) else { continue };
        let payload = json(&Happening::TimerFired { kind, due_at })?;
        let external_id = format!("timer:{id}:{}", due_at.micros());
        rows.push([
            key.tenant.into(),
            tx.id::<Uuid>().into(),
            inbox.into(),
            (&external_id).into(),
            "timer".into(),
            key.id.into(),
            i64::from(key.part.0).into(),
            (&payload).into(),
            "new".into(),
            due_at.min(now).into(),
            now.into(),
        ]);
        keys.push(key);
    }
    let suffix = "ON CONFLICT (tenant_id, inbox_id, external_id) DO NOTHING RETURNING id";
    tx.insert_returning("inbound", &rows, suffix).await?;
    let sql = "DELETE FROM timer WHERE (tenant_id, id) IN (SELECT r.tenant_id, r.id FROM {rows})";
    tx.run(sql, &fired).await?;
    keys.sort_unstable_by_key(|key| key.id);
    keys.dedup();
    Ok(keys)
}
