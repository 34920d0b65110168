//! What people note about a contact: oldest to newest by its key, shown newest first. Whoever sees the contact reads them; the author, or an
//! administrator, changes them.

use super::locked;
use crate::domain::ids::{AgentId, ContactId, ContactNoteId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::time::{instant, timestamp};
use entities::contact_note::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

/// A note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteRow {
    /// Its id.
    pub id: ContactNoteId,
    /// About whom.
    pub contact: ContactId,
    /// The member or API key that wrote it.
    pub author: AgentId,
    /// What it says.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl From<Model> for NoteRow {
    fn from(row: Model) -> Self {
        Self {
            id: row.id.into(),
            contact: row.contact_id.into(),
            author: row.author_id.into(),
            body: row.body,
            created_at: timestamp(row.created_at),
            updated_at: timestamp(row.updated_at),
        }
    }
}

fn of(tenant: Uuid, contact: ContactId) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::ContactId.eq(contact.0))
}

impl TenantScope {
    /// Lists the notes about a contact, the newest first; `None`: there is no such contact.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn contact_notes(
        &self,
        contact: ContactId,
        before: Option<(Timestamp, Uuid)>,
        limit: u64,
    ) -> Result<Option<Vec<NoteRow>>, StoreError> {
        if !self.has_contact(contact).await? {
            return Ok(None);
        }
        let mine = of(self.id().0, contact).order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).limit(limit);
        self.read(move |tx| {
            Box::pin(async move {
                let after = before.map(|(at, id)| {
                    let at = instant(at).value(tx.get_database_backend());
                    let same = Condition::all().add(Expr::col(Column::CreatedAt).eq(at.clone())).add(Column::Id.lt(id));
                    Condition::any().add(Expr::col(Column::CreatedAt).lt(at)).add(same)
                });
                let rows = mine.filter(after.unwrap_or_else(Condition::all)).all(tx).await?;
                Ok(Some(rows.into_iter().map(NoteRow::from).collect()))
            })
        })
        .await
    }

    /// Finds a note about a contact who is seen.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn contact_note(&self, contact: ContactId, id: ContactNoteId) -> Result<Option<NoteRow>, StoreError> {
        if !self.has_contact(contact).await? {
            return Ok(None);
        }
        let one = of(self.id().0, contact).filter(Column::Id.eq(id.0));
        let row = self.read(move |tx| Box::pin(one.one(tx))).await?;
        Ok(row.map(NoteRow::from))
    }

    /// Keeps a note; the same id again makes no second one. `None`: there is no such contact.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_contact_note(
        &self,
        (contact, id): (ContactId, ContactNoteId),
        (author, body): (AgentId, String),
        now: Timestamp,
    ) -> Result<Option<NoteRow>, StoreError> {
        let (tenant, seen) = (self.id().0, self.seen_contacts());
        self.write(move |tx| {
            Box::pin(async move {
                if locked(tx, tenant, seen, contact).await?.is_none_or(|model| model.merged_into.is_some()) {
                    return Ok(None);
                }
                let at = Expr::val(instant(now).value(tx.get_database_backend()));
                let mut put = Query::insert();
                put.into_table(Entity).columns([
                    Column::TenantId,
                    Column::Id,
                    Column::ContactId,
                    Column::AuthorId,
                    Column::Body,
                    Column::CreatedAt,
                    Column::UpdatedAt,
                ]);
                put.values_panic([tenant.into(), id.0.into(), contact.0.into(), author.0.into(), body.into(), at.clone(), at]);
                put.on_conflict(OnConflict::columns([Column::TenantId, Column::Id]).do_nothing().to_owned());
                tx.execute(&put).await?;
                let row = of(tenant, contact).filter(Column::Id.eq(id.0)).one(tx).await?;
                Ok(row.map(NoteRow::from))
            })
        })
        .await
    }

    /// Replaces what a note says.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_contact_note(&self, note: &NoteRow, body: String, now: Timestamp) -> Result<Option<NoteRow>, StoreError> {
        let (tenant, contact, id) = (self.id().0, note.contact, note.id);
        self.write(move |tx| {
            Box::pin(async move {
                let at = Expr::val(instant(now).value(tx.get_database_backend()));
                let update = Entity::update_many().col_expr(Column::Body, Expr::val(body)).col_expr(Column::UpdatedAt, at);
                update.filter(Column::TenantId.eq(tenant)).filter(Column::Id.eq(id.0)).exec(tx).await?;
                let row = of(tenant, contact).filter(Column::Id.eq(id.0)).one(tx).await?;
                Ok(row.map(NoteRow::from))
            })
        })
        .await
    }

    /// Removes a note.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_contact_note(&self, note: &NoteRow) -> Result<(), StoreError> {
        let gone = Entity::delete_many().filter(Column::TenantId.eq(self.id().0)).filter(Column::Id.eq(note.id.0));
        self.write(move |tx| Box::pin(async move { gone.exec(tx).await.map(drop) })).await
    }
}
