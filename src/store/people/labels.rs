//! A business's labels as people make, change and delete them. Which conversation has which is the engine's to write.

use crate::domain::audit::{Action, Deed};
use crate::domain::ids::LabelId;
use crate::domain::time::Timestamp;
use crate::domain::triage::title_key;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::logged;
use crate::store::time::{instant, timestamp};
use entities::label::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Most labels of a business.
pub const MOST_LABELS: u64 = 500;

/// What a label shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelForm {
    /// Its words.
    pub title: String,
    /// Its colour: `#rrggbb`.
    pub colour: String,
    /// What it is for.
    pub description: Option<String>,
}

/// A label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRow {
    /// Which.
    pub id: LabelId,
    /// What it is.
    pub form: LabelForm,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What became of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Labelled {
    /// It is so.
    Done(Box<LabelRow>),
    /// There is no such label.
    Absent,
    /// Another label has this title, or one that looks like it.
    Taken,
    /// There are [`MOST_LABELS`].
    TooMany,
}

impl From<Model> for LabelRow {
    fn from(row: Model) -> Self {
        let form = LabelForm { title: row.title, colour: row.colour, description: row.description };
        Self { id: row.id.into(), form, created_at: timestamp(row.created_at), updated_at: timestamp(row.updated_at) }
    }
}

fn own(tenant: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::DeletedAt.is_null())
}

impl TenantScope {
    /// Lists labels, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn labels(&self, after: Option<LabelId>, limit: u64) -> Result<Vec<LabelRow>, StoreError> {
        let page = own(self.id().0).order_by_asc(Column::Id).limit(limit);
        let page = after.map_or(page.clone(), |after| page.filter(Column::Id.gt(after.0)));
        self.read(|tx| Box::pin(async move { Ok(page.all(tx).await?.into_iter().map(LabelRow::from).collect()) })).await
    }

    /// Finds a label.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn label(&self, id: LabelId) -> Result<Option<LabelRow>, StoreError> {
        let one = own(self.id().0).filter(Column::Id.eq(id.0));
        self.read(|tx| Box::pin(async move { Ok(one.one(tx).await?.map(LabelRow::from)) })).await
    }

    /// Tells whether the business has all these labels.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn has_labels(&self, labels: &BTreeSet<LabelId>) -> Result<bool, StoreError> {
        if labels.is_empty() {
            return Ok(true);
        }
        let (wanted, known) = (labels.len() as u64, own(self.id().0).filter(Column::Id.is_in(labels.iter().map(|label| label.0))));
        self.read(move |tx| Box::pin(async move { Ok(known.count(tx).await? == wanted) })).await
    }

    /// Makes a label.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn create_label(&self, form: LabelForm) -> Result<Labelled, StoreError> {
        let (tenant, by, now) = (self.id(), self.caller().clone(), self.store().inner.clock.now());
        let id = LabelId(self.store().inner.ids.uuid());
        self.write(move |tx| {
            Box::pin(async move {
                if own(tenant.0).count(tx).await? >= MOST_LABELS {
                    return Ok(Labelled::TooMany);
                }
                if !insert(tx, tenant.0, id, &form, now).await? {
                    return Ok(Labelled::Taken);
                }
                let row = own(tenant.0).filter(Column::Id.eq(id.0)).one(tx).await?;
                logged(tx, tenant, (&by, now), Deed::new(Action::LabelCreated, id)).await?;
                Ok(row.map_or(Labelled::Absent, |row| Labelled::Done(Box::new(row.into()))))
            })
        })
        .await
    }

    /// Changes a label. What is as it was leaves no trace.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn replace_label(&self, id: LabelId, form: LabelForm) -> Result<Labelled, StoreError> {
        let (tenant, by, now) = (self.id(), self.caller().clone(), self.store().inner.clock.now());
        self.write(move |tx| {
            Box::pin(async move {
                let one = own(tenant.0).filter(Column::Id.eq(id.0));
                let Some(before) = one.clone().lock_exclusive().one(tx).await?.map(LabelRow::from) else { return Ok(Labelled::Absent) };
                if before.form == form {
                    return Ok(Labelled::Done(Box::new(before)));
                }
                let alike = own(tenant.0).filter(Column::TitleKey.eq(title_key(&form.title))).filter(Column::Id.ne(id.0));
                if alike.count(tx).await? > 0 {
                    return Ok(Labelled::Taken);
                }
                update(tx, tenant.0, id, &form, now).await?;
                let row = one.one(tx).await?;
                let changed = before.form.differences(&form);
                logged(tx, tenant, (&by, now), Deed::new(Action::LabelChanged, id).fields(changed)).await?;
                Ok(row.map_or(Labelled::Absent, |row| Labelled::Done(Box::new(row.into()))))
            })
        })
        .await
    }

    /// Deletes a label: it is absent at once, and is taken off its conversations part by part. Returns false if there is none.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn delete_label(&self, id: LabelId) -> Result<bool, StoreError> {
        let (tenant, by, now) = (self.id(), self.caller().clone(), self.store().inner.clock.now());
        let gone = self
            .write(move |tx| {
                Box::pin(async move {
                    let at = instant(now).value(tx.get_database_backend());
                    let this =
                        Condition::all().add(Column::TenantId.eq(tenant.0)).add(Column::Id.eq(id.0)).add(Column::DeletedAt.is_null());
                    let update = Entity::update_many().col_expr(Column::DeletedAt, Expr::val(at)).filter(this);
                    let gone = update.exec(tx).await?.rows_affected > 0;
                    if gone {
                        logged(tx, tenant, (&by, now), Deed::new(Action::LabelDeleted, id)).await?;
                    }
                    Ok(gone)
                })
            })
            .await?;
        if gone {
            self.store().take_label_off(tenant, id).await?;
        }
        Ok(gone)
    }
}

