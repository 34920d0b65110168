//! What stands in the database, read by the entities: the truth that tests compare with what the channel saw.

use crate::domain::content::Content;
use crate::domain::conversation::State;
use crate::domain::conversation::standing::Standing;
use crate::domain::ids::{ConversationKey, MessageId};
use crate::engine::Observed;
use crate::ports::store::EngineStore;
use crate::store::scope::{Role, read_as};
use crate::testing::rig::Rig;
use anyhow::{Context, Result};
use entities::{conversation, inbound, mail, message, outbox, timeline, usage_fact};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};
use serde_json::Value;

/// A message as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: MessageId,
    /// Its number.
    pub seq: i64,
    /// `in`, `out`, `note` or `system`.
    pub direction: String,
    /// `contact`, `assistant`, `agent`, `phone`, ...
    pub author: String,
    /// Its text.
    pub text: String,
    /// How far it got.
    pub status: Option<String>,
    /// The provider's id.
    pub external_id: Option<String>,
    /// The turn that wrote it.
    pub turn_no: Option<i64>,
    /// The open–resolved stretch.
    pub cycle: i64,
    /// Came late.
    pub late: bool,
}

/// A row of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRow {
    /// Its id outside.
    pub external_id: String,
    /// `item`, `command`, `timer` or `delivery`.
    pub kind: String,
    /// `new`, `recorded`, `settled` or `dead`.
    pub state: String,
    /// Why.
    pub reason: Option<String>,
}

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutRow {
    /// Its id, which is also the idempotency key.
    pub id: String,
    /// The message it carries.
    pub message: Option<MessageId>,
    /// Its order.
    pub ord: i64,
    /// Whose it is.
    pub class: String,
    /// Where it stands.
    pub state: String,
    /// Its text.
    pub text: String,
    /// How often it was tried.
    pub attempt: i64,
    /// Why it did not leave.
    pub code: Option<String>,
    /// The customer's message that it answers.
    pub in_reply_to: Option<String>,
    /// Not before, in microseconds since 1970.
    pub due_at: i64,
}

fn text_of(content: &str) -> String {
    serde_json::from_str::<Content>(content).map_or_else(|error| format!("unreadable: {error}"), |content| content.text)
}

impl Rig {
    pub(super) async fn all<E>(&self, select: Select<E>) -> Result<Vec<E::Model>>
    where
        E: EntityTrait,
        E::Model: Send + Sync,
    {
        Ok(read_as(&self.store, Role::Engine, move |tx| Box::pin(async move { select.all(tx).await })).await?)
    }

