//! What endpoints were told, as people of the business look at it. Never a word of what was told: of each try, what came of it.

use crate::domain::ids::{ConversationId, WebhookDeliveryId, WebhookId};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Attempt;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::time::{instant, timestamp};
use crate::store::webhooks::name_of;
use entities::webhook_delivery::{Column as C, Entity, Model};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

/// That an endpoint is, or was, told of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryRow {
    /// Its id.
    pub id: WebhookDeliveryId,
    /// The name that all its tries bear.
    pub name: String,
    /// The number of the event; `None`: a sample.
    pub number: Option<i64>,
    /// What happened.
    pub kind: String,
    /// In which conversation.
    pub conversation: Option<ConversationId>,
    /// Where it stands.
    pub state: String,
    /// Tries since it was made, or made anew.
    pub attempt: i64,
    /// The newest tries.
    pub attempts: Vec<Attempt>,
    /// When it is tried next.
    pub due_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl From<Model> for DeliveryRow {
    fn from(row: Model) -> Self {
        let (id, tenant, endpoint) = (WebhookDeliveryId(row.id), row.tenant_id.into(), WebhookId(row.endpoint_id));
        Self {
            id,
            name: name_of(tenant, endpoint, id, row.number),
            number: row.number,
            kind: row.kind,
            conversation: row.conversation_id.map(ConversationId),
            state: row.state,
            attempt: row.attempt,
            attempts: serde_json::from_str(&row.attempts).unwrap_or_default(),
            due_at: row.due_at.map(timestamp),
            created_at: timestamp(row.created_at),
            ended_at: row.ended_at.map(timestamp),
        }
    }
}

impl TenantScope {
    /// Lists deliveries of an endpoint, newest first, from a place on.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn webhook_deliveries(
        &self,
        endpoint: WebhookId,
        state: Option<String>,
        before: Option<(Timestamp, WebhookDeliveryId)>,
        limit: u64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let backend = self.store().backend();
        let query = Entity::find()
            .filter(C::TenantId.eq(self.id().0))
            .filter(C::EndpointId.eq(endpoint.0))
            .apply_if(state, |query, state| query.filter(C::State.eq(state)))
            .apply_if(before, |query, (at, id)| {
                let at = instant(at).value(backend);
                let same = Condition::all().add(C::CreatedAt.eq(at.clone())).add(C::Id.lt(id.0));
                query.filter(Condition::any().add(C::CreatedAt.lt(at)).add(same))
            })
            .order_by_desc(C::CreatedAt)
            .order_by_desc(C::Id)
            .limit(limit);
        let rows = self.read(|tx| Box::pin(query.all(tx))).await?;
        Ok(rows.into_iter().map(DeliveryRow::from).collect())
    }

    /// Finds one delivery of an endpoint.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn webhook_delivery(&self, endpoint: WebhookId, id: WebhookDeliveryId) -> Result<Option<DeliveryRow>, StoreError> {
        let own = Entity::find().filter(C::TenantId.eq(self.id().0)).filter(C::EndpointId.eq(endpoint.0)).filter(C::Id.eq(id.0));
        Ok(self.read(|tx| Box::pin(own.one(tx))).await?.map(DeliveryRow::from))
    }
}