impl LabelForm {
    fn differences(&self, after: &Self) -> Vec<&'static str> {
        let fields = [
            ("title", self.title != after.title),
            ("colour", self.colour != after.colour),
            ("description", self.description != after.description),
        ];
        fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

/// Returns false if the title is taken.
async fn insert(tx: &DatabaseTransaction, tenant: Uuid, id: LabelId, form: &LabelForm, now: Timestamp) -> Result<bool, DbErr> {
    let at = instant(now).value(tx.get_database_backend());
    let mut put = Query::insert();
    put.into_table(Entity).columns([
        Column::TenantId,
        Column::Id,
        Column::Title,
        Column::TitleKey,
        Column::Colour,
        Column::Description,
        Column::CreatedAt,
        Column::UpdatedAt,
    ]);
    put.values_panic([
        tenant.into(),
        id.0.into(),
        form.title.clone().into(),
        title_key(&form.title).into(),
        form.colour.clone().into(),
        form.description.clone().into(),
        Expr::val(at.clone()),
        Expr::val(at),
    ]);
    put.on_conflict(sea_orm::sea_query::OnConflict::new().do_nothing().to_owned());
    Ok(tx.execute(&put).await?.rows_affected() > 0)
}

async fn update(tx: &DatabaseTransaction, tenant: Uuid, id: LabelId, form: &LabelForm, now: Timestamp) -> Result<(), DbErr> {
    let at = instant(now).value(tx.get_database_backend());
    let update = Entity::update_many()
        .col_expr(Column::Title, Expr::val(form.title.clone()))
        .col_expr(Column::TitleKey, Expr::val(title_key(&form.title)))
        .col_expr(Column::Colour, Expr::val(form.colour.clone()))
        .col_expr(Column::Description, Expr::val(form.description.clone()))
        .col_expr(Column::UpdatedAt, Expr::val(at));
    update.filter(Column::TenantId.eq(tenant)).filter(Column::Id.eq(id.0)).exec(tx).await.map(drop)
}
