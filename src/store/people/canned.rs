//! Prepared texts: everybody's, and those of one member, which nobody else sees. Changes of everybody's stand in the audit log.

use crate::domain::audit::{Action, Caller, Deed};
use crate::domain::ids::{CannedReplyId, FileId, MemberId, TenantId};
use crate::domain::membership::Sight;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::files::{FileRow, give_to_text, of_prepared, take_for_text};
use crate::store::people::logged;
use crate::store::time::{instant, timestamp};
use entities::canned_reply::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use uuid::Uuid;

/// A prepared text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannedRow {
    /// Its id.
    pub id: CannedReplyId,
    /// What it is.
    pub what: Canned,
    /// Its files, in their order.
    pub files: Vec<FileRow>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a prepared text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canned {
    /// The short code, unique in the business.
    pub code: String,
    /// What people read in lists.
    pub title: String,
    /// The text with its placeholders.
    pub body: String,
    /// Its language, if it is of one.
    pub language: Option<String>,
    /// Whose it is; `None`: everybody's.
    pub owner: Option<MemberId>,
    /// The files that go with it.
    pub files: Vec<FileId>,
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CannedSaved {
    /// It stands so.
    Done(Box<CannedRow>),
    /// There is none that is seen.
    Absent,
    /// Another one has the code.
    Taken,
    /// The file at this place is none that is seen.
    NoFile(usize),
}

impl CannedRow {
    fn of(row: Model, files: Vec<FileRow>) -> Self {
        let ids = files.iter().map(|file| file.id).collect();
        let owner = row.owner_id.map(MemberId);
        let what = Canned { code: row.code, title: row.title, body: row.body, language: row.language, owner, files: ids };
        Self { id: row.id.into(), what, files, created_at: timestamp(row.created_at), updated_at: timestamp(row.updated_at) }
    }
}

/// Finds the files that rows have.
async fn with_files(tx: &DatabaseTransaction, tenant: Uuid, rows: Vec<Model>) -> Result<Vec<CannedRow>, DbErr> {
    let mut files = of_prepared(tx, tenant, rows.iter().map(|row| row.id).collect()).await?;
    let with = |row: Model| {
        let own = files.remove(&row.id).unwrap_or_default();
        CannedRow::of(row, own)
    };
    Ok(rows.into_iter().map(with).collect())
}

/// Finds one that is seen.
async fn one(tx: &DatabaseTransaction, tenant: Uuid, by: Option<MemberId>, id: CannedReplyId) -> Result<Option<CannedRow>, DbErr> {
    let row = seen(tenant, by).filter(Column::Id.eq(id.0)).one(tx).await?;
    Ok(with_files(tx, tenant, row.into_iter().collect()).await?.pop())
}

/// Begins a query of what somebody sees: everybody's and their own.
fn seen(tenant: Uuid, by: Option<MemberId>) -> Select<Entity> {
    let own = by.map(|member| Column::OwnerId.eq(member.0));
    Entity::find().filter(Column::TenantId.eq(tenant)).filter(Condition::any().add(Column::OwnerId.is_null()).add_option(own))
}

impl TenantScope {
    /// Lists prepared texts by their codes.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn canned_replies(
        &self,
        by: Option<MemberId>,
        (begins, language): (Option<String>, Option<String>),
        after: Option<CannedReplyId>,
        limit: u64,
    ) -> Result<Vec<CannedRow>, StoreError> {
        let mut query = seen(self.id().0, by);
        if let Some(begins) = begins {
            // Cut off and compared, so that no sign of a code stands for others.
            let length = i32::try_from(begins.chars().count()).unwrap_or(i32::MAX);
            let head = Func::cust("substr").args([Expr::col(Column::Code), Expr::val(1_i32), Expr::val(length)]);
            query = query.filter(Expr::expr(head).eq(begins));
        }
        if let Some(language) = language {
            query = query.filter(Column::Language.eq(language));
        }
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after.0));
        }
        let (tenant, rows) = (self.id().0, query.order_by_asc(Column::Id).limit(limit));
        self.read(move |tx| Box::pin(async move { with_files(tx, tenant, rows.all(tx).await?).await })).await
    }

    /// Finds a prepared text.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn canned_reply(&self, by: Option<MemberId>, id: CannedReplyId) -> Result<Option<CannedRow>, StoreError> {
        let tenant = self.id().0;
        self.read(move |tx| Box::pin(one(tx, tenant, by, id))).await
    }

    /// Keeps a new prepared text; the same id again makes no second one.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn add_canned_reply(
        &self,
        by: Option<MemberId>,
        id: CannedReplyId,
        what: Canned,
        now: Timestamp,
    ) -> Result<CannedSaved, StoreError> {
        let (tenant, caller, sight) = (self.id(), self.caller().clone(), self.sight().clone());
        self.write(move |tx| {
            Box::pin(async move {
                if let Some(row) = one(tx, tenant.0, by, id).await? {
                    return Ok(CannedSaved::Done(Box::new(row)));
                }
                if taken(tx, tenant, id, &what.code).await? {
                    return Ok(CannedSaved::Taken);
                }
                if let Some(place) = take_for_text(tx, tenant.0, (&caller, &sight), &what.files).await? {
                    return Ok(CannedSaved::NoFile(place));
                }
                insert(tx, tenant, id, &what, now).await?;
                give_to_text(tx, tenant.0, id, &what.files).await?;
                shown(tx, (tenant, by, id), what.owner.is_none().then_some(Action::CannedReplyAdded), (&caller, now)).await
            })
        })
        .await
    }

    /// Replaces a prepared text that is seen.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn replace_canned_reply(
        &self,
        by: Option<MemberId>,
        id: CannedReplyId,
        what: Canned,
        now: Timestamp,
    ) -> Result<CannedSaved, StoreError> {
        let (tenant, caller, sight) = (self.id(), self.caller().clone(), self.sight().clone());
        self.write(move |tx| {
            Box::pin(async move {
                let Some(before) = one(tx, tenant.0, by, id).await? else { return Ok(CannedSaved::Absent) };
                if taken(tx, tenant, id, &what.code).await? {
                    return Ok(CannedSaved::Taken);
                }
                if before.what == what {
                    return Ok(CannedSaved::Done(Box::new(before)));
                }
                let files = (before.what.files.as_slice(), what.files.as_slice());
                if let Some(place) = other_files(tx, (tenant.0, id), (&caller, &sight), files).await? {
                    return Ok(CannedSaved::NoFile(place));
                }
                let at = Expr::val(instant(now).value(tx.get_database_backend()));
                let shared = before.what.owner.is_none() || what.owner.is_none();
                let update = Entity::update_many()
                    .col_expr(Column::Code, Expr::val(what.code))
                    .col_expr(Column::Title, Expr::val(what.title))
                    .col_expr(Column::Body, Expr::val(what.body))
                    .col_expr(Column::Language, Expr::val(what.language))
                    .col_expr(Column::OwnerId, Expr::val(what.owner.map(|member| member.0)))
                    .col_expr(Column::UpdatedAt, at);
                update.filter(Column::TenantId.eq(tenant.0)).filter(Column::Id.eq(id.0)).exec(tx).await?;
                shown(tx, (tenant, by, id), shared.then_some(Action::CannedReplyReplaced), (&caller, now)).await
            })
        })
        .await
    }

    /// Removes a prepared text that is seen; false: there is none.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn remove_canned_reply(&self, by: Option<MemberId>, id: CannedReplyId, now: Timestamp) -> Result<bool, StoreError> {
        let (tenant, caller) = (self.id(), self.caller().clone());
        self.write(move |tx| {
            Box::pin(async move {
                let Some(row) = seen(tenant.0, by).filter(Column::Id.eq(id.0)).one(tx).await? else { return Ok(false) };
                Entity::delete_many().filter(Column::TenantId.eq(tenant.0)).filter(Column::Id.eq(id.0)).exec(tx).await?;
                if row.owner_id.is_none() {
                    logged(tx, tenant, (&caller, now), Deed::new(Action::CannedReplyRemoved, id)).await?;
                }
                Ok(true)
            })
        })
        .await
    }
}

