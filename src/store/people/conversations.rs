//! Conversations as people see them, with the names around them and the newest message: a page costs four queries, whatever its size.

use crate::domain::conversation::standing::Status;
use crate::domain::ids::{ContactId, ConversationId, ConversationKey, InboxId, Partition};
use crate::domain::time::Timestamp;
use crate::ports::faults::broken;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::messages::{self, MessageRow};
use crate::store::people::visible::in_seen_inbox;
use crate::store::time::{instant, timestamp};
use entities::conversation::{Column, Entity, Model};
use entities::{contact, inbox};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Which conversations to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConversationFilter {
    /// Only with this status.
    pub status: Option<Status>,
    /// Only of this inbox.
    pub inbox: Option<InboxId>,
    /// Only older ones than this place in the list.
    pub before: Option<ConversationPlace>,
}

/// A place in the list: newest activity first, then the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConversationPlace {
    /// The newest activity.
    pub at: Timestamp,
    /// The conversation.
    pub id: ConversationId,
}

/// A conversation for people.
#[derive(Clone, Debug)]
pub struct ConversationRow {
    /// The row.
    pub model: Model,
    /// The contact's name.
    pub contact_name: Option<String>,
    /// The inbox; `None` only if it vanished meanwhile.
    pub inbox: Option<InboxFacts>,
    /// The newest message.
    pub last_message: Option<MessageRow>,
}

/// What people see of an inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxFacts {
    /// Its name.
    pub name: String,
    /// Its channel's spelling.
    pub channel: String,
    /// Its public settings as JSON.
    pub settings: String,
}

impl ConversationRow {
    /// Returns the key by which the engine knows it.
    #[must_use]
    pub fn key(&self) -> ConversationKey {
        let part = Partition(u16::try_from(self.model.part).unwrap_or_default());
        ConversationKey { tenant: self.model.tenant_id.into(), id: self.model.id.into(), part }
    }

    /// Returns its place in the list.
    #[must_use]
    pub fn place(&self) -> ConversationPlace {
        ConversationPlace { at: timestamp(self.model.last_activity_at), id: self.model.id.into() }
    }

    /// Returns its contact.
    #[must_use]
    pub fn contact(&self) -> ContactId {
        self.model.contact_id.into()
    }
}

impl TenantScope {
    /// Lists conversations, newest activity first.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn conversations(&self, filter: ConversationFilter, limit: u64) -> Result<Vec<ConversationRow>, StoreError> {
        let tenant = self.id().0;
        let seen = in_seen_inbox(self.visibility(), Column::InboxId);
        self.read(move |tx| {
            Box::pin(async move {
                let mut query = own(tenant).filter(seen);
                if let Some(status) = filter.status {
                    query = query.filter(Column::Status.eq(status.as_str()));
                }
                if let Some(inbox) = filter.inbox {
                    query = query.filter(Column::InboxId.eq(inbox.0));
                }
                if let Some(place) = filter.before {
                    let at = instant(place.at).value(tx.get_database_backend());
                    let same_instant = Condition::all().add(Column::LastActivityAt.eq(at.clone())).add(Column::Id.lt(place.id.0));
                    query = query.filter(Condition::any().add(Column::LastActivityAt.lt(at)).add(same_instant));
                }
                let newest_first = query.order_by_desc(Column::LastActivityAt).order_by_desc(Column::Id).limit(limit);
                let models = newest_first.all(tx).await?;
                dress(tx, tenant, models).await
            })
        })
        .await
    }

    /// Finds a conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn conversation(&self, id: ConversationId) -> Result<Option<ConversationRow>, StoreError> {
        let tenant = self.id().0;
        let seen = in_seen_inbox(self.visibility(), Column::InboxId);
        self.read(move |tx| {
            Box::pin(async move {
                let model = own(tenant).filter(seen).filter(Column::Id.eq(id.0)).one(tx).await?;
                Ok(dress(tx, tenant, model.into_iter().collect()).await?.pop())
            })
        })
        .await
    }
}

/// Begins a query of the tenant's conversations. Its filter is the one that a test takes away to see which wall holds then.
fn own(tenant: Uuid) -> Select<Entity> {
    let all = Entity::find();
    if broken("tenant_filter") { all } else { all.filter(Column::TenantId.eq(tenant)) }
}

/// Adds names and newest messages.
async fn dress(tx: &DatabaseTransaction, tenant: Uuid, models: Vec<Model>) -> Result<Vec<ConversationRow>, DbErr> {
    if models.is_empty() {
        return Ok(Vec::new());
    }
    let contacts = names(tx, tenant, &models).await?;
    let inboxes = inboxes(tx, tenant, &models).await?;
    let places: Vec<(Uuid, i64)> = models.iter().map(|model| (model.id, model.last_seq)).collect();
    let newest = messages::at(tx, tenant, &places, Condition::all()).await?;
    let mut newest: HashMap<Uuid, MessageRow> = newest.into_iter().map(|row| (row.conversation.0, row)).collect();
    let rows = models.into_iter().map(|model| ConversationRow {
        contact_name: contacts.get(&model.contact_id).cloned().flatten(),
        inbox: inboxes.get(&model.inbox_id).cloned(),
        last_message: newest.remove(&model.id),
        model,
    });
    Ok(rows.collect())
}

async fn names(tx: &DatabaseTransaction, tenant: Uuid, models: &[Model]) -> Result<HashMap<Uuid, Option<String>>, DbErr> {
    let ids = models.iter().map(|model| model.contact_id);
    let mine = contact::Entity::find().filter(contact::Column::TenantId.eq(tenant)).filter(contact::Column::Id.is_in(ids));
    Ok(mine.all(tx).await?.into_iter().map(|row| (row.id, row.name)).collect())
}

async fn inboxes(tx: &DatabaseTransaction, tenant: Uuid, models: &[Model]) -> Result<HashMap<Uuid, InboxFacts>, DbErr> {
    let ids = models.iter().map(|model| model.inbox_id);
    let mine = inbox::Entity::find().filter(inbox::Column::TenantId.eq(tenant)).filter(inbox::Column::Id.is_in(ids));
    let rows = mine.all(tx).await?.into_iter();
    Ok(rows.map(|row| (row.id, InboxFacts { name: row.name, channel: row.channel, settings: row.settings })).collect())
}
