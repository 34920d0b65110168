//! Makes, changes and deletes contacts. A telephone or an address that people set also names the contact to channels: whoever writes from it
//! is this one. So two contacts never have the same.

use super::{ContactRow, dress, known, locked, own};
use crate::domain::audit::{Action, Deed};
use crate::domain::contact::merge::Known;
use crate::domain::contact::{Change, Wrong, name_key, stored_attributes, with_attributes};
use crate::domain::ids::ContactId;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::logged;
use crate::store::time::instant;
use entities::contact::{Column, Entity, Model};
use entities::{appointment, contact_identity, conversation, thread, thread_alias};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait,
};
use serde_json::Value;
use uuid::Uuid;

/// A contact to make.
#[derive(Clone, Debug)]
pub struct NewContact {
    /// Its id: the same one again makes no second contact.
    pub id: ContactId,
    /// What is known.
    pub what: Change,
}

/// What came of making or changing one.
#[derive(Clone, Debug)]
pub enum Saved {
    /// It stands so; true if it stood there already before the same request.
    Done(Box<ContactRow>, bool),
    /// There is none that is seen.
    Absent,
    /// It was merged into another one.
    Merged(ContactId),
    /// Another contact has this telephone or address: the field.
    Taken(&'static str),
    /// A field does not fit.
    Wrong(Wrong),
}

/// What came of deleting one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is gone.
    Done,
    /// There is none that is seen.
    Absent,
    /// Conversations or appointments hang on it.
    InUse,
}

impl TenantScope {
    /// Makes a contact.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn create_contact(&self, new: NewContact, now: Timestamp) -> Result<Saved, StoreError> {
        let (tenant, talks) = (self.id().0, self.seen_conversations());
        self.write(move |tx| {
            Box::pin(async move {
                let id = new.id;
                if let Some(model) = own(tenant).filter(Column::Id.eq(id.0)).one(tx).await? {
                    return done(tx, tenant, talks, model, true).await;
                }
                let wanted = match after(&Known { attributes: "{}".to_owned(), ..Known::default() }, new.what) {
                    Ok(wanted) => wanted,
                    Err(wrong) => return Ok(Saved::Wrong(wrong)),
                };
                if let Some(field) = taken(tx, tenant, id, &wanted).await? {
                    return Ok(Saved::Taken(field));
                }
                insert(tx, tenant, id, &wanted, now).await?;
                name_to_channels(tx, tenant, id, &wanted, now).await?;
                let Some(model) = own(tenant).filter(Column::Id.eq(id.0)).one(tx).await? else { return Ok(Saved::Absent) };
                done(tx, tenant, talks, model, false).await
            })
        })
        .await
    }

    /// Changes a contact. What people set, the channel does not overwrite.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn change_contact(&self, id: ContactId, change: Change, now: Timestamp) -> Result<Saved, StoreError> {
        let (tenant, seen, talks) = (self.id().0, self.seen_contacts(), self.seen_conversations());
        self.write(move |tx| {
            Box::pin(async move {
                let Some(model) = locked(tx, tenant, seen, id).await? else { return Ok(Saved::Absent) };
                if let Some(survivor) = model.merged_into {
                    return Ok(Saved::Merged(ContactId(survivor)));
                }
                let (before, named) = (known(&model), change.name.is_some());
                let wanted = match after(&before, change) {
                    Ok(wanted) => wanted,
                    Err(wrong) => return Ok(Saved::Wrong(wrong)),
                };
                if let Some(field) = taken(tx, tenant, id, &wanted).await? {
                    return Ok(Saved::Taken(field));
                }
                if wanted != before || (named && !model.name_chosen) {
                    forget_to_channels(tx, tenant, id, &before, &wanted).await?;
                    write(tx, tenant, id, &wanted, named || model.name_chosen, now).await?;
                    name_to_channels(tx, tenant, id, &wanted, now).await?;
                }
                let Some(model) = own(tenant).filter(Column::Id.eq(id.0)).one(tx).await? else { return Ok(Saved::Absent) };
                done(tx, tenant, talks, model, false).await
            })
        })
        .await
    }

    /// Deletes a contact on whom no conversation and no appointment hangs; with it what was noted and what was merged into it.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn delete_contact(&self, id: ContactId, now: Timestamp) -> Result<Deleted, StoreError> {
        let (tenant, seen, whose, by) = (self.id().0, self.seen_contacts(), self.id(), self.caller().clone());
        self.write(move |tx| {
            Box::pin(async move {
                if locked(tx, tenant, seen, id).await?.is_none() {
                    return Ok(Deleted::Absent);
                }
                if in_use(tx, tenant, id).await? {
                    return Ok(Deleted::InUse);
                }
                let gone = Entity::delete_many().filter(Column::TenantId.eq(tenant));
                gone.filter(Column::Id.eq(id.0).or(Column::MergedInto.eq(id.0))).exec(tx).await?;
                logged(tx, whose, (&by, now), Deed::new(Action::ContactDeleted, id)).await?;
                Ok(Deleted::Done)
            })
        })
        .await
    }
}

