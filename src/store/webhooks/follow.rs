//! The follower: from each endpoint's cursor on, events of the timeline become deliveries, or are passed over.
//!
//! The page is read without the writer; one transaction moves the cursors, each only from where it was read, and makes the deliveries of
//! those that it has moved. Whoever else follows at the same moment, every event is looked at once.

use super::{NEW, WebhookDesk, wishes};
use crate::domain::ids::{ConversationId, InboxId, TenantId, WebhookDeliveryId, WebhookId};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{KEPT, MOST_OPEN, Sketch, Wishes};
use crate::ports::store::StoreError;
use crate::store::rows::{Columns, Kind, Row, Rows, Tx, at, get};
use crate::store::scope::store_error;
use sea_orm::DbErr;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// Endpoints that are moved in one transaction.
const ENDPOINTS: u32 = 32;
/// Events that an endpoint is moved by at once.
const PAGE: i64 = 256;

const ONE: Columns = &[("one", Kind::Int)];
const AFTER: Columns = &[("tenant_id", Kind::Id), ("after", Kind::Int)];
const MOVED: Columns =
    &[("tenant", Kind::Id), ("endpoint", Kind::Id), ("was", Kind::Int), ("upto", Kind::Int), ("expired", Kind::Int), ("now", Kind::At)];

/// An endpoint that has not been asked about the newest events.
struct Behind {
    tenant: TenantId,
    endpoint: WebhookId,
    cursor: i64,
    wishes: Wishes,
}

/// An event of the timeline.
pub(in crate::store) struct Event {
    pub(in crate::store) number: i64,
    pub(in crate::store) kind: String,
    pub(in crate::store) conversation: ConversationId,
    pub(in crate::store) at: Timestamp,
    inbox: Option<InboxId>,
    note: bool,
}

impl Event {
    /// Tells whether an endpoint wants it. One whose conversation is gone has nothing to tell.
    pub(in crate::store) fn wanted(&self, wishes: &Wishes) -> bool {
        self.inbox.is_some_and(|inbox| wishes.want(Sketch { kind: &self.kind, inbox, note: self.note }))
    }
}

/// How far an endpoint is moved, and what it gets.
struct Move {
    behind: Behind,
    upto: i64,
    expired: i64,
    wanted: Vec<Wanted>,
}

struct Wanted {
    number: i64,
    kind: String,
    conversation: ConversationId,
    expires: Timestamp,
}

impl WebhookDesk {
    pub(super) async fn follow(&self, now: Timestamp) -> Result<bool, StoreError> {
        let mut moves = Vec::new();
        let mut pages: HashMap<(TenantId, i64), Arc<Vec<Event>>> = HashMap::new();
        let behind = self.behind().await?;
        let mut more = u32::try_from(behind.len()).unwrap_or(u32::MAX) >= ENDPOINTS;
        for behind in behind {
            let place = (behind.tenant, behind.cursor);
            let page = match pages.get(&place) {
                Some(page) => Arc::clone(page),
                None => {
                    let page = Arc::new(self.events_after(behind.tenant, behind.cursor, PAGE).await?);
                    pages.insert(place, Arc::clone(&page));
                    page
                }
            };
            more = more || i64::try_from(page.len()).unwrap_or(PAGE) >= PAGE;
            moves.extend(moved(behind, &page, now));
        }
        if moves.is_empty() {
            return Ok(false);
        }
        self.store.alone(move |tx| Box::pin(async move { write(tx, &moves, now).await })).await?;
        Ok(more)
    }

    /// Lists endpoints that are behind, in no order that would let some of them wait for ever. Where as many deliveries wait as may, further
    /// events wait on the timeline.
    async fn behind(&self) -> Result<Vec<Behind>, StoreError> {
        let mut rows = self.store.one(ONE);
        rows.push([1_i64.into()]);
        let sql = format!(
            "SELECT e.tenant_id, e.id, e.cursor, e.events, e.inboxes, e.notes FROM {{rows}} CROSS JOIN webhook_endpoint e
             JOIN tenant_feed f ON f.tenant_id = e.tenant_id
             WHERE r.one = 1 AND e.enabled AND e.cursor < f.last AND NOT EXISTS (SELECT 1 FROM webhook_delivery d
             WHERE d.tenant_id = e.tenant_id AND d.endpoint_id = e.id AND d.due_at IS NOT NULL LIMIT 1 OFFSET {})
             ORDER BY RANDOM() LIMIT {ENDPOINTS}",
            MOST_OPEN - 1
        );
        let found = self.store.fetch(&sql, rows).await?;
        let one = |row: &Row| {
            let (events, inboxes): (String, Option<String>) = (get(row, "events")?, get(row, "inboxes")?);
            let wishes = wishes(&events, inboxes.as_deref(), get(row, "notes")?);
            Ok(Behind {
                tenant: TenantId(get(row, "tenant_id")?),
                endpoint: WebhookId(get(row, "id")?),
                cursor: get(row, "cursor")?,
                wishes,
            })
        };
        found.iter().map(one).collect::<Result<_, DbErr>>().map_err(store_error)
    }

