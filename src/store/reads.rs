//! What the engine reads: open rows, unsent rows, own sends. Short questions to the readers' pool, as the engine.

use crate::domain::content::Content;
use crate::domain::conversation::echo::OwnSend;
use crate::domain::conversation::effect::{CommandOutcome, OutboxClass};
use crate::domain::conversation::event::{Happening, InboundRow};
use crate::domain::ids::{ConversationId, ConversationKey, InboundId, InboxId, MessageId, OutboxId, Partition, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::{NewRow, OutboxRow, StoreError};
use crate::store::Store;
use crate::store::rows::{Cell, Columns, Kind, Record, Row, Rows, Spelling, at, get, maybe_at};
use crate::store::scope::{Role, read_as, store_error};
use crate::store::spelling::{address, from_json};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use uuid::Uuid;

const CONVERSATION: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
const OWN: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("since", Kind::At), ("provider_id", Kind::Text)];
const OPEN: Columns = &[("part", Kind::Small), ("new_before", Kind::At), ("recorded_before", Kind::At)];
const DUE: Columns = &[("part", Kind::Small), ("at", Kind::At)];

const OUTBOX: &str = "SELECT o.tenant_id, o.id, o.conversation_id, o.part, o.inbox_id, o.message_id, o.ord, o.class, o.state, o.sending_at,
                      o.attempt, o.due_at, o.to_kind, o.to_value, o.payload, o.in_reply_to,
                      o.ended_cycle FROM {rows} CROSS JOIN outbox o ";

/// Reads a conversation's key from `tenant_id`, `conversation_id` and `part`.
pub(crate) fn key(row: &impl Record) -> Result<ConversationKey, DbErr> {
    let part: i16 = get(row, "part")?;
    Ok(ConversationKey {
        tenant: TenantId(get(row, "tenant_id")?),
        id: ConversationId(get(row, "conversation_id")?),
        part: Partition(u16::try_from(part).unwrap_or_default()),
    })
}

impl Store {
    /// Makes an empty set of this database's kind.
    pub(crate) fn rows(&self, columns: Columns) -> Rows {
        Rows::new(Spelling::Json(self.backend()), columns)
    }

    /// Makes an empty set for one row: whoever asks about one thing spares the database to unpack a list.
    pub(crate) fn one(&self, columns: Columns) -> Rows {
        let spelling = if self.inner.engine_readers.is_some() { Spelling::Bound } else { Spelling::Json(self.backend()) };
        Rows::new(spelling, columns)
    }

    /// Asks one question over a set, as the engine.
    pub(crate) async fn fetch(&self, sql: &str, rows: Rows) -> Result<Vec<Row>, StoreError> {
        self.fetch_as(Role::Engine, sql, rows).await
    }

