//! The past of a conversation: its stretches, and how long their parts took.

use crate::domain::ids::ConversationId;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::visible::in_seen_conversation;
use entities::{conversation_cycle, timing};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Most times of one stretch that are shown, newest first.
const MOST_TIMINGS: u64 = 1_000;

/// A stretch with its times, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct CycleRow {
    /// The stretch.
    pub cycle: conversation_cycle::Model,
    /// What was timed in it.
    pub timings: Vec<timing::Model>,
}

impl TenantScope {
    /// Lists stretches of a conversation with a number above `after`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn cycles(&self, conversation: ConversationId, after: i64, limit: u64) -> Result<Vec<CycleRow>, StoreError> {
        use conversation_cycle::Column as C;
        use timing::Column as T;
        let tenant = self.id().0;
        let seen = in_seen_conversation(tenant, self.sight(), C::ConversationId);
        self.read(move |tx| {
            Box::pin(async move {
                let own = conversation_cycle::Entity::find().filter(C::TenantId.eq(tenant)).filter(seen);
                let mine = own.filter(C::ConversationId.eq(conversation.0)).filter(C::Number.gt(after));
                let cycles = mine.order_by_asc(C::Number).limit(limit).all(tx).await?;
                let numbers = cycles.iter().map(|cycle| cycle.number);
                let theirs = timing::Entity::find().filter(T::TenantId.eq(tenant)).filter(T::ConversationId.eq(conversation.0));
                let newest = theirs.filter(T::Cycle.is_in(numbers)).order_by_desc(T::ToAt).order_by_desc(T::Id).limit(MOST_TIMINGS);
                let mut timings = newest.all(tx).await?;
                timings.reverse();
                let rows = cycles.into_iter().map(|cycle| {
                    let of_it = timings.iter().filter(|timing| timing.cycle == cycle.number).cloned().collect();
                    CycleRow { cycle, timings: of_it }
                });
                Ok(rows.collect())
            })
        })
        .await
    }
}