    /// Returns a conversation's messages in order.
    ///
    /// # Errors
    /// The store's.
    pub async fn lines(&self, key: ConversationKey) -> Result<Vec<Line>> {
        let select = message::Entity::find().filter(message::Column::ConversationId.eq(key.id.0)).order_by_asc(message::Column::Seq);
        let rows = self.all(select).await?;
        let line = |row: message::Model| Line {
            id: MessageId(row.id),
            seq: row.seq,
            direction: row.direction,
            author: row.author,
            text: text_of(&row.content),
            status: row.status,
            external_id: row.external_id,
            turn_no: row.turn_no,
            cycle: row.cycle,
            late: row.late,
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// As [`Rig::lines`], by room.
    ///
    /// # Errors
    /// The store's.
    pub async fn messages(&self, room: &str) -> Result<Vec<Line>> {
        self.lines(self.key(room)?).await
    }

    /// Returns the references of a room's messages to earlier ones.
    ///
    /// # Errors
    /// The store's.
    pub async fn reply_references(&self, room: &str) -> Result<Vec<Option<String>>> {
        let key = self.key(room)?;
        let select = message::Entity::find().filter(message::Column::ConversationId.eq(key.id.0)).order_by_asc(message::Column::Seq);
        let rows = self.all(select).await?;
        rows.into_iter().map(|row| Ok(serde_json::from_str::<Content>(&row.content)?.reply_to)).collect()
    }

    /// Returns a conversation's rows of the queue, in the order in which they came.
    ///
    /// # Errors
    /// The store's.
    pub async fn queue_of(&self, key: ConversationKey) -> Result<Vec<QueueRow>> {
        let select = inbound::Entity::find().filter(inbound::Column::ConversationId.eq(key.id.0)).order_by_asc(inbound::Column::Id);
        let rows = self.all(select).await?;
        let row = |row: inbound::Model| QueueRow { external_id: row.external_id, kind: row.kind, state: row.state, reason: row.reason };
        Ok(rows.into_iter().map(row).collect())
    }

    /// As [`Rig::queue_of`], by room.
    ///
    /// # Errors
    /// The store's.
    pub async fn queue(&self, room: &str) -> Result<Vec<QueueRow>> {
        self.queue_of(self.key(room)?).await
    }

    /// Returns a conversation's outbox in order.
    ///
    /// # Errors
    /// The store's.
    pub async fn outbox_of(&self, key: ConversationKey) -> Result<Vec<OutRow>> {
        let select = outbox::Entity::find().filter(outbox::Column::ConversationId.eq(key.id.0)).order_by_asc(outbox::Column::Ord);
        let rows = self.all(select).await?;
        let row = |row: outbox::Model| OutRow {
            id: row.id.to_string(),
            message: row.message_id.map(MessageId),
            ord: row.ord,
            class: row.class,
            state: row.state,
            text: text_of(&row.payload),
            attempt: row.attempt,
            code: row.code,
            in_reply_to: row.in_reply_to,
            due_at: row.due_at.micros(),
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// As [`Rig::outbox_of`], by room.
    ///
    /// # Errors
    /// The store's.
    pub async fn outbox(&self, room: &str) -> Result<Vec<OutRow>> {
        self.outbox_of(self.key(room)?).await
    }

    /// Returns a conversation's timeline in order: kind and data.
    ///
    /// # Errors
    /// The store's.
    pub async fn timeline(&self, room: &str) -> Result<Vec<(String, Value)>> {
        let key = self.key(room)?;
        let select = timeline::Entity::find().filter(timeline::Column::ConversationId.eq(key.id.0)).order_by_asc(timeline::Column::Number);
        let rows = self.all(select).await?;
        rows.into_iter().map(|row| Ok((row.kind, serde_json::from_str(&row.data)?))).collect()
    }

    /// Returns the durable state of a conversation.
    ///
    /// # Errors
    /// The store's; also a conversation that is not there.
    pub async fn state(&self, room: &str) -> Result<State> {
        let loaded = self.store.load(self.key(room)?).await?;
        Ok(loaded.context("the conversation is gone")?.conversation.state)
    }

    /// Returns where a conversation stands.
    ///
    /// # Errors
    /// As [`Rig::state`].
    pub async fn standing(&self, room: &str) -> Result<Standing> {
        self.state(room).await.map(|state| state.standing)
    }

    /// Returns every conversation of the business.
    ///
    /// # Errors
    /// The store's.
    pub async fn conversations(&self) -> Result<Vec<conversation::Model>> {
        self.all(conversation::Entity::find().filter(conversation::Column::TenantId.eq(self.tenant.0))).await
    }

    /// Returns every mail of the business, the oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn mails(&self) -> Result<Vec<mail::Model>> {
        self.all(mail::Entity::find().filter(mail::Column::TenantId.eq(self.tenant.0)).order_by_asc(mail::Column::Id)).await
    }

    /// Returns how much of something the business has used, as it is stored.
    ///
    /// # Errors
    /// The store's.
    pub async fn used(&self, kind: &str) -> Result<i64> {
        let select =
            usage_fact::Entity::find().filter(usage_fact::Column::TenantId.eq(self.tenant.0)).filter(usage_fact::Column::Kind.eq(kind));
        Ok(self.all(select).await?.iter().map(|fact| fact.amount).sum())
    }

    /// Returns what the customer of a room received, in order.
    #[must_use]
    pub fn received(&self, room: &str) -> Vec<String> {
        self.channel.received().into_iter().filter(|message| message.to == room).map(|message| message.text).collect()
    }

    /// Asks the actor of a conversation, behind everything in its mailbox, what it holds; the newest engine that has it answers.
    ///
    /// # Errors
    /// Nothing was ever delivered to the room.
    pub async fn observe(&self, room: &str) -> Result<Option<Observed>> {
        let key = self.key(room)?;
        for engine in self.engines.iter().rev() {
            if let Some(observed) = engine.observe(key.id).await {
                return Ok(Some(observed));
            }
        }
        Ok(None)
    }

    /// Compares the stored snapshot with the one made again from rows.
    ///
    /// # Errors
    /// They differ, with both.
    pub async fn snapshot_is_rebuilt(&self, room: &str) -> Result<()> {
        let stored = self.state(room).await?;
        let rebuilt = self.store.rebuild_state(self.key(room)?).await?.context("nothing to rebuild")?;
        // No column holds the last step's instant, and a message that was taken back leaves no row.
        let rebuilt = State { clock: stored.clock, ..rebuilt };
        anyhow::ensure!(stored == rebuilt, "the snapshot differs\nstored:  {stored:?}\nrebuilt: {rebuilt:?}");
        Ok(())
    }
}
