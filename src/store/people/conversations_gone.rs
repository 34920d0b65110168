//! Deletes a conversation for an administrator.

use super::visible::in_sight;
use crate::domain::audit::{Action, Deed};
use crate::domain::ids::{ConversationId, ConversationKey};
use crate::domain::time::Timestamp;
use crate::ports::store::{Published, StoreError};
use crate::store::TenantScope;
use crate::store::audit::record;
use crate::store::removal::{Removal, thin_out};
use crate::store::rows::Tx;
use crate::store::scope::Role;
use entities::conversation::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::sync::Arc;

/// A conversation that is gone.
#[derive(Clone, Debug)]
pub struct GoneConversation {
    /// How the engine knew it: whoever holds it must be told.
    pub key: ConversationKey,
    /// What the timeline says of it.
    pub published: Vec<Arc<Published>>,
}

impl TenantScope {
    /// Deletes a conversation with all that hangs on it; `None`: there is none that is seen. A long one goes in pieces: what was removed
    /// before a death of the process stays removed, and the wish is repeated.
    ///
    /// # Errors
    /// [`StoreError`]: the conversation is still there, or nobody knows.
    pub async fn delete_conversation(&self, id: ConversationId, now: Timestamp) -> Result<Option<GoneConversation>, StoreError> {
        let tenant = self.id();
        let seen = Entity::find().filter(Column::TenantId.eq(tenant.0)).filter(Column::Id.eq(id.0));
        let seen = seen.filter(in_sight(self.sight()));
        if self.read(move |tx| Box::pin(async move { seen.count(tx).await })).await? == 0 {
            return Ok(None);
        }
        while self.store().alone(move |tx| Box::pin(async move { thin_out(tx, (tenant, id)).await })).await? {}
        let (ids, by) = (Arc::clone(&self.store().inner.ids), self.caller().clone());
        let change = self.store().solo(Role::Engine, move |db| {
            Box::pin(async move {
                let (tx, mut removal) = (Tx::new(db, &*ids), Removal::default());
                let Some(key) = removal.take(tx, (tenant, id), now).await? else { return Ok(None) };
                let published = removal.finish(tx).await?;
                record(db, tenant, &by, now, &Deed::new(Action::ConversationDeleted, id)).await?;
                Ok(Some(GoneConversation { key, published }))
            })
        });
        change.await
    }
}
