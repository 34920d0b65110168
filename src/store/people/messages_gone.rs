//! Deletes one message's words for a person: his own private note, or, for administrators, any message.

use super::visible::in_sight;
use crate::domain::audit::{Action, Deed};
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::audit::record;
use crate::store::rows::Tx;
use crate::store::scope::Role;
use crate::store::wiping::Wish;
use entities::conversation::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::sync::Arc;

pub use crate::store::wiping::{Deleter, MessageGone};

impl TenantScope {
    /// Deletes the words and files of a message in our record. What has reached the customer stays there.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn delete_message(
        &self,
        conversation: ConversationId,
        message: MessageId,
        by: Deleter,
        now: Timestamp,
    ) -> Result<MessageGone, StoreError> {
        let tenant = self.id();
        let seen = Entity::find().filter(Column::TenantId.eq(tenant.0)).filter(Column::Id.eq(conversation.0));
        let seen = seen.filter(in_sight(self.sight()));
        if self.read(move |tx| Box::pin(async move { seen.count(tx).await })).await? == 0 {
            return Ok(MessageGone::Absent);
        }
        let (ids, caller) = (Arc::clone(&self.store().inner.ids), self.caller().clone());
        let wish = Wish { tenant, conversation, message, by, now };
        let change = self.store().solo(Role::Engine, move |db| {
            Box::pin(async move {
                let gone = wish.carry_out(Tx::new(db, &*ids)).await?;
                if let MessageGone::Done(..) = gone {
                    let deed = Deed::new(Action::MessageDeleted, message).before("conversation_id", conversation);
                    record(db, tenant, &caller, now, &deed).await?;
                }
                Ok(gone)
            })
        });
        change.await
    }
}
