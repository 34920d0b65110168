//! Prepared texts: everybody's, and those of one member, which nobody else sees. Changes of everybody's stand in the audit log.

use crate::domain::audit::{Action, Caller, Deed};
use crate::domain::ids::{CannedReplyId, MemberId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
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
}

impl From<Model> for CannedRow {
    fn from(row: Model) -> Self {
        let what = Canned { code: row.code, title: row.title, body: row.body, language: row.language, owner: row.owner_id.map(MemberId) };
        Self { id: row.id.into(), what, created_at: timestamp(row.created_at), updated_at: timestamp(row.updated_at) }
    }
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
        let rows = query.order_by_asc(Column::Id).limit(limit);
        let rows = self.read(move |tx| Box::pin(rows.all(tx))).await?;
        Ok(rows.into_iter().map(CannedRow::from).collect())
    }

    /// Finds a prepared text.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn canned_reply(&self, by: Option<MemberId>, id: CannedReplyId) -> Result<Option<CannedRow>, StoreError> {
        let one = seen(self.id().0, by).filter(Column::Id.eq(id.0));
        Ok(self.read(move |tx| Box::pin(one.one(tx))).await?.map(CannedRow::from))
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
        let (tenant, caller) = (self.id(), self.caller().clone());
        self.write(move |tx| {
            Box::pin(async move {
                if let Some(row) = seen(tenant.0, by).filter(Column::Id.eq(id.0)).one(tx).await? {
                    return Ok(CannedSaved::Done(Box::new(row.into())));
                }
                if taken(tx, tenant, id, &what.code).await? {
                    return Ok(CannedSaved::Taken);
                }
                insert(tx, tenant, id, &what, now).await?;
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
        let (tenant, caller) = (self.id(), self.caller().clone());
        self.write(move |tx| {
            Box::pin(async move {
                let Some(before) = seen(tenant.0, by).filter(Column::Id.eq(id.0)).one(tx).await? else { return Ok(CannedSaved::Absent) };
                if taken(tx, tenant, id, &what.code).await? {
                    return Ok(CannedSaved::Taken);
                }
                let before = CannedRow::from(before);
                if before.what == what {
                    return Ok(CannedSaved::Done(Box::new(before)));
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
    let row = seen(tenant.0, by).filter(Column::Id.eq(id.0)).one(tx).await?;
    if let Some(action) = action {
        logged(tx, tenant, caller, Deed::new(action, id)).await?;
    }
    Ok(row.map_or(CannedSaved::Absent, |row| CannedSaved::Done(Box::new(row.into()))))
}
