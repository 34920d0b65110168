//! Telling again, by hand: a sample, one delivery, or a stretch of the timeline. All tries of one event bear one name, those made by hand too.

use super::own;
use crate::domain::audit::{Action, Deed};
use crate::domain::ids::{ConversationId, TenantId, WebhookDeliveryId, WebhookId};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{KEPT, TEST};
use crate::ports::store::StoreError;
use crate::store::admin::{Admin, AdminError, bump};
use crate::store::rows::Tx;
use crate::store::scope::Role;
use crate::store::time::timestamp;
use crate::store::webhooks::follow::Event;
use crate::store::webhooks::{NEW, WebhookDesk, wishes};
use entities::webhook_delivery::{Column as D, Entity};
use entities::{timeline, webhook_endpoint};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use std::sync::Arc;
use std::time::Duration;

/// Most events of the timeline that are looked at for one replay.
const MOST_EVENTS: i64 = 5_000;
/// Most deliveries that one replay makes.
const MOST_MADE: usize = 1_000;
/// Events of the timeline that are read at once.
const PAGE: i64 = 500;
/// How far the times of neighbours on the timeline may be out of order.
const DISORDER: Duration = Duration::from_mins(5);
/// A sample is known by its id, an event's delivery by the event.
const BY_ID: &str = "tenant_id, id";
const BY_EVENT: &str = "tenant_id, endpoint_id, number";

/// A stretch of the timeline, both ends included; what is left out is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// Its first number.
    pub from: Option<i64>,
    /// Its last number.
    pub to: Option<i64>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Not after.
    pub until: Option<Timestamp>,
}

/// What a replay came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Deliveries that are made anew.
    pub queued: usize,
    /// Where to go on: the first number that was not looked at.
    pub next: Option<i64>,
}

/// What is delivered by hand.
struct Wanted {
    /// The delivery, if it is not there yet.
    id: WebhookDeliveryId,
    number: Option<i64>,
    kind: String,
    conversation: Option<ConversationId>,
}

