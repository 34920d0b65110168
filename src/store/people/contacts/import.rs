//! Tables of contacts: kept whole when they come, taken in some rows at a time. Each piece is one transaction that first moves the import's
//! place on: whoever finds it moved by somebody else writes nothing, and whoever dies in between has written nothing.

use super::change::{after, forget_to_channels, insert, name_to_channels, taken, write};
use super::{known, own};
use crate::domain::audit::{Action, Deed};
use crate::domain::contact::import::{Row, Table};
use crate::domain::contact::merge::Known;
use crate::domain::contact::{Change, Wrong};
use crate::domain::ids::{AgentId, ContactId, ContactImportId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::ids::IdSource;
use crate::ports::imports::Imports;
use crate::ports::store::StoreError;
use crate::store::people::logged;
use crate::store::scope::{Role, read_as};
use crate::store::time::{instant, timestamp};
use crate::store::{Store, TenantScope};
use async_trait::async_trait;
use entities::contact::{Column, Model};
use entities::contact_identity;
use entities::contact_import::{Column as I, Entity as Import, Model as ImportModel};
use entities::contact_import_row::{Column as R, Entity as Rows, Model as RowModel};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// Rows in one transaction: the writer is everybody's.
const PIECE: usize = 20;

/// How far an import is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportView {
    /// Its id.
    pub id: ContactImportId,
    /// True: all of it is taken in.
    pub done: bool,
    /// Rows in all.
    pub total: i64,
    /// Rows that are done.
    pub read: i64,
    /// Rows that made a contact, that changed one, that did nothing.
    pub counts: (i64, i64, i64),
    /// When it was begun.
    pub created_at: Timestamp,
    /// When all of it was done.
    pub finished_at: Option<Timestamp>,
}

impl From<ImportModel> for ImportView {
    fn from(row: ImportModel) -> Self {
        Self {
            id: row.id.into(),
            done: row.state == "done",
            total: row.rows_total,
            read: row.next_row,
            counts: (row.created, row.updated, row.skipped),
            created_at: timestamp(row.created_at),
            finished_at: row.finished_at.map(timestamp),
        }
    }
}

/// What became of a row of a table.
pub type ImportedRow = RowModel;

impl TenantScope {
    /// Keeps a table to be taken in; the same id again keeps no second one.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn begin_import(
        &self,
        id: ContactImportId,
        by: AgentId,
        (file, rows): (String, usize),
        now: Timestamp,
    ) -> Result<Option<ImportView>, StoreError> {
        let (tenant, caller) = (self.id(), self.caller().clone());
        self.write(move |tx| {
            Box::pin(async move {
                let at = Expr::val(instant(now).value(tx.get_database_backend()));
                let mut put = Query::insert();
                put.into_table(Import).columns([
                    I::TenantId,
                    I::Id,
                    I::ById,
                    I::State,
                    I::File,
                    I::RowsTotal,
                    I::NextRow,
                    I::Created,
                    I::Updated,
                    I::Skipped,
                    I::CreatedAt,
                ]);
                let rows = i64::try_from(rows).unwrap_or(i64::MAX);
                let nothing = || Expr::val(0_i64);
                put.values_panic([
                    tenant.0.into(),
                    id.0.into(),
                    by.0.into(),
                    "running".into(),
                    file.into(),
                    rows.into(),
                    nothing(),
                    nothing(),
                    nothing(),
                    nothing(),
                    at,
                ]);
                put.on_conflict(OnConflict::columns([I::TenantId, I::Id]).do_nothing().to_owned());
                let new = tx.execute(&put).await?.rows_affected() > 0;
                let row = find(tx, tenant.0, id).await?;
                if new {
                    logged(tx, tenant, (&caller, now), Deed::new(Action::ContactsImported, id)).await?;
                }
                Ok(row.map(ImportView::from))
            })
        })
        .await
    }

    /// Finds an import.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn contact_import(&self, id: ContactImportId) -> Result<Option<ImportView>, StoreError> {
        let tenant = self.id().0;
        let row = self.read(move |tx| Box::pin(find(tx, tenant, id))).await?;
        Ok(row.map(ImportView::from))
    }

    /// Lists what became of the rows of an import, in their order.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn contact_import_rows(
        &self,
        id: ContactImportId,
        result: Option<&'static str>,
        after: Option<i64>,
        limit: u64,
    ) -> Result<Vec<ImportedRow>, StoreError> {
        let mut rows = Rows::find().filter(R::TenantId.eq(self.id().0)).filter(R::ImportId.eq(id.0));
        if let Some(result) = result {
            rows = rows.filter(R::Result.eq(result));
        }
        if let Some(after) = after {
            rows = rows.filter(R::Place.gt(after));
        }
        let rows = rows.order_by_asc(R::Place).limit(limit);
        self.read(move |tx| Box::pin(rows.all(tx))).await
    }
}