    /// Reads a page of the timeline.
    pub(in crate::store) async fn events_after(&self, tenant: TenantId, after: i64, limit: i64) -> Result<Vec<Event>, StoreError> {
        let mut rows = self.store.one(AFTER);
        rows.push([tenant.into(), after.into()]);
        let sql = format!(
            "SELECT t.number, t.kind, t.data, t.at, t.conversation_id, c.inbox_id FROM {{rows}} CROSS JOIN timeline t
             LEFT JOIN conversation c ON c.tenant_id = t.tenant_id AND c.id = t.conversation_id
             WHERE t.tenant_id = r.tenant_id AND t.number > r.after ORDER BY t.number LIMIT {limit}"
        );
        let found = self.store.fetch(&sql, rows).await?;
        found.iter().map(event).collect::<Result<_, DbErr>>().map_err(store_error)
    }
}

fn event(row: &Row) -> Result<Event, DbErr> {
    let (data, inbox): (String, Option<Uuid>) = (get(row, "data")?, get(row, "inbox_id")?);
    // What cannot be read is shown to nobody who does not want notes.
    let note = serde_json::from_str::<Value>(&data).map_or(true, |data| data.get("direction").and_then(Value::as_str) == Some("note"));
    Ok(Event {
        number: get(row, "number")?,
        kind: get(row, "kind")?,
        conversation: ConversationId(get(row, "conversation_id")?),
        at: at(row, "at")?,
        inbox: inbox.map(InboxId),
        note,
    })
}

/// Says how far a page moves an endpoint; `None`: there is nothing.
fn moved(behind: Behind, page: &[Event], now: Timestamp) -> Option<Move> {
    let upto = page.last()?.number;
    let wanted = page.iter().filter(|event| event.wanted(&behind.wishes));
    let (old, young): (Vec<&Event>, Vec<&Event>) = wanted.partition(|event| event.at.after(KEPT) <= now);
    let one = |event: &Event| Wanted {
        number: event.number,
        kind: event.kind.clone(),
        conversation: event.conversation,
        expires: event.at.after(KEPT),
    };
    let wanted = young.into_iter().map(one).collect();
    Some(Move { behind, upto, expired: i64::try_from(old.len()).unwrap_or_default(), wanted })
}

async fn write(tx: Tx<'_>, moves: &[Move], now: Timestamp) -> Result<(), DbErr> {
    let mut rows = tx.rows(MOVED);
    for one in moves {
        let Behind { tenant, endpoint, cursor, .. } = &one.behind;
        rows.push([(*tenant).into(), endpoint.0.into(), (*cursor).into(), one.upto.into(), one.expired.into(), now.into()]);
    }
    let sql = "UPDATE webhook_endpoint SET cursor = r.upto, expired = webhook_endpoint.expired + r.expired FROM {rows}
               WHERE webhook_endpoint.tenant_id = r.tenant AND webhook_endpoint.id = r.endpoint AND webhook_endpoint.cursor = r.was
               AND webhook_endpoint.enabled RETURNING id";
    let won = tx.all(sql, &rows).await?.iter().map(|row| get(row, "id")).collect::<Result<HashSet<Uuid>, DbErr>>()?;
    let mut new = tx.rows(NEW);
    for one in moves.iter().filter(|one| won.contains(&one.behind.endpoint.0)) {
        one.wanted.iter().for_each(|wanted| push(tx, &mut new, one, wanted, now));
    }
    // One that was asked for by hand is there already.
    tx.put("webhook_delivery", &new, "ON CONFLICT (tenant_id, endpoint_id, number) DO NOTHING").await.map(drop)
}

fn push(tx: Tx<'_>, rows: &mut Rows, one: &Move, wanted: &Wanted, now: Timestamp) {
    rows.push([
        one.behind.tenant.into(),
        tx.id::<WebhookDeliveryId>().0.into(),
        one.behind.endpoint.0.into(),
        wanted.number.into(),
        (&wanted.kind).into(),
        wanted.conversation.into(),
        "pending".into(),
        0_i64.into(),
        "[]".into(),
        now.into(),
        0_i64.into(),
        wanted.expires.into(),
        now.into(),
    ]);
}
