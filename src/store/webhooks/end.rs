//! What tries came to: for their deliveries, for the endpoint, and, where it is given up, for the people of the business, all at once.

use super::WebhookDesk;
use crate::domain::audit::{Action, Actor, Caller, Deed};
use crate::domain::ids::{TenantId, WebhookDeliveryId, WebhookId};
use crate::domain::notice::cause;
use crate::domain::time::Timestamp;
use crate::domain::webhook::tries::{health, remember};
use crate::domain::webhook::{Attempt, Next, Streak, Verdict};
use crate::ports::ids::IdSource;
use crate::ports::store::StoreError;
use crate::ports::webhooks::EndedDelivery;
use crate::store::notices::raise;
use crate::store::rows::{Columns, Kind, Tx, get, maybe_at};
use crate::store::scope::Role;
use crate::store::spelling::json;
use crate::store::{Store, audit};
use sea_orm::{DatabaseTransaction, DbErr};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

const ONE: Columns = &[("tenant_id", Kind::Id), ("endpoint_id", Kind::Id), ("lease", Kind::Int)];
const END: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("lease", Kind::Int),
    ("state", Kind::Text),
    ("attempt", Kind::Int),
    ("attempts", Kind::Text),
    ("due_at", Kind::At),
    ("ended_at", Kind::At),
];
const LEFT: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("lease", Kind::Int)];
const EXPIRED: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("expired", Kind::Int)];
const HEALTH: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("failing_since", Kind::At),
    ("failed_at", Kind::At),
    ("succeeded_at", Kind::At),
    ("rests_until", Kind::At),
    ("given_up", Kind::Text),
    ("now", Kind::At),
];
const OURS: &str = "webhook_delivery.tenant_id = r.tenant_id AND webhook_delivery.id = r.id AND webhook_delivery.lease = r.lease
    AND webhook_delivery.leased_until IS NOT NULL";

/// What a worker brings back.
pub(super) struct Batch {
    pub(super) tenant: TenantId,
    pub(super) endpoint: WebhookId,
    pub(super) lease: i64,
    pub(super) ended: Vec<EndedDelivery>,
    pub(super) left: Vec<WebhookDeliveryId>,
    pub(super) now: Timestamp,
}

/// How an endpoint stands.
struct Stands {
    enabled: bool,
    streak: Option<Streak>,
    succeeded: Option<Timestamp>,
    rests_until: Option<Timestamp>,
}

impl WebhookDesk {
    pub(super) async fn end(&self, batch: Batch) -> Result<(), StoreError> {
        let store: &Store = &self.store;
        let ids: Arc<dyn IdSource> = Arc::clone(&store.inner.ids);
        store.solo(Role::Engine, move |db| Box::pin(async move { write(db, &*ids, &batch).await })).await
    }
}

async fn write(db: &DatabaseTransaction, ids: &dyn IdSource, batch: &Batch) -> Result<(), DbErr> {
    let tx = Tx::new(db, ids);
    // The endpoint first, as whoever takes: so nobody waits for each other in a ring.
    let Some(before) = stands(tx, batch).await? else { return Ok(()) };
    let ours = settle(tx, batch).await?;
    let expired = batch.ended.iter().filter(|one| ours.contains(&one.id.0) && one.next == Next::Expired).count();
    count_expired(tx, batch, expired).await?;
    let tried = batch.ended.iter().filter(|one| ours.contains(&one.id.0) && !one.sample);
    let verdicts: Vec<Verdict> = tried.filter_map(|one| one.tried.as_ref().map(|(_, verdict)| *verdict)).collect();
    if verdicts.is_empty() {
        return Ok(());
    }
    let gone = judge(tx, batch, before, &verdicts).await?;
    let Some(why) = gone else { return Ok(()) };
    raise(tx, &[(batch.tenant, cause::of_webhook(batch.endpoint, batch.now), batch.now)]).await?;
    let deed = Deed::new(Action::WebhookDisabled, batch.endpoint).after("reason", why);
    audit::record(db, batch.tenant, &Caller::here(Actor::System), batch.now, &deed).await
}

/// Locks the endpoint; `None`: it is gone, and its deliveries with it.
async fn stands(tx: Tx<'_>, batch: &Batch) -> Result<Option<Stands>, DbErr> {
    let mut rows = tx.rows(ONE);
    rows.push([batch.tenant.into(), batch.endpoint.0.into(), batch.lease.into()]);
    let sql = format!(
        "SELECT e.enabled, e.failing_since, e.failed_at, e.succeeded_at, e.rests_until FROM {{rows}} CROSS JOIN webhook_endpoint e
         WHERE e.tenant_id = r.tenant_id AND e.id = r.endpoint_id{}",
        tx.lock(" FOR UPDATE OF e")
    );
    let found = tx.all(&sql, &rows).await?;
    let Some(row) = found.first() else { return Ok(None) };
    let (since, last) = (maybe_at(row, "failing_since")?, maybe_at(row, "failed_at")?);
    let streak = since.map(|since| Streak { since, last: last.unwrap_or(since) });
    let (succeeded, rests_until) = (maybe_at(row, "succeeded_at")?, maybe_at(row, "rests_until")?);
    Ok(Some(Stands { enabled: get(row, "enabled")?, streak, succeeded, rests_until }))
}