async fn find(tx: &DatabaseTransaction, tenant: Uuid, id: ContactImportId) -> Result<Option<ImportModel>, DbErr> {
    Import::find().filter(I::TenantId.eq(tenant)).filter(I::Id.eq(id.0)).one(tx).await
}

#[async_trait]
impl Imports for Store {
    async fn open_imports(&self, limit: u32) -> Result<Vec<(TenantId, ContactImportId)>, StoreError> {
        let open = Import::find().filter(I::State.eq("running")).order_by_asc(I::CreatedAt).limit(u64::from(limit));
        let open = open.select_only().column(I::TenantId).column(I::Id).into_tuple::<(Uuid, Uuid)>();
        let open = read_as(self, Role::Engine, move |tx| Box::pin(open.all(tx))).await?;
        Ok(open.into_iter().map(|(tenant, id)| (TenantId(tenant), ContactImportId(id))).collect())
    }

    async fn work_import(&self, tenant: TenantId, id: ContactImportId, rows: usize, now: Timestamp) -> Result<bool, StoreError> {
        let scope = self.tenant(tenant);
        let row = scope.read(move |tx| Box::pin(find(tx, tenant.0, id))).await?;
        let Some((mut place, file)) = row.filter(|row| row.state == "running").and_then(|row| Some((row.next_row, row.file?))) else {
            return Ok(false);
        };
        // It was read once before it was kept.
        let table = Table::read(&file).map_err(|error| StoreError::Refused(error.to_string()))?;
        let until = usize::try_from(place).unwrap_or(usize::MAX).saturating_add(rows);
        loop {
            let from = usize::try_from(place).unwrap_or(usize::MAX);
            if from >= until {
                return Ok(true);
            }
            let piece = Piece { tenant: tenant.0, id, place, rows: table.rows(from, PIECE), total: table.len(), now };
            let ids = Arc::clone(&self.inner.ids);
            match scope.write(move |tx| Box::pin(async move { piece.take_in(tx, &*ids).await })).await? {
                Some(next) => place = next,
                None => return Ok(false),
            }
        }
    }
}

/// Some rows, one transaction.
struct Piece {
    tenant: Uuid,
    id: ContactImportId,
    place: i64,
    rows: Vec<Row>,
    total: usize,
    now: Timestamp,
}

/// What became of a row.
enum Done {
    Created(ContactId),
    Updated(ContactId),
    Skipped(Wrong),
}

impl Piece {
    /// Takes the rows in; returns where to go on, `None`: it is done, or somebody else is at it.
    async fn take_in(&self, tx: &DatabaseTransaction, ids: &dyn IdSource) -> Result<Option<i64>, DbErr> {
        let next = self.place + i64::try_from(self.rows.len()).unwrap_or_default();
        let last = usize::try_from(next).unwrap_or(usize::MAX) >= self.total;
        let moved = Import::update_many().col_expr(I::NextRow, Expr::val(next)).filter(self.mine()).filter(I::NextRow.eq(self.place));
        if moved.filter(I::State.eq("running")).exec(tx).await?.rows_affected == 0 {
            return Ok(None);
        }
        let mut counts: BTreeMap<&'static str, i64> = BTreeMap::new();
        for (place, row) in (self.place..).zip(&self.rows) {
            let done = self.one(tx, row, ids).await?;
            let result = match &done {
                Done::Created(_) => "created",
                Done::Updated(_) => "updated",
                Done::Skipped(_) => "skipped",
            };
            *counts.entry(result).or_default() += 1;
            self.note(tx, (place, row.line), result, done).await?;
        }
        let more = |column: I, result: &str| Expr::col(column).add(counts.get(result).copied().unwrap_or_default());
        let mut count = Import::update_many()
            .col_expr(I::Created, more(I::Created, "created"))
            .col_expr(I::Updated, more(I::Updated, "updated"))
            .col_expr(I::Skipped, more(I::Skipped, "skipped"));
        if last {
            let at = instant(self.now).value(tx.get_database_backend());
            count = count.col_expr(I::State, Expr::val("done")).col_expr(I::File, Expr::val(None::<String>));
            count = count.col_expr(I::FinishedAt, Expr::val(at));
        }
        count.filter(self.mine()).exec(tx).await?;
        Ok(if last { None } else { Some(next) })
    }

