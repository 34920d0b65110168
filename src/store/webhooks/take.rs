//! Taking what is due: under a lease that is drawn from the endpoint's own counter, so that never more workers are at one than may be.

use super::{BATCH, NOW, WebhookDesk, name_of};
use crate::crypto::envelope::{EnvelopeError, dek_id_of};
use crate::domain::ids::{ContactId, ConversationId, InboxId, TenantId, WebhookDeliveryId, WebhookId};
use crate::domain::time::Timestamp;
use crate::domain::webhook::PARALLEL;
use crate::domain::webhook::body::{Happened, write, write_test};
use crate::ports::store::StoreError;
use crate::ports::webhooks::{TakenBatch, TakenDelivery};
use crate::store::admin::data_keys::{open_one, webhook_secret_of};
use crate::store::rows::{Columns, Kind, Row, Tx, at, get};
use crate::store::scope::{Role, read_as, store_error};
use crate::store::time::timestamp;
use entities::{data_key, webhook_endpoint};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use secrecy::SecretString;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

const ONE: Columns = &[("tenant_id", Kind::Id), ("endpoint_id", Kind::Id), ("now", Kind::At)];
const LEASE: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("lease", Kind::Int), ("leased_until", Kind::At)];
const NUMBERS: Columns = &[("tenant_id", Kind::Id), ("number", Kind::Int)];

/// Due, nobody's, and to be told: a disabled endpoint is told samples only.
const DUE: &str =
    "d.tenant_id = e.tenant_id AND d.endpoint_id = e.id AND d.due_at <= r.now AND (d.leased_until IS NULL OR d.leased_until <= r.now)
    AND (e.enabled OR d.number IS NULL)";
/// How many workers are at an endpoint.
const BUSY: &str = "(SELECT COUNT(DISTINCT x.lease) FROM webhook_delivery x WHERE x.tenant_id = e.tenant_id AND x.endpoint_id = e.id
    AND x.leased_until > r.now)";
/// As many as may be. One that has been failing is not worth a second.
const FREE: &str = "CASE WHEN e.failing_since IS NULL THEN {parallel} ELSE 1 END";

/// A row that was taken.
struct Leased {
    id: WebhookDeliveryId,
    number: Option<i64>,
    made: i64,
    expires: Timestamp,
}

fn free() -> String {
    FREE.replace("{parallel}", &PARALLEL.to_string())
}

impl WebhookDesk {
    pub(super) async fn ready(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, WebhookId)>, StoreError> {
        let mut rows = self.store.one(NOW);
        rows.push([now.into()]);
        let sql = format!(
            "SELECT e.tenant_id, e.id, (SELECT MIN(d.due_at) FROM webhook_delivery d WHERE {DUE}) AS waits
             FROM {{rows}} CROSS JOIN webhook_endpoint e
             WHERE (e.rests_until IS NULL OR e.rests_until <= r.now) AND EXISTS (SELECT 1 FROM webhook_delivery d WHERE {DUE})
             AND {BUSY} < {} ORDER BY waits, e.id LIMIT {limit}",
            free()
        );
        let found = self.store.fetch(&sql, rows).await?;
        let one = |row: &Row| Ok((TenantId(get(row, "tenant_id")?), WebhookId(get(row, "id")?)));
        found.iter().map(one).collect::<Result<_, DbErr>>().map_err(store_error)
    }

    pub(super) async fn take(
        &self,
        tenant: TenantId,
        endpoint: WebhookId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<TakenBatch>, StoreError> {
        let leased = self.store.alone(move |tx| Box::pin(async move { lease(tx, tenant, endpoint, now, until).await }));
        let Some((lease, leased)) = leased.await? else { return Ok(None) };
        let Some((url, secrets)) = self.address(tenant, endpoint, now).await? else { return Ok(None) };
        let mut bodies = self.bodies(tenant, leased.iter().filter_map(|one| one.number).collect()).await?;
        let delivery = |one: Leased| TakenDelivery {
            id: one.id,
            name: name_of(tenant, endpoint, one.id, one.number),
            sample: one.number.is_none(),
            made: one.made,
            expires: one.expires,
            body: match one.number {
                Some(number) => bodies.remove(&number),
                None => Some(write_test(tenant, endpoint, now)),
            },
        };
        let deliveries = leased.into_iter().map(delivery).collect();
        Ok(Some(TakenBatch { tenant, endpoint, lease, url, secrets, deliveries }))
    }

    /// Reads where an endpoint is and what signs; what does not open is said, not hidden.
    async fn address(
        &self,
        tenant: TenantId,
        endpoint: WebhookId,
        now: Timestamp,
    ) -> Result<Option<(String, Option<Vec<SecretString>>)>, StoreError> {
        use webhook_endpoint::Column as C;
        let own = webhook_endpoint::Entity::find().filter(C::TenantId.eq(tenant.0)).filter(C::Id.eq(endpoint.0));
        let keys = data_key::Entity::find().filter(data_key::Column::TenantId.eq(tenant.0));
        let read = read_as(&self.store, Role::Engine, |tx| Box::pin(async move { Ok((own.one(tx).await?, keys.all(tx).await?)) }));
        let (row, keys) = read.await?;
        let Some(row) = row else { return Ok(None) };
        let secrets = self.secrets(&row, &keys, now).inspect_err(|error| {
            tracing::error!(tenant.id = %tenant, webhook.id = %endpoint, error = %error, "the secret of a webhook does not open");
        });
        Ok(Some((row.url, secrets.ok())))
    }

    fn secrets(&self, row: &webhook_endpoint::Model, keys: &[data_key::Model], now: Timestamp) -> Result<Vec<SecretString>, EnvelopeError> {
        let (tenant, id) = (TenantId(row.tenant_id), WebhookId(row.id));
        let open = |column: &'static str, sealed: &[u8]| {
            let number = i64::from(dek_id_of(sealed)?);
            let key = keys.iter().find(|key| key.dek_id == number).ok_or(EnvelopeError::Malformed)?;
            open_one(&self.ring, key, &webhook_secret_of(tenant, id, column), sealed)
        };
        let mut secrets = vec![open("secret", &row.secret)?];
        let old = row.old_secret.as_deref().filter(|_| row.old_until.is_some_and(|until| timestamp(until) > now));
        if let Some(sealed) = old {
            secrets.push(open("old_secret", sealed)?);
        }
        Ok(secrets)
    }

