//! Deliveries that belong to no conversation: kept raw for 30 days, for the operator. Engine rows; people never see them.

use crate::domain::ids::{InboxId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::scope::Role;
use crate::store::time::instant;
use entities::unrouted::{Column, Entity};
use sea_orm::sea_query::{Expr, OnConflict, Query, Value};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashSet;
use uuid::Uuid;

/// Longest raw text that is kept, in bytes: a delivery has 4 MiB, one part of it should not fill the table.
pub const MAX_RAW: usize = 64 * 1024;

/// Something to keep.
#[derive(Clone, Debug)]
pub struct NewUnrouted {
    /// Its id, where a repeat has the same; else it gets a new one.
    pub id: Option<Uuid>,
    /// The channel's spelling.
    pub channel: &'static str,
    /// The account it was for, if it named one.
    pub account: Option<String>,
    /// The inbox it came in by, if that is known.
    pub inbox: Option<(TenantId, InboxId)>,
    /// Why, as a fixed word.
    pub reason: &'static str,
    /// The provider's JSON; cut at [`MAX_RAW`].
    pub raw: String,
}

impl Store {
    /// Keeps parts of a delivery that belong nowhere; tells for each whether it had been kept before. Acts as the engine, in one
    /// transaction.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was kept.
    pub async fn keep_unrouted(&self, rows: Vec<NewUnrouted>, at: Timestamp) -> Result<Vec<bool>, StoreError> {
        let id = |row: &NewUnrouted| row.id.unwrap_or_else(|| self.inner.ids.uuid());
        let rows: Vec<(Uuid, NewUnrouted)> = rows.into_iter().map(|row| (id(&row), row)).collect();
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let backend = tx.get_database_backend();
                let mut known = kept(tx, &rows).await?;
                for chunk in rows.chunks(100) {
                    tx.execute(&insert(chunk, at, backend)?).await?;
                }
                // The second of two in one delivery is a repeat too.
                Ok(rows.iter().map(|(id, _)| !known.insert(*id)).collect())
            })
        })
        .await
    }
}

/// Returns which of the rows that name their id are there. The others are new for certain.
async fn kept(tx: &DatabaseTransaction, rows: &[(Uuid, NewUnrouted)]) -> Result<HashSet<Uuid>, DbErr> {
    let named: Vec<Uuid> = rows.iter().filter_map(|(_, row)| row.id).collect();
    if named.is_empty() {
        return Ok(HashSet::new());
    }
    let found = Entity::find().select_only().column(Column::Id).filter(Column::Id.is_in(named)).into_tuple().all(tx).await?;
    Ok(found.into_iter().collect())
}

fn insert(rows: &[(Uuid, NewUnrouted)], at: Timestamp, backend: DbBackend) -> Result<sea_orm::sea_query::InsertStatement, DbErr> {
    let mut statement = Query::insert();
    statement.into_table(Entity).columns([
        Column::Id,
        Column::Channel,
        Column::Account,
        Column::TenantId,
        Column::InboxId,
        Column::Reason,
        Column::Raw,
        Column::ReceivedAt,
    ]);
    for (id, row) in rows {
        let raw = crate::domain::content::truncate(&row.raw, MAX_RAW).replace('\0', "\u{fffd}");
        let account = row.account.as_deref().map(|account| account.replace('\0', "\u{fffd}"));
        let values: [Value; 8] = [
            (*id).into(),
            row.channel.into(),
            account.into(),
            row.inbox.map(|(tenant, _)| tenant.0).into(),
            row.inbox.map(|(_, inbox)| inbox.0).into(),
            row.reason.into(),
            raw.into(),
            instant(at).value(backend),
        ];
        statement.values(values.map(Expr::val)).map_err(|error| DbErr::Custom(error.to_string()))?;
    }
    statement.on_conflict(OnConflict::new().do_nothing().to_owned());
    Ok(statement)
}