/// Gives a text other files, if they are others. Returns the place of the first that is absent.
async fn other_files(
    tx: &DatabaseTransaction,
    (tenant, id): (Uuid, CannedReplyId),
    who: (&Caller, &Sight),
    (before, wanted): (&[FileId], &[FileId]),
) -> Result<Option<usize>, DbErr> {
    if before == wanted {
        return Ok(None);
    }
    if let Some(place) = take_for_text(tx, tenant, who, wanted).await? {
        return Ok(Some(place));
    }
    give_to_text(tx, tenant, id, wanted).await.map(|()| None)
}

async fn taken(tx: &DatabaseTransaction, tenant: TenantId, id: CannedReplyId, code: &str) -> Result<bool, DbErr> {
    let same = Entity::find().filter(Column::TenantId.eq(tenant.0)).filter(Column::Code.eq(code)).filter(Column::Id.ne(id.0));
    Ok(same.count(tx).await? > 0)
}

async fn insert(tx: &DatabaseTransaction, tenant: TenantId, id: CannedReplyId, what: &Canned, now: Timestamp) -> Result<(), DbErr> {
    let at = Expr::val(instant(now).value(tx.get_database_backend()));
    let mut put = Query::insert();
    put.into_table(Entity).columns([
        Column::TenantId,
        Column::Id,
        Column::Code,
        Column::Title,
        Column::Body,
        Column::Language,
        Column::OwnerId,
        Column::CreatedAt,
        Column::UpdatedAt,
    ]);
    put.values_panic([
        tenant.0.into(),
        id.0.into(),
        what.code.clone().into(),
        what.title.clone().into(),
        what.body.clone().into(),
        what.language.clone().into(),
        what.owner.map(|member| member.0).into(),
        at.clone(),
        at,
    ]);
    tx.execute(&put).await.map(drop)
}

/// Reads what now stands, then tells the log.
async fn shown(
    tx: &DatabaseTransaction,
    (tenant, by, id): (TenantId, Option<MemberId>, CannedReplyId),
    action: Option<Action>,
    caller: (&Caller, Timestamp),
) -> Result<CannedSaved, DbErr> {
    let row = one(tx, tenant.0, by, id).await?;
    if let Some(action) = action {
        logged(tx, tenant, caller, Deed::new(action, id)).await?;
    }
    Ok(row.map_or(CannedSaved::Absent, |row| CannedSaved::Done(Box::new(row))))
}
