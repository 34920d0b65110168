//! Blocks a contact: from then on what they write is kept and answered by nobody. In one transaction the mark is set, every conversation of
//! theirs is raised (so that whichever node holds one reads it again before its next step) and each that is not done gets a row of the queue
//! that ends it. A customer is blocked for the whole business: only who sees all of their conversations does it.

use super::{ContactRow, dress, key_of, locked, own};
use crate::domain::audit::{Action, Deed};
use crate::domain::conversation::event::Happening;
use crate::domain::ids::{AgentId, ContactId, ConversationKey};
use crate::domain::time::Timestamp;
use crate::ports::ids::IdSource;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::logged;
use crate::store::people::visible::reaches_hidden;
use crate::store::spelling::json;
use crate::store::time::instant;
use entities::contact::{Column, Entity};
use entities::{conversation, inbound};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

/// What came of blocking or letting go on.
#[derive(Clone, Debug)]
pub enum Blocked {
    /// It stands so; these conversations have something new to read.
    Done(Box<ContactRow>, Vec<ConversationKey>),
    /// There is none that is seen.
    Absent,
    /// It was merged into another one.
    Merged(ContactId),
    /// It has conversations that are hidden from whoever asks.
    Hidden,
}

impl TenantScope {
    /// Blocks a contact, or lets them go on. What stands so already leaves no trace.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn block_contact(&self, id: ContactId, blocked: bool, by: AgentId, now: Timestamp) -> Result<Blocked, StoreError> {
        let (tenant, whose, caller) = (self.id().0, self.id(), self.caller().clone());
        let (seen, talks, sight) = (self.seen_contacts(), self.seen_conversations(), self.sight().clone());
        let ids = std::sync::Arc::clone(&self.store().inner.ids);
        self.write(move |tx| {
            Box::pin(async move {
                let Some(model) = locked(tx, tenant, seen, id).await? else { return Ok(Blocked::Absent) };
                if let Some(survivor) = model.merged_into {
                    return Ok(Blocked::Merged(ContactId(survivor)));
                }
                let mut keys = Vec::new();
                if model.blocked != blocked && reaches_hidden(tx, tenant, &sight, &[id]).await? {
                    return Ok(Blocked::Hidden);
                }
                if model.blocked != blocked {
                    mark(tx, tenant, id, blocked, now).await?;
                    let end = blocked.then_some(Happening::ContactBlocked { by });
                    keys = reach(tx, (tenant, id), end, &*ids, now).await?;
                }
                let now_is = own(tenant).filter(Column::Id.eq(id.0)).one(tx).await?;
                let row = dress(tx, tenant, talks, now_is.into_iter().collect()).await?.pop();
                let action = if blocked { Action::ContactBlocked } else { Action::ContactUnblocked };
                if model.blocked != blocked {
                    logged(tx, whose, (&caller, now), Deed::new(action, id)).await?;
                }
                Ok(row.map_or(Blocked::Absent, |row| Blocked::Done(Box::new(row), keys)))
            })
        })
        .await
    }
}

async fn mark(tx: &DatabaseTransaction, tenant: Uuid, id: ContactId, blocked: bool, now: Timestamp) -> Result<(), DbErr> {
    let at = Expr::val(instant(now).value(tx.get_database_backend()));
    let update = Entity::update_many().col_expr(Column::Blocked, Expr::val(blocked)).col_expr(Column::UpdatedAt, at);
    update.filter(Column::TenantId.eq(tenant)).filter(Column::Id.eq(id.0)).exec(tx).await.map(drop)
}

/// Raises the conversations of a contact and tells those that are not done what ends them.
async fn reach(
    tx: &DatabaseTransaction,
    (tenant, id): (Uuid, ContactId),
    end: Option<Happening>,
    ids: &dyn IdSource,
    now: Timestamp,
) -> Result<Vec<ConversationKey>, DbErr> {
    let rows = raise(tx, tenant, id).await?;
    for row in rows.iter().filter(|row| !matches!(row.status.as_str(), "resolved" | "spam")) {
        if let Some(end) = &end {
            queue(tx, row, ids.uuid(), end, now).await?;
        }
    }
    Ok(rows.iter().map(key_of).collect())
}

/// Raises every conversation of a contact: a step that was decided without what is written here comes too late.
pub(super) async fn raise(tx: &DatabaseTransaction, tenant: Uuid, id: ContactId) -> Result<Vec<conversation::Model>, DbErr> {
    use conversation::{Column as C, Entity as E};
    // Locked in the order in which the engine locks them.
    let rows = E::find().filter(C::TenantId.eq(tenant)).filter(C::ContactId.eq(id.0)).order_by_asc(C::Id);
    let rows = sea_orm::QuerySelect::lock_exclusive(rows).all(tx).await?;
    let update = E::update_many().col_expr(C::Version, Expr::col(C::Version).add(1)).filter(C::TenantId.eq(tenant));
    update.filter(C::ContactId.eq(id.0)).exec(tx).await?;
    Ok(rows)
}

/// Adds a row to the queue of a conversation.
async fn queue(tx: &DatabaseTransaction, of: &conversation::Model, id: Uuid, what: &Happening, now: Timestamp) -> Result<(), DbErr> {
    use inbound::{Column as C, Entity as E};
    let at = Expr::val(instant(now).value(tx.get_database_backend()));
    let mut put = Query::insert();
    put.into_table(E).columns([
        C::TenantId,
        C::Id,
        C::InboxId,
        C::ExternalId,
        C::Kind,
        C::ConversationId,
        C::Part,
        C::Payload,
        C::State,
        C::OccurredAt,
        C::ReceivedAt,
    ]);
    put.values_panic([
        of.tenant_id.into(),
        id.into(),
        of.inbox_id.into(),
        format!("block:{id}").into(),
        "command".into(),
        of.id.into(),
        of.part.into(),
        json(what)?.into(),
        "new".into(),
        at.clone(),
        at,
    ]);
    tx.execute(&put).await.map(drop)
}