    /// Writes what is told of events, as things stand now. What is gone is left out.
    async fn bodies(&self, tenant: TenantId, numbers: Vec<i64>) -> Result<HashMap<i64, String>, StoreError> {
        let mut rows = self.store.rows(NUMBERS);
        numbers.iter().for_each(|number| rows.push([tenant.into(), (*number).into()]));
        let sql = "SELECT t.tenant_id, t.number, t.kind, t.data, t.at, c.id, c.number AS conversation_number, c.inbox_id, c.contact_id
                   FROM {rows} CROSS JOIN timeline t JOIN conversation c ON c.tenant_id = t.tenant_id AND c.id = t.conversation_id
                   WHERE t.tenant_id = r.tenant_id AND t.number = r.number";
        let found = self.store.fetch(sql, rows).await?;
        let mut events = found.iter().map(happened).collect::<Result<Vec<_>, DbErr>>().map_err(store_error)?;
        let places: Vec<_> = events.iter().filter_map(|event| Some((event.conversation, shown(event)?))).collect();
        let mut messages = HashMap::new();
        if !places.is_empty() {
            let rows = self.store.tenant(tenant).messages_at(places).await?;
            messages.extend(rows.into_iter().map(|row| ((row.conversation, row.seq), (self.show)(row))));
        }
        for event in &mut events {
            event.message = shown(event).and_then(|seq| messages.remove(&(event.conversation, seq)));
        }
        Ok(events.into_iter().map(|event| (event.number, write(event))).collect())
    }
}

/// Returns the `seq` of the message that an event shows.
fn shown(event: &Happened) -> Option<i64> {
    (event.kind == "message.created").then(|| event.data.get("seq").and_then(Value::as_i64)).flatten()
}

fn happened(row: &Row) -> Result<Happened, DbErr> {
    let data: String = get(row, "data")?;
    let ids: [Uuid; 3] = [get(row, "id")?, get(row, "inbox_id")?, get(row, "contact_id")?];
    let [conversation, inbox, contact] = ids;
    Ok(Happened {
        tenant: TenantId(get(row, "tenant_id")?),
        number: get(row, "number")?,
        kind: get(row, "kind")?,
        at: at(row, "at")?,
        // The error does not show what it could not read.
        data: serde_json::from_str(&data).map_err(|_unshown| DbErr::Type("an event that this release cannot read".to_owned()))?,
        conversation: ConversationId(conversation),
        conversation_number: get(row, "conversation_number")?,
        inbox: InboxId(inbox),
        contact: ContactId(contact),
        message: None,
    })
}

/// Draws a lease, which locks the endpoint, and takes what is due under it.
async fn lease(
    tx: Tx<'_>,
    tenant: TenantId,
    endpoint: WebhookId,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<(i64, Vec<Leased>)>, DbErr> {
    let mut one = tx.rows(ONE);
    one.push([tenant.into(), endpoint.0.into(), now.into()]);
    let sql = "UPDATE webhook_endpoint SET leases = leases + 1 FROM {rows}
               WHERE webhook_endpoint.tenant_id = r.tenant_id AND webhook_endpoint.id = r.endpoint_id RETURNING leases";
    let Some(row) = tx.all(sql, &one).await?.into_iter().next() else { return Ok(None) };
    let lease: i64 = get(&row, "leases")?;
    let sql = format!(
        "SELECT d.id, d.number, d.attempt, d.expires_at FROM {{rows}} CROSS JOIN webhook_endpoint e JOIN webhook_delivery d ON {DUE}
         WHERE e.tenant_id = r.tenant_id AND e.id = r.endpoint_id AND (e.rests_until IS NULL OR e.rests_until <= r.now) AND {BUSY} < {}
         ORDER BY d.due_at, d.number LIMIT {BATCH}",
        free()
    );
    let (mut leased, mut rows) = (Vec::new(), tx.rows(LEASE));
    for row in tx.all(&sql, &one).await? {
        let id = WebhookDeliveryId(get(&row, "id")?);
        rows.push([tenant.into(), id.0.into(), lease.into(), until.into()]);
        leased.push(Leased { id, number: get(&row, "number")?, made: get(&row, "attempt")?, expires: at(&row, "expires_at")? });
    }
    let sql = "UPDATE webhook_delivery SET lease = r.lease, leased_until = r.leased_until FROM {rows}
               WHERE webhook_delivery.tenant_id = r.tenant_id AND webhook_delivery.id = r.id";
    tx.update("webhooks", sql, &rows).await?;
    Ok((!leased.is_empty()).then_some((lease, leased)))
}
