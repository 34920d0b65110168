//! Contacts as people keep them: found, listed, changed, noted about, blocked, merged. Somebody limited to inboxes sees those who wrote to
//! one of these.
//!
//! What the channel tells of a contact is written by the ingest, and only where nothing is known yet; what people set is theirs.

mod block;
mod change;
mod duplicates;
mod import;
mod known_as;
mod list;
mod merge;
mod notes;
mod story;

pub use block::Blocked;
pub use change::{Deleted, NewContact, Saved};
pub use duplicates::Duplicate;
pub use import::{ImportView, ImportedRow};
pub use list::{ContactFilter, ContactKey, ContactPlace, ContactSort};
pub use merge::{Merged, Undone};
pub use notes::NoteRow;
pub use story::{StoryEntry, StoryWhat};

use crate::domain::contact::merge::Known;
use crate::domain::ids::{ContactId, ConversationId, ConversationKey, InboxId, Partition};
use crate::domain::time::Timestamp;
use crate::ports::faults::broken;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::visible::{in_seen_thread, in_sight, known_in_sight};
use crate::store::time::timestamp;
use entities::contact::{Column, Entity, Model};
use entities::instant::Instant;
use entities::{contact_identity, contact_note, conversation, thread};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Conversations and addresses that are shown with a contact.
const SHOWN: u64 = 20;

/// A contact for people.
#[derive(Clone, Debug)]
pub struct ContactRow {
    /// The row.
    pub model: Model,
    /// When the newest conversation that is seen was last active.
    pub last_activity_at: Option<Timestamp>,
}

/// A contact with what hangs on it.
#[derive(Clone, Debug)]
pub struct ContactFile {
    /// The contact.
    pub row: ContactRow,
    /// The names by which channels know it: kind and value.
    pub identities: Vec<(String, String)>,
    /// Where it can be written to: the addresses in inboxes that are seen.
    pub places: Vec<PlaceRow>,
    /// The newest conversations that are seen.
    pub conversations: Vec<TalkRow>,
    /// How many notes there are.
    pub notes: u64,
}

/// Where a contact can be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceRow {
    /// The inbox.
    pub inbox: InboxId,
    /// Kind and value of the address.
    pub address: (String, String),
    /// True for a group or room.
    pub group: bool,
    /// When they last wrote from there.
    pub last_inbound_at: Option<Timestamp>,
}

impl From<thread::Model> for PlaceRow {
    fn from(row: thread::Model) -> Self {
        Self {
            inbox: row.inbox_id.into(),
            address: (row.reply_kind, row.reply_to),
            group: row.kind == "group",
            last_inbound_at: row.last_inbound_at.map(timestamp),
        }
    }
}

/// A conversation of a contact, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TalkRow {
    /// Its id.
    pub id: ConversationId,
    /// Its number.
    pub number: i64,
    /// The inbox.
    pub inbox: InboxId,
    /// Its status.
    pub status: String,
    /// When it was last active.
    pub last_activity_at: Timestamp,
    /// When it began.
    pub created_at: Timestamp,
}

impl From<conversation::Model> for TalkRow {
    fn from(row: conversation::Model) -> Self {
        Self {
            id: row.id.into(),
            number: row.number,
            inbox: row.inbox_id.into(),
            status: row.status,
            last_activity_at: timestamp(row.last_activity_at),
            created_at: timestamp(row.created_at),
        }
    }
}

/// Begins a query of the tenant's contacts. Its filter is one of those that a test takes away.
fn own(tenant: Uuid) -> Select<Entity> {
    let all = Entity::find();
    if broken("tenant_filter") { all } else { all.filter(Column::TenantId.eq(tenant)) }
}

fn known(model: &Model) -> Known {
    Known {
        name: model.name.clone(),
        phone: model.phone.clone(),
        email: model.email.clone(),
        locale: model.locale.clone(),
        attributes: model.attributes.clone(),
    }
}

/// Returns the key by which the engine knows a conversation.
fn key_of(row: &conversation::Model) -> ConversationKey {
    let part = Partition(u16::try_from(row.part).unwrap_or_default());
    ConversationKey { tenant: row.tenant_id.into(), id: row.id.into(), part }
}

