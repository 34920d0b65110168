//! Messages by their words.

use super::find::{Find, Found, Table, find};
use super::{Hits, SearchPlace};
use crate::domain::ids::{ConversationId, InboxId};
use crate::domain::search::Wanted;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::messages::{self, MessageRow};
use crate::store::people::visible::{in_sight, seen_inboxes};
use crate::store::scope::{Role, assume};
use entities::{contact, conversation};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use std::collections::HashMap;
use uuid::Uuid;

/// Which messages.
#[derive(Clone, Debug)]
pub struct MessageSearch {
    /// What they say.
    pub wanted: Wanted,
    /// Only of this conversation.
    pub conversation: Option<ConversationId>,
    /// Only of this inbox.
    pub inbox: Option<InboxId>,
    /// Only recorded then or later.
    pub from: Option<Timestamp>,
    /// Only recorded before.
    pub to: Option<Timestamp>,
    /// Also in conversations that are spam.
    pub spam: bool,
    /// Only behind this place.
    pub before: Option<SearchPlace>,
}

/// A message that was found, with what people need to know it by.
#[derive(Clone, Debug)]
pub struct MessageHit {
    /// The message.
    pub message: MessageRow,
    /// Its conversation's number.
    pub number: i64,
    /// Its conversation's status.
    pub status: String,
    /// Its inbox.
    pub inbox: Uuid,
    /// The contact.
    pub contact: Uuid,
    /// The contact's name.
    pub contact_name: Option<String>,
}

impl TenantScope {
    /// Finds messages by their words, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away or a stored content cannot be read.
    pub async fn search_messages(&self, search: MessageSearch, limit: u64) -> Result<Hits<MessageHit>, StoreError> {
        if let Err(error) = self.store().index_words().await {
            // Reading goes on while nothing can be written.
            tracing::debug!(%error, "the newest messages are not searched");
        }
        let what = self.find_messages(search, limit);
        // What is outside is seen at the conversations that are read anyway: through them all it would cost a scan.
        let (tenant, seen) = (what.tenant, in_sight(self.sight()));
        self.read(move |tx| {
            Box::pin(async move {
                let Found { rows, next } = find(tx, Table::Message, &what).await?;
                assume(tx, Role::People(tenant.into())).await?;
                let ids = rows.iter().map(|place| place.id).collect();
                let mut read = messages::by_id(tx, tenant, ids).await?;
                let talks = talks(tx, (tenant, seen), &read).await?;
                let hits = rows.iter().filter_map(|place| {
                    let message = read.remove(&place.id)?;
                    let (talk, contact_name) = talks.get(&message.conversation.0)?.clone();
                    let hit = MessageHit {
                        message,
                        number: talk.number,
                        status: talk.status,
                        inbox: talk.inbox_id,
                        contact: talk.contact_id,
                        contact_name,
                    };
                    Some(hit)
                });
                Ok(Hits { rows: hits.collect(), next })
            })
        })
        .await
    }

    /// Returns conversations in which such messages stand, the one with the newest first; of at most `limit` messages, each conversation
    /// once.
    ///
    /// # Errors
    /// As [`TenantScope::search_messages`].
    pub async fn conversations_saying(&self, search: MessageSearch, limit: u64) -> Result<Hits<ConversationId>, StoreError> {
        let found = self.search_messages(search, limit).await?;
        let mut rows: Vec<ConversationId> = Vec::new();
        for hit in found.rows {
            if !rows.contains(&hit.message.conversation) {
                rows.push(hit.message.conversation);
            }
        }
        Ok(Hits { rows, next: found.next })
    }

    pub(super) fn find_messages(&self, search: MessageSearch, limit: u64) -> Find {
        let seen = seen_inboxes(self.sight());
        let inboxes = match (seen, search.inbox) {
            (seen, None) => seen,
            (None, Some(inbox)) => Some(vec![inbox.0]),
            (Some(seen), Some(inbox)) => Some(seen.into_iter().filter(|id| *id == inbox.0).collect()),
        };
        Find {
            tenant: self.id().0,
            wanted: search.wanted,
            inboxes,
            sight: self.sight().clone(),
            conversation: search.conversation.map(|id| id.0),
            from: search.from,
            to: search.to,
            spam: search.spam,
            before: search.before,
            limit,
        }
    }
}

type Talk = (conversation::Model, Option<String>);

async fn talks(
    tx: &DatabaseTransaction,
    (tenant, seen): (Uuid, Condition),
    of: &HashMap<Uuid, MessageRow>,
) -> Result<HashMap<Uuid, Talk>, DbErr> {
    let ids = of.values().map(|message| message.conversation.0);
    let mine = conversation::Entity::find()
        .filter(conversation::Column::TenantId.eq(tenant))
        .filter(seen)
        .filter(conversation::Column::Id.is_in(ids));
    let models = mine.all(tx).await?;
    let ids = models.iter().map(|model| model.contact_id);
    let mine = contact::Entity::find().filter(contact::Column::TenantId.eq(tenant)).filter(contact::Column::Id.is_in(ids));
    let names: HashMap<Uuid, Option<String>> = mine.all(tx).await?.into_iter().map(|row| (row.id, row.name)).collect();
    let named = |model: conversation::Model| {
        let name = names.get(&model.contact_id).cloned().flatten();
        (model.id, (model, name))
    };
    Ok(models.into_iter().map(named).collect())
}