async fn done(tx: &DatabaseTransaction, tenant: Uuid, talks: sea_orm::Condition, model: Model, repeat: bool) -> Result<Saved, DbErr> {
    let row = dress(tx, tenant, talks, vec![model]).await?.pop();
    Ok(row.map_or(Saved::Absent, |row| Saved::Done(Box::new(row), repeat)))
}

/// Returns what will be known.
pub(super) fn after(before: &Known, change: Change) -> Result<Known, Wrong> {
    let attributes = with_attributes(&stored_attributes(&before.attributes), change.attributes)?;
    Ok(Known {
        name: change.name.unwrap_or_else(|| before.name.clone()),
        phone: change.phone.unwrap_or_else(|| before.phone.clone()),
        email: change.email.unwrap_or_else(|| before.email.clone()),
        locale: change.locale.unwrap_or_else(|| before.locale.clone()),
        attributes: Value::Object(attributes).to_string(),
    })
}

/// Returns the spellings of a contact that channels know too.
fn spellings(known: &Known) -> impl Iterator<Item = (&'static str, &String)> {
    [("phone", &known.phone), ("email", &known.email)].into_iter().filter_map(|(kind, value)| Some((kind, value.as_ref()?)))
}

/// Returns the field whose value names another contact.
pub(super) async fn taken(tx: &DatabaseTransaction, tenant: Uuid, id: ContactId, wanted: &Known) -> Result<Option<&'static str>, DbErr> {
    use contact_identity::{Column as C, Entity as E};
    for (kind, value) in spellings(wanted) {
        let theirs = E::find().filter(C::TenantId.eq(tenant)).filter(C::Kind.eq(kind)).filter(C::Value.eq(value));
        if theirs.filter(C::ContactId.ne(id.0)).count(tx).await? > 0 {
            return Ok(Some(kind));
        }
    }
    Ok(None)
}

/// Lets channels know the contact by what people set.
pub(super) async fn name_to_channels(
    tx: &DatabaseTransaction,
    tenant: Uuid,
    id: ContactId,
    known: &Known,
    now: Timestamp,
) -> Result<(), DbErr> {
    use contact_identity::{Column as C, Entity as E};
    for (kind, value) in spellings(known) {
        let at = instant(now).value(tx.get_database_backend());
        let mut put = Query::insert();
        put.into_table(E).columns([C::TenantId, C::Kind, C::Value, C::ContactId, C::CreatedAt]);
        put.values_panic([tenant.into(), kind.into(), value.as_str().into(), id.0.into(), Expr::val(at)]);
        put.on_conflict(OnConflict::columns([C::TenantId, C::Kind, C::Value]).do_nothing().to_owned());
        tx.execute(&put).await?;
    }
    Ok(())
}

