//! Saved views: filters with a name, of one member or of the whole business. A member sees the own ones and the shared ones.

use crate::domain::audit::{Action, Deed};
use crate::domain::ids::{MemberId, ViewId};
use crate::domain::time::Timestamp;
use crate::domain::triage::filter::Filter;
use crate::domain::triage::sort::Sort;
use crate::domain::triage::title_key;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::logged;
use crate::store::spelling::{from_json, json};
use crate::store::time::{instant, timestamp};
use entities::saved_view::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// Most views that a business shares, and most of one member.
pub const MOST_VIEWS: u64 = 100;

/// What a view shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewForm {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
}

/// A saved view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewRow {
    /// Which.
    pub id: ViewId,
    /// Whose; `None`: everybody's.
    pub member: Option<MemberId>,
    /// What it is.
    pub form: ViewForm,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What became of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Viewed {
    /// It is so.
    Done(Box<ViewRow>),
    /// There is no such view that the caller sees.
    Absent,
    /// Its owner has a view of this name, or of one that looks like it.
    Taken,
    /// Its owner has [`MOST_VIEWS`].
    TooMany,
}

impl ViewRow {
    fn read(row: Model) -> Result<Self, DbErr> {
        let sort = Sort::parse(&row.sort).ok_or_else(|| DbErr::Type("an order that this release does not know".to_owned()))?;
        Ok(Self {
            id: row.id.into(),
            member: row.member_id.map(Into::into),
            form: ViewForm { name: row.name, filter: from_json(&row.filter)?, sort },
            created_at: timestamp(row.created_at),
            updated_at: timestamp(row.updated_at),
        })
    }
}

/// Keeps what a member may see, or (with `None`) what everybody may.
fn seen(tenant: Uuid, member: Option<MemberId>) -> Condition {
    let shared = Condition::any().add(Column::MemberId.is_null());
    let shown = member.map_or(shared.clone(), |member| shared.add(Column::MemberId.eq(member.0)));
    Condition::all().add(Column::TenantId.eq(tenant)).add(shown)
}

/// Keeps what one owner has.
fn owned(tenant: Uuid, owner: Option<MemberId>) -> Condition {
    let owner = owner.map_or_else(|| Column::MemberId.is_null(), |member| Column::MemberId.eq(member.0));
    Condition::all().add(Column::TenantId.eq(tenant)).add(owner)
}