/// Writes the deliveries that are still ours; returns which.
async fn settle(tx: Tx<'_>, batch: &Batch) -> Result<Vec<Uuid>, DbErr> {
    let kept = attempts(tx, batch).await?;
    let mut rows = tx.rows(END);
    for one in &batch.ended {
        let Some((made, mut attempts)) = kept.get(&one.id.0).cloned() else { continue };
        if let Some((attempt, _)) = &one.tried {
            remember(&mut attempts, attempt.clone());
        }
        let (due, ended) = match one.next {
            Next::Again(at) => (Some(at), None),
            Next::Delivered | Next::Failed | Next::Expired | Next::Dropped => (None, Some(batch.now)),
        };
        let made = made + i64::from(one.tried.is_some());
        let attempts = json(&attempts)?;
        let (id, state) = (one.id.0.into(), one.next.state().into());
        rows.push([batch.tenant.into(), id, batch.lease.into(), state, made.into(), (&attempts).into(), due.into(), ended.into()]);
    }
    let sql = format!(
        "UPDATE webhook_delivery SET state = r.state, attempt = r.attempt, attempts = r.attempts, due_at = r.due_at, ended_at = r.ended_at,
         leased_until = NULL FROM {{rows}} WHERE {OURS}"
    );
    tx.run(&sql, &rows).await?;
    let mut rows = tx.rows(LEFT);
    batch.left.iter().for_each(|id| rows.push([batch.tenant.into(), id.0.into(), batch.lease.into()]));
    let sql = format!("UPDATE webhook_delivery SET leased_until = NULL FROM {{rows}} WHERE {OURS}");
    tx.run(&sql, &rows).await?;
    Ok(kept.into_keys().collect())
}

/// Counts on the endpoint what was too old to be told.
async fn count_expired(tx: Tx<'_>, batch: &Batch, expired: usize) -> Result<(), DbErr> {
    let mut rows = tx.rows(EXPIRED);
    if expired > 0 {
        rows.push([batch.tenant.into(), batch.endpoint.0.into(), i64::try_from(expired).unwrap_or(i64::MAX).into()]);
    }
    let sql = "UPDATE webhook_endpoint SET expired = webhook_endpoint.expired + r.expired FROM {rows}
               WHERE webhook_endpoint.tenant_id = r.tenant_id AND webhook_endpoint.id = r.id";
    tx.run(sql, &rows).await.map(drop)
}

/// Reads the tries so far of those that are still ours, and locks them.
async fn attempts(tx: Tx<'_>, batch: &Batch) -> Result<HashMap<Uuid, (i64, Vec<Attempt>)>, DbErr> {
    let mut rows = tx.rows(LEFT);
    batch.ended.iter().for_each(|one| rows.push([batch.tenant.into(), one.id.0.into(), batch.lease.into()]));
    let sql = format!(
        "SELECT webhook_delivery.id, webhook_delivery.attempt, webhook_delivery.attempts FROM {{rows}} CROSS JOIN webhook_delivery
         WHERE {OURS}{}",
        tx.lock(" FOR UPDATE OF webhook_delivery")
    );
    let mut kept = HashMap::new();
    for row in tx.all(&sql, &rows).await? {
        let (id, attempts): (Uuid, String) = (get(&row, "id")?, get(&row, "attempts")?);
        kept.insert(id, (get(&row, "attempt")?, serde_json::from_str(&attempts).unwrap_or_default()));
    }
    Ok(kept)
}

/// Writes what the tries say of the endpoint, one after the other; returns why it is given up, if it is.
async fn judge(tx: Tx<'_>, batch: &Batch, before: Stands, verdicts: &[Verdict]) -> Result<Option<&'static str>, DbErr> {
    let Stands { enabled, mut streak, mut succeeded, mut rests_until } = before;
    let (mut given_up, mut returned) = (None, false);
    for verdict in verdicts {
        let health = health(streak, *verdict, batch.now);
        streak = health.streak;
        rests_until = health.rest_until.or(rests_until).filter(|until| *until > batch.now);
        given_up = given_up.or(health.given_up);
        returned = returned || health.returned;
        succeeded = if *verdict == Verdict::Delivered { Some(batch.now) } else { succeeded };
    }
    // Whoever was disabled meanwhile is not given up a second time.
    let given_up = given_up.filter(|_| enabled);
    let mut rows = tx.rows(HEALTH);
    rows.push([
        batch.tenant.into(),
        batch.endpoint.0.into(),
        streak.map(|streak| streak.since).into(),
        streak.map(|streak| streak.last).into(),
        succeeded.into(),
        rests_until.into(),
        given_up.into(),
        batch.now.into(),
    ]);
    let sql = "UPDATE webhook_endpoint SET failing_since = r.failing_since, failed_at = r.failed_at, succeeded_at = r.succeeded_at,
               rests_until = r.rests_until, enabled = CASE WHEN r.given_up IS NULL THEN webhook_endpoint.enabled ELSE false END,
               disabled_reason = CASE WHEN r.given_up IS NULL THEN webhook_endpoint.disabled_reason ELSE r.given_up END,
               disabled_at = CASE WHEN r.given_up IS NULL THEN webhook_endpoint.disabled_at ELSE r.now END
               FROM {rows} WHERE webhook_endpoint.tenant_id = r.tenant_id AND webhook_endpoint.id = r.id";
    tx.update("webhooks", sql, &rows).await?;
    if returned {
        let sql = "UPDATE webhook_delivery SET due_at = r.now FROM {rows} WHERE webhook_delivery.tenant_id = r.tenant_id
                   AND webhook_delivery.endpoint_id = r.id AND webhook_delivery.due_at > r.now";
        tx.run(sql, &rows).await?;
    }
    Ok(given_up)
}