    /// Asks one question over a set. SQLite needs no transaction for that, and has no roles.
    pub(in crate::store) async fn fetch_as(&self, role: Role, sql: &str, rows: Rows) -> Result<Vec<Row>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(readers) = &self.inner.engine_readers {
            return readers.ask(sql, rows).await.map_err(store_error);
        }
        let statement = rows.statement(sql);
        let found = if self.backend() == DbBackend::Postgres {
            read_as(self, role, |tx| Box::pin(async move { tx.query_all_raw(statement).await })).await?
        } else {
            self.readers().query_all_raw(statement).await.map_err(store_error)?
        };
        Ok(found.into_iter().map(Row::Sent).collect())
    }

    pub(super) fn one_conversation(&self, key: ConversationKey) -> Rows {
        let mut rows = self.one(CONVERSATION);
        rows.push([key.tenant.into(), key.id.into()]);
        rows
    }

    pub(super) async fn read_version(&self, key: ConversationKey) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT c.version FROM {rows} CROSS JOIN conversation c WHERE c.tenant_id = r.tenant_id AND c.id = r.id";
        let found = self.fetch(sql, self.one_conversation(key)).await?;
        found.first().map(|row| get(row, "version")).transpose().map_err(store_error)
    }

    pub(super) async fn read_new_rows(&self, key: ConversationKey) -> Result<Vec<NewRow>, StoreError> {
        let sql = "SELECT i.id, i.payload, i.occurred_at, i.event_at, i.received_at FROM {rows} CROSS JOIN inbound i
                   WHERE i.tenant_id = r.tenant_id AND i.conversation_id = r.id
                   AND i.state IN ('new', 'recorded') AND i.state = 'new'
                   ORDER BY i.occurred_at, i.delivery_index, i.received_at, i.id";
        let found = self.fetch(sql, self.one_conversation(key)).await?;
        found.iter().map(new_row).collect::<Result<_, _>>().map_err(store_error)
    }

    pub(super) async fn read_outcome(&self, tenant: TenantId, id: InboundId) -> Result<Option<CommandOutcome>, StoreError> {
        let mut rows = self.one(CONVERSATION);
        rows.push([tenant.into(), id.0.into()]);
        let sql = "SELECT i.outcome FROM {rows} CROSS JOIN inbound i WHERE i.tenant_id = r.tenant_id AND i.id = r.id";
        let found = self.fetch(sql, rows).await?;
        let outcome: Option<String> = found.first().map(|row| get(row, "outcome")).transpose().map_err(store_error)?.flatten();
        outcome.as_deref().map(from_json).transpose().map_err(store_error)
    }

    pub(super) async fn read_own_sends(
        &self,
        key: ConversationKey,
        since: Timestamp,
        provider_id: &str,
    ) -> Result<Vec<OwnSend>, StoreError> {
        let mut rows = self.one(OWN);
        let provider_id = crate::store::spelling::key(provider_id);
        rows.push([key.tenant.into(), key.id.into(), since.into(), Cell::from(&provider_id)]);
        let sql = "SELECT o.id, o.provider_id, o.payload, o.state, o.sending_at, o.ended_cycle FROM {rows} CROSS JOIN outbox o
                   WHERE o.tenant_id = r.tenant_id AND o.conversation_id = r.id AND o.sending_at >= r.since
                   UNION ALL
                   SELECT o.id, o.provider_id, o.payload, o.state, COALESCE(o.sending_at, o.created_at), o.ended_cycle FROM {rows} CROSS JOIN outbox o
                   CROSS JOIN conversation c WHERE c.tenant_id = r.tenant_id AND c.id = r.id AND o.tenant_id = c.tenant_id
                   AND o.inbox_id = c.inbox_id AND o.provider_id = r.provider_id
                   AND (o.conversation_id <> r.id OR o.sending_at IS NULL OR o.sending_at < r.since)";
        let found = self.fetch(sql, rows).await?;
        found.iter().map(own_send).collect::<Result<_, _>>().map_err(store_error)
    }

    pub(super) async fn read_unsent(&self, key: ConversationKey) -> Result<Vec<OutboxRow>, StoreError> {
        let sql = format!(
            "{OUTBOX} WHERE o.tenant_id = r.tenant_id AND o.conversation_id = r.id AND o.state IN ('pending', 'retry', 'sending')
             ORDER BY o.ord"
        );
        let found = self.fetch(&sql, self.one_conversation(key)).await?;
        found.iter().map(outbox_row).collect::<Result<_, _>>().map_err(store_error)
    }

    pub(super) async fn read_due_outbox(&self, parts: &[Partition], now: Timestamp, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let mut rows = self.rows(DUE);
        for part in parts {
            rows.push([i64::from(part.0).into(), now.into()]);
        }
        let sql = format!(
            "{OUTBOX} WHERE o.part = r.part AND o.state IN ('pending', 'retry', 'sending') AND (o.due_at <= r.at OR o.state = 'sending')
             AND EXISTS (SELECT 1 FROM inbox n WHERE n.tenant_id = o.tenant_id AND n.id = o.inbox_id AND n.state = 'active')
             ORDER BY o.due_at, o.ord LIMIT {limit}"
        );
        let found = self.fetch(&sql, rows).await?;
        // One row that cannot be read must not hide the others of all tenants.
        Ok(found
            .iter()
            .filter_map(|row| outbox_row(row).inspect_err(|_| tracing::error!("an outbox row cannot be read; it stays where it is")).ok())
            .collect())
    }

    pub(super) async fn read_open_conversations(
        &self,
        parts: &[Partition],
        (new_before, recorded_before): (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<ConversationKey>, StoreError> {
        let mut rows = self.rows(OPEN);
        for part in parts {
            rows.push([i64::from(part.0).into(), new_before.into(), recorded_before.into()]);
        }
        let sql = format!(
            "SELECT i.tenant_id, i.conversation_id, i.part, MIN(i.received_at) AS oldest FROM {{rows}} CROSS JOIN inbound i
             WHERE i.part = r.part AND i.state IN ('new', 'recorded')
             AND ((i.state = 'new' AND i.received_at < r.new_before) OR (i.state = 'recorded' AND i.received_at < r.recorded_before))
             GROUP BY i.tenant_id, i.conversation_id, i.part ORDER BY oldest LIMIT {limit}"
        );
        let found = self.fetch(&sql, rows).await?;
        found.iter().map(key).collect::<Result<_, _>>().map_err(store_error)
    }
}

fn new_row(row: &Row) -> Result<NewRow, DbErr> {
    let id = InboundId(get(row, "id")?);
    let payload: String = get(row, "payload")?;
    let Ok(happening) = from_json::<Happening>(&payload) else { return Ok(NewRow::Broken(id)) };
    Ok(NewRow::Row(Box::new(InboundRow {
        id,
        happening,
        occurred_at: at(row, "occurred_at")?,
        event_at: maybe_at(row, "event_at")?,
        received_at: at(row, "received_at")?,
    })))
}

fn own_send(row: &Row) -> Result<OwnSend, DbErr> {
    let id: Uuid = get(row, "id")?;
    let (payload, state): (String, String) = (get(row, "payload")?, get(row, "state")?);
    let content: Content = from_json(&payload)?;
    Ok(OwnSend {
        reference: id.to_string(),
        provider_id: get(row, "provider_id")?,
        text: content.text,
        sending: state == "sending",
        at: at(row, "sending_at")?,
        survey: get(row, "ended_cycle")?,
    })
}

fn outbox_row(row: &Row) -> Result<OutboxRow, DbErr> {
    let (class, state, payload): (String, String, String) = (get(row, "class")?, get(row, "state")?, get(row, "payload")?);
    let (kind, message): (String, Option<Uuid>) = (get(row, "to_kind")?, get(row, "message_id")?);
    Ok(OutboxRow {
        id: OutboxId(get(row, "id")?),
        key: key(row)?,
        inbox: InboxId(get(row, "inbox_id")?),
        message: message.map(MessageId),
        ord: get(row, "ord")?,
        class: OutboxClass::parse(&class).ok_or_else(|| DbErr::Type("unknown class of the outbox".to_owned()))?,
        sending_since: maybe_at(row, "sending_at")?.filter(|_| state == "sending"),
        attempt: get(row, "attempt")?,
        due_at: at(row, "due_at")?,
        to: address(&kind, get(row, "to_value")?)?,
        content: from_json(&payload)?,
        in_reply_to: get(row, "in_reply_to")?,
        survey: get(row, "ended_cycle")?,
    })
}