/// Takes away what no longer holds, unless the contact has written from there: a corrected number must not lead its owner here.
pub(super) async fn forget_to_channels(
    tx: &DatabaseTransaction,
    tenant: Uuid,
    id: ContactId,
    before: &Known,
    wanted: &Known,
) -> Result<(), DbErr> {
    use contact_identity::{Column as C, Entity as E};
    for (kind, value) in spellings(before) {
        if spellings(wanted).any(|(its, now)| its == kind && now == value) || wrote_from(tx, tenant, id, value).await? {
            continue;
        }
        let gone = E::delete_many().filter(C::TenantId.eq(tenant)).filter(C::ContactId.eq(id.0));
        gone.filter(C::Kind.eq(kind)).filter(C::Value.eq(value)).exec(tx).await?;
    }
    Ok(())
}

async fn wrote_from(tx: &DatabaseTransaction, tenant: Uuid, id: ContactId, value: &str) -> Result<bool, DbErr> {
    use thread_alias::{Column as C, Entity as E};
    let mine = thread::Entity::find().select_only().column(thread::Column::Id).filter(thread::Column::TenantId.eq(tenant));
    let mine = mine.filter(thread::Column::ContactId.eq(id.0)).into_query();
    let from = E::find().filter(C::TenantId.eq(tenant)).filter(C::ThreadId.in_subquery(mine));
    Ok(from.filter(C::Value.is_in([value, value.trim_start_matches('+')])).count(tx).await? > 0)
}

pub(super) async fn insert(tx: &DatabaseTransaction, tenant: Uuid, id: ContactId, known: &Known, now: Timestamp) -> Result<(), DbErr> {
    let at = Expr::val(instant(now).value(tx.get_database_backend()));
    let mut put = Query::insert();
    put.into_table(Entity).columns([
        Column::TenantId,
        Column::Id,
        Column::Name,
        Column::NameChosen,
        Column::NameKey,
        Column::Phone,
        Column::Email,
        Column::Locale,
        Column::Attributes,
        Column::CreatedAt,
        Column::UpdatedAt,
    ]);
    put.values_panic([
        tenant.into(),
        id.0.into(),
        known.name.clone().into(),
        known.name.is_some().into(),
        name_key(known.name.as_deref()).into(),
        known.phone.clone().into(),
        known.email.clone().into(),
        known.locale.clone().into(),
        known.attributes.clone().into(),
        at.clone(),
        at,
    ]);
    tx.execute(&put).await.map(drop)
}

pub(super) async fn write(
    tx: &DatabaseTransaction,
    tenant: Uuid,
    id: ContactId,
    known: &Known,
    chosen: bool,
    now: Timestamp,
) -> Result<(), DbErr> {
    let at = Expr::val(instant(now).value(tx.get_database_backend()));
    let update = Entity::update_many()
        .col_expr(Column::Name, Expr::val(known.name.clone()))
        .col_expr(Column::NameKey, Expr::val(name_key(known.name.as_deref())))
        .col_expr(Column::NameChosen, Expr::val(chosen))
        .col_expr(Column::Phone, Expr::val(known.phone.clone()))
        .col_expr(Column::Email, Expr::val(known.email.clone()))
        .col_expr(Column::Locale, Expr::val(known.locale.clone()))
        .col_expr(Column::Attributes, Expr::val(known.attributes.clone()))
        .col_expr(Column::UpdatedAt, at);
    update.filter(Column::TenantId.eq(tenant)).filter(Column::Id.eq(id.0)).exec(tx).await.map(drop)
}

async fn in_use(tx: &DatabaseTransaction, tenant: Uuid, id: ContactId) -> Result<bool, DbErr> {
    let talks = conversation::Entity::find().filter(conversation::Column::TenantId.eq(tenant));
    let threads = thread::Entity::find().filter(thread::Column::TenantId.eq(tenant));
    let booked = appointment::Entity::find().filter(appointment::Column::TenantId.eq(tenant));
    Ok(talks.filter(conversation::Column::ContactId.eq(id.0)).count(tx).await? > 0
        || threads.filter(thread::Column::ContactId.eq(id.0)).count(tx).await? > 0
        || booked.filter(appointment::Column::ContactId.eq(id.0)).count(tx).await? > 0)
}
