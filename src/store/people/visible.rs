//! What somebody who is limited to inboxes sees: the filter that every query of conversations, and of what hangs on them, puts beside the
//! tenant's. Without a limit it costs nothing.

use crate::domain::ids::{ConversationId, InboxId};
use crate::domain::membership::Visibility;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use entities::{contact, conversation, thread};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

/// Keeps rows with an inbox of their own.
pub(super) fn in_seen_inbox(visibility: &Visibility, inbox: impl ColumnTrait) -> Condition {
    seen_inboxes(visibility).map_or_else(Condition::all, |ids| Condition::all().add(inbox.is_in(ids)))
}

/// Keeps rows that hang on a conversation.
pub(super) fn in_seen_conversation(tenant: Uuid, visibility: &Visibility, conversation: impl ColumnTrait) -> Condition {
    match seen_inboxes(visibility) {
        None => Condition::all(),
        Some(ids) => Condition::all().add(conversation.in_subquery(conversations(tenant, ids))),
    }
}

/// Returns the inboxes to which somebody is limited; `None`: to none.
pub(super) fn seen_inboxes(visibility: &Visibility) -> Option<Vec<Uuid>> {
    Some(visibility.inboxes()?.map(|InboxId(id)| id).collect())
}

fn conversations(tenant: Uuid, inboxes: Vec<Uuid>) -> SelectStatement {
    use conversation::{Column, Entity};
    let mut ids = Query::select();
    ids.column(Column::Id)
        .from(Entity)
        .and_where(Expr::col(Column::TenantId).eq(tenant))
        .and_where(Expr::col(Column::InboxId).is_in(inboxes));
    ids
}

impl TenantScope {
    /// Returns the inboxes of those of these conversations that there are and that are seen, in no order.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn homes(&self, conversations: Vec<ConversationId>) -> Result<Vec<(ConversationId, InboxId)>, StoreError> {
        use conversation::{Column, Entity};
        let ids = conversations.into_iter().map(|id| id.0);
        let mine = Entity::find().filter(Column::TenantId.eq(self.id().0)).filter(Column::Id.is_in(ids));
        let mine = mine.filter(in_seen_inbox(self.visibility(), Column::InboxId));
        let found = mine.select_only().column(Column::Id).column(Column::InboxId).into_tuple::<(Uuid, Uuid)>();
        let found = self.read(move |tx| Box::pin(async move { found.all(tx).await })).await?;
        Ok(found.into_iter().map(|(id, inbox)| (ConversationId(id), InboxId(inbox))).collect())
    }
}

/// Keeps contacts who wrote to an inbox that is seen.
pub(super) fn known_in_seen_inbox(tenant: Uuid, visibility: &Visibility) -> Condition {
    let Some(inboxes) = seen_inboxes(visibility) else { return Condition::all() };
    let mut ids = Query::select();
    ids.column(thread::Column::ContactId)
        .from(thread::Entity)
        .and_where(Expr::col(thread::Column::TenantId).eq(tenant))
        .and_where(Expr::col(thread::Column::InboxId).is_in(inboxes));
    Condition::all().add(contact::Column::Id.in_subquery(ids))
}