impl TenantScope {
    /// Lists the views that a member sees, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn views(&self, member: Option<MemberId>, after: Option<ViewId>, limit: u64) -> Result<Vec<ViewRow>, StoreError> {
        let page = Entity::find().filter(seen(self.id().0, member)).order_by_asc(Column::Id).limit(limit);
        let page = after.map_or(page.clone(), |after| page.filter(Column::Id.gt(after.0)));
        self.read(|tx| Box::pin(async move { page.all(tx).await?.into_iter().map(ViewRow::read).collect() })).await
    }

    /// Finds a view that a member sees.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn view(&self, member: Option<MemberId>, id: ViewId) -> Result<Option<ViewRow>, StoreError> {
        let one = Entity::find().filter(seen(self.id().0, member)).filter(Column::Id.eq(id.0));
        self.read(|tx| Box::pin(async move { one.one(tx).await?.map(ViewRow::read).transpose() })).await
    }

    /// Makes a view of a member, or of everybody.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn create_view(&self, owner: Option<MemberId>, form: ViewForm) -> Result<Viewed, StoreError> {
        let (tenant, by, now) = (self.id(), self.caller().clone(), self.store().inner.clock.now());
        let id = ViewId(self.store().inner.ids.uuid());
        self.write(move |tx| {
            Box::pin(async move {
                if Entity::find().filter(owned(tenant.0, owner)).count(tx).await? >= MOST_VIEWS {
                    return Ok(Viewed::TooMany);
                }
                if !insert(tx, tenant.0, (id, owner), &form, now).await? {
                    return Ok(Viewed::Taken);
                }
                if owner.is_none() {
                    logged(tx, tenant, (&by, now), Deed::new(Action::ViewShared, id)).await?;
                }
                Ok(Viewed::Done(Box::new(ViewRow { id, member: owner, form, created_at: now, updated_at: now })))
            })
        })
        .await
    }

    /// Changes a view of this owner.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn replace_view(&self, owner: Option<MemberId>, id: ViewId, form: ViewForm) -> Result<Viewed, StoreError> {
        let (tenant, by, now) = (self.id(), self.caller().clone(), self.store().inner.clock.now());
        self.write(move |tx| {
            Box::pin(async move {
                let one = Entity::find().filter(owned(tenant.0, owner)).filter(Column::Id.eq(id.0));
                let Some(before) = one.lock_exclusive().one(tx).await?.map(ViewRow::read).transpose()? else { return Ok(Viewed::Absent) };
                if before.form == form {
                    return Ok(Viewed::Done(Box::new(before)));
                }
                let alike = Entity::find().filter(owned(tenant.0, owner)).filter(Column::NameKey.eq(title_key(&form.name)));
                if alike.filter(Column::Id.ne(id.0)).count(tx).await? > 0 {
                    return Ok(Viewed::Taken);
                }
                update(tx, tenant.0, id, &form, now).await?;
                if owner.is_none() {
                    logged(tx, tenant, (&by, now), Deed::new(Action::ViewChanged, id)).await?;
                }
                Ok(Viewed::Done(Box::new(ViewRow { form, updated_at: now, ..before })))
            })
        })
        .await
    }

    /// Deletes a view of this owner; returns false if there is none.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn delete_view(&self, owner: Option<MemberId>, id: ViewId) -> Result<bool, StoreError> {
        let (tenant, by, now) = (self.id(), self.caller().clone(), self.store().inner.clock.now());
        self.write(move |tx| {
            Box::pin(async move {
                let delete = Entity::delete_many().filter(owned(tenant.0, owner)).filter(Column::Id.eq(id.0));
                let gone = delete.exec(tx).await?.rows_affected > 0;
                if gone && owner.is_none() {
                    logged(tx, tenant, (&by, now), Deed::new(Action::ViewDeleted, id)).await?;
                }
                Ok(gone)
            })
        })
        .await
    }
}

/// Returns false if the name is taken.
async fn insert(
    tx: &DatabaseTransaction,
    tenant: Uuid,
    (id, owner): (ViewId, Option<MemberId>),
    form: &ViewForm,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let at = instant(now).value(tx.get_database_backend());
    let mut put = Query::insert();
    put.into_table(Entity).columns([
        Column::TenantId,
        Column::Id,
        Column::MemberId,
        Column::Name,
        Column::NameKey,
        Column::Filter,
        Column::Sort,
        Column::CreatedAt,
        Column::UpdatedAt,
    ]);
    put.values_panic([
        tenant.into(),
        id.0.into(),
        owner.map(|member| member.0).into(),
        form.name.clone().into(),
        title_key(&form.name).into(),
        json(&form.filter)?.into(),
        form.sort.as_str().into(),
        Expr::val(at.clone()),
        Expr::val(at),
    ]);
    put.on_conflict(OnConflict::new().do_nothing().to_owned());
    Ok(tx.execute(&put).await?.rows_affected() > 0)
}

async fn update(tx: &DatabaseTransaction, tenant: Uuid, id: ViewId, form: &ViewForm, now: Timestamp) -> Result<(), DbErr> {
    let at = instant(now).value(tx.get_database_backend());
    let update = Entity::update_many()
        .col_expr(Column::Name, Expr::val(form.name.clone()))
        .col_expr(Column::NameKey, Expr::val(title_key(&form.name)))
        .col_expr(Column::Filter, Expr::val(json(&form.filter)?))
        .col_expr(Column::Sort, Expr::val(form.sort.as_str()))
        .col_expr(Column::UpdatedAt, Expr::val(at));
    update.filter(Column::TenantId.eq(tenant)).filter(Column::Id.eq(id.0)).exec(tx).await.map(drop)
}