    fn mine(&self) -> Condition {
        Condition::all().add(I::TenantId.eq(self.tenant)).add(I::Id.eq(self.id.0))
    }

    async fn one(&self, tx: &DatabaseTransaction, row: &Row, ids: &dyn IdSource) -> Result<Done, DbErr> {
        let change = match &row.change {
            Ok(change) => change.clone(),
            Err(wrong) => return Ok(Done::Skipped(wrong.clone())),
        };
        let found = self.named(tx, &change).await?;
        match found.as_slice() {
            [] => self.create(tx, change, ContactId(ids.uuid())).await,
            [model] => self.update(tx, change, model).await,
            _ => Ok(Done::Skipped(Wrong::new("phone", "is one contact's and the email another one's: merge the two first"))),
        }
    }

    /// Finds whoever has the telephone or the address, as a field or as a name that channels know.
    async fn named(&self, tx: &DatabaseTransaction, change: &Change) -> Result<Vec<Model>, DbErr> {
        use contact_identity::{Column as C, Entity as E};
        let (phone, email) = (change.phone.clone().flatten(), change.email.clone().flatten());
        if phone.is_none() && email.is_none() {
            return Ok(Vec::new());
        }
        let of = |kind: &str, value: &Option<String>| value.clone().map(|value| C::Kind.eq(kind).and(C::Value.eq(value)));
        let either = Condition::any().add_option(of("phone", &phone)).add_option(of("email", &email));
        let known = E::find().filter(C::TenantId.eq(self.tenant)).filter(either).all(tx).await?;
        let mut found = own(self.tenant).filter(Column::MergedInto.is_null());
        if known.is_empty() {
            let either = Condition::any()
                .add_option(phone.map(|phone| Column::Phone.eq(phone)))
                .add_option(email.map(|email| Column::Email.eq(email)));
            found = found.filter(either);
        } else {
            found = found.filter(Column::Id.is_in(known.into_iter().map(|row| row.contact_id)));
        }
        found.order_by_asc(Column::Id).limit(2).all(tx).await
    }

    async fn create(&self, tx: &DatabaseTransaction, change: Change, id: ContactId) -> Result<Done, DbErr> {
        let wanted = match after(&Known { attributes: "{}".to_owned(), ..Known::default() }, change) {
            Ok(wanted) => wanted,
            Err(wrong) => return Ok(Done::Skipped(wrong)),
        };
        insert(tx, self.tenant, id, &wanted, self.now).await?;
        name_to_channels(tx, self.tenant, id, &wanted, self.now).await?;
        Ok(Done::Created(id))
    }

    async fn update(&self, tx: &DatabaseTransaction, change: Change, model: &Model) -> Result<Done, DbErr> {
        let (id, before) = (ContactId(model.id), known(model));
        let chosen = model.name_chosen || change.name.is_some();
        let wanted = match after(&before, change) {
            Ok(wanted) => wanted,
            Err(wrong) => return Ok(Done::Skipped(wrong)),
        };
        if let Some(field) = taken(tx, self.tenant, id, &wanted).await? {
            return Ok(Done::Skipped(Wrong::new(field, "is another contact's")));
        }
        forget_to_channels(tx, self.tenant, id, &before, &wanted).await?;
        write(tx, self.tenant, id, &wanted, chosen, self.now).await?;
        name_to_channels(tx, self.tenant, id, &wanted, self.now).await?;
        Ok(Done::Updated(id))
    }

    async fn note(&self, tx: &DatabaseTransaction, (place, line): (i64, u64), result: &'static str, done: Done) -> Result<(), DbErr> {
        let (contact, wrong) = match done {
            Done::Created(id) | Done::Updated(id) => (Some(id.0), None),
            Done::Skipped(wrong) => (None, Some(wrong)),
        };
        let (column, reason) = wrong.map(|wrong| (wrong.field, wrong.detail)).unzip();
        let mut put = Query::insert();
        put.into_table(Rows).columns([R::TenantId, R::ImportId, R::Place, R::Line, R::Result, R::ContactId, R::ColumnName, R::Reason]);
        put.values_panic([
            self.tenant.into(),
            self.id.0.into(),
            place.into(),
            i64::try_from(line).unwrap_or(i64::MAX).into(),
            result.into(),
            contact.into(),
            column.into(),
            reason.into(),
        ]);
        tx.execute(&put).await.map(drop)
    }
}