impl Admin {
    /// Queues a sample for an endpoint, whether or not that is enabled.
    ///
    /// # Errors
    /// [`AdminError::NoWebhook`].
    pub async fn test_webhook(&self, tenant: TenantId, id: WebhookId) -> Result<WebhookDeliveryId, AdminError> {
        let (now, ids) = (self.store.inner.clock.now(), Arc::clone(&self.store.inner.ids));
        let delivery = WebhookDeliveryId(ids.uuid());
        let made = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                bump(tx).await?;
                if own(tenant, id).count(tx).await? == 0 {
                    return Ok(false);
                }
                let wanted = Wanted { id: delivery, number: None, kind: TEST.to_owned(), conversation: None };
                put(Tx::new(tx, &*ids), (tenant, id), &[wanted], BY_ID, now).await?;
                Ok(true)
            })
        });
        if made.await? { Ok(delivery) } else { Err(AdminError::NoWebhook(id)) }
    }

    /// Makes one delivery anew, with all its tries before it. False: the endpoint has no such delivery.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn replay_delivery(&self, tenant: TenantId, id: WebhookId, delivery: WebhookDeliveryId) -> Result<bool, AdminError> {
        let (now, ids) = (self.store.inner.clock.now(), Arc::clone(&self.store.inner.ids));
        let entry = self.entry(tenant, Deed::new(Action::WebhookReplayed, id).after("delivery", delivery));
        let done = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                bump(tx).await?;
                let one = Entity::find().filter(D::TenantId.eq(tenant.0)).filter(D::EndpointId.eq(id.0)).filter(D::Id.eq(delivery.0));
                let Some(row) = one.one(tx).await? else { return Ok(false) };
                let wanted =
                    Wanted { id: delivery, number: row.number, kind: row.kind, conversation: row.conversation_id.map(ConversationId) };
                put(Tx::new(tx, &*ids), (tenant, id), &[wanted], BY_ID, now).await?;
                entry.write(tx).await?;
                Ok(true)
            })
        });
        Ok(done.await?)
    }

    /// Makes the deliveries of a stretch of the timeline anew, those too that never were: whatever the endpoint wants now. A bounded part of
    /// it; the answer says where to go on.
    ///
    /// # Errors
    /// [`AdminError::NoWebhook`].
    pub async fn replay_webhook(&self, tenant: TenantId, id: WebhookId, stretch: Stretch) -> Result<Replayed, AdminError> {
        let query = own(tenant, id);
        let row = self.store.tenant(tenant).read(|tx| Box::pin(query.one(tx))).await?.ok_or(AdminError::NoWebhook(id))?;
        let from = stretch.from.unwrap_or(1).max(self.first_since(tenant, row.cursor, stretch.since).await?);
        // What the follower has not reached comes by itself.
        let to = stretch.to.unwrap_or(i64::MAX).min(row.cursor);
        let stretch = Stretch { from: Some(from), to: Some(to), ..stretch };
        let (wanted, next) = self.wanted(&row, stretch).await?;
        let (now, queued, ids) = (self.store.inner.clock.now(), wanted.len(), Arc::clone(&self.store.inner.ids));
        if queued == 0 {
            return Ok(Replayed { queued, next });
        }
        let entry = self.entry(tenant, Deed::new(Action::WebhookReplayed, id).after("from", from).after("deliveries", queued));
        let done = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                bump(tx).await?;
                if own(tenant, id).count(tx).await? == 0 {
                    return Ok(false);
                }
                put(Tx::new(tx, &*ids), (tenant, id), &wanted, BY_EVENT, now).await?;
                entry.write(tx).await?;
                Ok(true)
            })
        });
        if done.await? { Ok(Replayed { queued, next }) } else { Err(AdminError::NoWebhook(id)) }
    }

    /// Returns a number before which nothing happened since an instant. The timeline knows no index by time, but its numbers have no gaps.
    async fn first_since(&self, tenant: TenantId, last: i64, since: Option<Timestamp>) -> Result<i64, StoreError> {
        use timeline::Column as T;
        let Some(since) = since else { return Ok(1) };
        let (mut low, mut high) = (1, last.saturating_add(1));
        while high - low > PAGE {
            let middle = low + (high - low) / 2;
            let next = timeline::Entity::find().filter(T::TenantId.eq(tenant.0)).filter(T::Number.gte(middle)).order_by_asc(T::Number);
            let row = self.store.tenant(tenant).read(|tx| Box::pin(next.one(tx))).await?;
            match row.is_some_and(|row| timestamp(row.at).after(DISORDER) < since) {
                true => low = middle,
                false => high = middle,
            }
        }
        Ok(low)
    }

    /// Reads what an endpoint wants of a stretch, and where to go on.
    async fn wanted(&self, row: &webhook_endpoint::Model, stretch: Stretch) -> Result<(Vec<Wanted>, Option<i64>), StoreError> {
        let wishes = wishes(&row.events, row.inboxes.as_deref(), row.notes);
        let desk = WebhookDesk::new(self.store.clone(), Arc::clone(&self.ring), |_| serde_json::Value::Null);
        let (mut found, mut after, mut seen) = (Vec::new(), stretch.from.unwrap_or(1).saturating_sub(1), 0);
        while seen < MOST_EVENTS {
            let page = desk.events_after(TenantId(row.tenant_id), after, PAGE).await?;
            for event in &page {
                if stretch.is_before(event) {
                    return Ok((found, None));
                }
                if found.len() >= MOST_MADE {
                    return Ok((found, Some(event.number)));
                }
                (after, seen) = (event.number, seen + 1);
                if stretch.holds(event) && event.wanted(&wishes) {
                    let (id, number) = (WebhookDeliveryId(self.store.inner.ids.uuid()), Some(event.number));
                    found.push(Wanted { id, number, kind: event.kind.clone(), conversation: Some(event.conversation) });
                }
            }
            if i64::try_from(page.len()).unwrap_or(PAGE) < PAGE {
                return Ok((found, None));
            }
        }
        Ok((found, Some(after.saturating_add(1))))
    }
}

impl Stretch {
    /// Tells whether an event lies behind its end, as all that follow do.
    fn is_before(&self, event: &Event) -> bool {
        let by_number = self.to.is_some_and(|to| event.number > to);
        by_number || self.until.is_some_and(|until| event.at > until.after(DISORDER))
    }

    /// Tells whether an event's time lies in it.
    fn holds(&self, event: &Event) -> bool {
        self.since.is_none_or(|since| event.at >= since) && self.until.is_none_or(|until| event.at <= until)
    }
}

/// Makes deliveries, or makes those that are there anew: due at once, with all their tries before them. What is asked for by hand is of use
/// for as long as what has just happened.
async fn put(tx: Tx<'_>, (tenant, id): (TenantId, WebhookId), wanted: &[Wanted], known: &str, now: Timestamp) -> Result<(), DbErr> {
    let mut rows = tx.rows(NEW);
    for one in wanted {
        rows.push([
            tenant.into(),
            one.id.0.into(),
            id.0.into(),
            one.number.into(),
            (&one.kind).into(),
            one.conversation.into(),
            "pending".into(),
            0_i64.into(),
            "[]".into(),
            now.into(),
            0_i64.into(),
            now.after(KEPT).into(),
            now.into(),
        ]);
    }
    let anew = format!(
        "ON CONFLICT ({known}) DO UPDATE SET state = 'pending', attempt = 0, due_at = excluded.due_at, leased_until = NULL,
         expires_at = excluded.expires_at, ended_at = NULL"
    );
    tx.put("webhook_delivery", &rows, &anew).await.map(drop)
}