impl TenantScope {
    /// Tells whether the tenant has such a contact, among those who are seen.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn has_contact(&self, contact: ContactId) -> Result<bool, StoreError> {
        let tenant = self.id().0;
        let seen = self.seen_contacts();
        self.read(move |tx| {
            Box::pin(async move {
                let named = Entity::find().filter(Column::TenantId.eq(tenant)).filter(seen).filter(Column::Id.eq(contact.0));
                Ok(named.count(tx).await? > 0)
            })
        })
        .await
    }

    /// Keeps contacts that are seen.
    fn seen_contacts(&self) -> Condition {
        known_in_sight(self.id().0, self.sight())
    }

    /// Keeps conversations that are seen.
    fn seen_conversations(&self) -> Condition {
        in_sight(self.sight())
    }

    /// Finds a contact, also one that turned out to be another one.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn contact(&self, id: ContactId) -> Result<Option<ContactRow>, StoreError> {
        let (tenant, seen, talks) = (self.id().0, self.seen_contacts(), self.seen_conversations());
        self.read(move |tx| {
            Box::pin(async move {
                let model = own(tenant).filter(seen).filter(Column::Id.eq(id.0)).one(tx).await?;
                Ok(dress(tx, tenant, talks, model.into_iter().collect()).await?.pop())
            })
        })
        .await
    }

    /// Finds a contact with what hangs on it.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn contact_file(&self, id: ContactId) -> Result<Option<ContactFile>, StoreError> {
        let (tenant, seen, talks) = (self.id().0, self.seen_contacts(), self.seen_conversations());
        let places = in_seen_thread(self.id().0, self.sight());
        self.read(move |tx| {
            Box::pin(async move {
                let model = own(tenant).filter(seen).filter(Column::Id.eq(id.0)).one(tx).await?;
                let Some(row) = dress(tx, tenant, talks.clone(), model.into_iter().collect()).await?.pop() else { return Ok(None) };
                let identities = identities(tx, tenant, id).await?;
                let threads = thread::Entity::find().filter(thread::Column::TenantId.eq(tenant)).filter(places);
                let threads = threads.filter(thread::Column::ContactId.eq(id.0)).order_by_desc(thread::Column::Id).limit(SHOWN);
                let conversations = conversation::Entity::find().filter(conversation::Column::TenantId.eq(tenant)).filter(talks);
                let conversations = conversations.filter(conversation::Column::ContactId.eq(id.0));
                let conversations =
                    conversations.order_by_desc(conversation::Column::LastActivityAt).order_by_desc(conversation::Column::Id);
                let notes = contact_note::Entity::find().filter(contact_note::Column::TenantId.eq(tenant));
                let notes = notes.filter(contact_note::Column::ContactId.eq(id.0)).count(tx).await?;
                let places = threads.all(tx).await?.into_iter().map(PlaceRow::from).collect();
                let conversations = conversations.limit(SHOWN).all(tx).await?.into_iter().map(TalkRow::from).collect();
                Ok(Some(ContactFile { row, identities, places, conversations, notes }))
            })
        })
        .await
    }
}

/// Reads the names by which channels know a contact, in order.
async fn identities(tx: &DatabaseTransaction, tenant: Uuid, id: ContactId) -> Result<Vec<(String, String)>, DbErr> {
    use contact_identity::{Column as C, Entity as E};
    let mine = E::find().filter(C::TenantId.eq(tenant)).filter(C::ContactId.eq(id.0)).order_by_asc(C::Kind).order_by_asc(C::Value);
    Ok(mine.limit(2_001).all(tx).await?.into_iter().map(|row| (row.kind, row.value)).collect())
}

/// Adds when each was last active.
async fn dress(tx: &DatabaseTransaction, tenant: Uuid, seen: Condition, models: Vec<Model>) -> Result<Vec<ContactRow>, DbErr> {
    use conversation::Column as C;
    if models.is_empty() {
        return Ok(Vec::new());
    }
    let ids = models.iter().map(|model| model.id);
    let newest = conversation::Entity::find().filter(C::TenantId.eq(tenant)).filter(seen).filter(C::ContactId.is_in(ids));
    let newest = newest.select_only().column(C::ContactId).column_as(Expr::col(C::LastActivityAt).max(), "newest").group_by(C::ContactId);
    let newest: Vec<(Uuid, Instant)> = newest.into_tuple().all(tx).await?;
    let newest: HashMap<Uuid, Instant> = newest.into_iter().collect();
    let row = |model: Model| ContactRow { last_activity_at: newest.get(&model.id).copied().map(timestamp), model };
    Ok(models.into_iter().map(row).collect())
}

/// Finds a contact under the lock of its row, if it is seen and was not merged away.
async fn locked(tx: &DatabaseTransaction, tenant: Uuid, seen: Condition, id: ContactId) -> Result<Option<Model>, DbErr> {
    let row = own(tenant).filter(seen).filter(Column::Id.eq(id.0));
    row.lock_exclusive().one(tx).await
}
