//! What happened with a contact, newest first: conversations, notes, appointments and merges, each read by its own index and laid together.

use super::TalkRow;
use crate::domain::ids::ContactId;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::visible::in_seen_conversation;
use crate::store::time::{instant, timestamp};
use entities::{appointment, contact_merge, contact_note, conversation};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use uuid::Uuid;

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct StoryEntry {
    /// When.
    pub at: Timestamp,
    /// The row's id.
    pub id: Uuid,
    /// What.
    pub what: StoryWhat,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum StoryWhat {
    /// A conversation began.
    Conversation(TalkRow),
    /// Somebody noted something.
    Note(contact_note::Model),
    /// An appointment was made.
    Appointment(Box<appointment::Model>),
    /// Another contact went into this one.
    Merge(contact_merge::Model),
}

/// A place: only what is older is wanted.
type Place = Option<(Timestamp, Uuid)>;

/// Cuts a query down to a page of the newest.
fn page<E: EntityTrait>(query: Select<E>, at: E::Column, id: E::Column, before: Place, limit: u64, backend: DbBackend) -> Select<E> {
    let older = before.map(|(moment, which)| {
        let moment = instant(moment).value(backend);
        let same = Condition::all().add(Expr::col(at).eq(moment.clone())).add(id.lt(which));
        Condition::any().add(Expr::col(at).lt(moment)).add(same)
    });
    query.filter(older.unwrap_or_else(Condition::all)).order_by_desc(at).order_by_desc(id).limit(limit)
}

impl TenantScope {
    /// Lists what happened with a contact, newest first; `None`: there is no such contact.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn contact_story(&self, contact: ContactId, before: Place, limit: u64) -> Result<Option<Vec<StoryEntry>>, StoreError> {
        if !self.has_contact(contact).await? {
            return Ok(None);
        }
        let (tenant, talks) = (self.id().0, self.seen_conversations());
        // What belongs to no conversation is everybody's.
        let booked = in_seen_conversation(tenant, self.sight(), appointment::Column::ConversationId);
        let booked = Condition::any().add(appointment::Column::ConversationId.is_null()).add(booked);
        self.read(move |tx| {
            Box::pin(async move {
                let mut all = conversations(tx, (tenant, contact), talks, before, limit).await?;
                all.extend(notes(tx, (tenant, contact), before, limit).await?);
                all.extend(appointments(tx, (tenant, contact), booked, before, limit).await?);
                all.extend(merges(tx, (tenant, contact), before, limit).await?);
                all.sort_unstable_by_key(|entry| std::cmp::Reverse((entry.at, entry.id)));
                all.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
                Ok(Some(all))
            })
        })
        .await
    }
}

type Whose = (Uuid, ContactId);

async fn conversations(
    tx: &DatabaseTransaction,
    (tenant, contact): Whose,
    seen: Condition,
    before: Place,
    limit: u64,
) -> Result<Vec<StoryEntry>, DbErr> {
    use conversation::{Column as C, Entity as E};
    let mine = E::find().filter(C::TenantId.eq(tenant)).filter(C::ContactId.eq(contact.0)).filter(seen);
    let rows = page(mine, C::CreatedAt, C::Id, before, limit, tx.get_database_backend()).all(tx).await?;
    let entry =
        |row: conversation::Model| StoryEntry { at: timestamp(row.created_at), id: row.id, what: StoryWhat::Conversation(row.into()) };
    Ok(rows.into_iter().map(entry).collect())
}

async fn notes(tx: &DatabaseTransaction, (tenant, contact): Whose, before: Place, limit: u64) -> Result<Vec<StoryEntry>, DbErr> {
    use contact_note::{Column as C, Entity as E};
    let mine = E::find().filter(C::TenantId.eq(tenant)).filter(C::ContactId.eq(contact.0));
    let rows = page(mine, C::CreatedAt, C::Id, before, limit, tx.get_database_backend()).all(tx).await?;
    let entry = |row: contact_note::Model| StoryEntry { at: timestamp(row.created_at), id: row.id, what: StoryWhat::Note(row) };
    Ok(rows.into_iter().map(entry).collect())
}

async fn appointments(
    tx: &DatabaseTransaction,
    (tenant, contact): Whose,
    seen: Condition,
    before: Place,
    limit: u64,
) -> Result<Vec<StoryEntry>, DbErr> {
    use appointment::{Column as C, Entity as E};
    let mine = E::find().filter(C::TenantId.eq(tenant)).filter(C::ContactId.eq(contact.0)).filter(seen);
    let rows = page(mine, C::CreatedAt, C::Id, before, limit, tx.get_database_backend()).all(tx).await?;
    let entry =
        |row: appointment::Model| StoryEntry { at: timestamp(row.created_at), id: row.id, what: StoryWhat::Appointment(Box::new(row)) };
    Ok(rows.into_iter().map(entry).collect())
}

async fn merges(tx: &DatabaseTransaction, (tenant, contact): Whose, before: Place, limit: u64) -> Result<Vec<StoryEntry>, DbErr> {
    use contact_merge::{Column as C, Entity as E};
    let mine = E::find().filter(C::TenantId.eq(tenant)).filter(C::ContactId.eq(contact.0));
    let rows = page(mine, C::MergedAt, C::Id, before, limit, tx.get_database_backend()).all(tx).await?;
    let entry = |row: contact_merge::Model| StoryEntry { at: timestamp(row.merged_at), id: row.id, what: StoryWhat::Merge(row) };
    Ok(rows.into_iter().map(entry).collect())
}
