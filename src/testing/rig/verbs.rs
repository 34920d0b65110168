//! What customers, people and channels do to the engine under test.

use crate::domain::content::Content;
use crate::domain::conversation::event::Happening;
use crate::domain::conversation::standing::Status;
use crate::domain::delivery::{Address, AddressKind, DeliveryState, Item, ItemBody, Peer, StatusUpdate};
use crate::domain::ids::{AgentId, ConversationKey, InboxId};
use crate::domain::inbox::{ChannelKind, ReopenWithin};
use crate::domain::time::Timestamp;
use crate::ports::clock::Clock;
use crate::ports::directory::Directory;
use crate::ports::engine::{CommandAnswer, Engine};
use crate::ports::store::{EngineStore, Ingest, Ingested, NewCommand};
use crate::testing::rig::Rig;
use anyhow::{Context, Result};
use std::sync::PoisonError;

impl Rig {
    /// Returns the address of a room.
    #[must_use]
    pub fn address(&self, room: &str) -> Address {
        let kind = match self.kind {
            ChannelKind::Whatsapp => AddressKind::WaPhone,
            ChannelKind::Generic => AddressKind::Room,
        };
        Address::new(kind, room)
    }

    /// Makes an item of a room with a fresh id.
    #[must_use]
    pub fn item(&self, room: &str, body: ItemBody) -> Item {
        let address = self.address(room);
        let person = vec![Address::new(AddressKind::External, format!("person-{room}"))];
        let peer = Peer { thread: vec![address.clone()], reply_to: Some(address), person, ..Peer::default() };
        let external_id = format!("in-{}", self.number());
        Item { external_id, message_id: None, occurred_at: Some(self.clock.now()), peer, body, raw: None }
    }

    /// Makes items durable in one delivery, without any hint.
    ///
    /// # Errors
    /// The store's.
    pub async fn ingest(&self, inbox: InboxId, items: Vec<Item>) -> Result<Vec<Ingested>> {
        let entry = self.directory.inbox(inbox).await?.context("no such inbox")?;
        let (assistant, reopen): (bool, ReopenWithin) = (entry.inbox.assistant(), entry.inbox.common.reopen_within());
        let rooms: Vec<String> = items.iter().filter_map(|item| item.peer.thread.first().map(|address| address.value.clone())).collect();
        let received_at = self.clock.now();
        let ingest = Ingest { tenant: self.tenant, inbox, assistant, reopen, received_at, first_index: 0, items };
        let outcomes = self.door(self.number()).ingest(ingest).await?;
        let mut known = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
        for (room, outcome) in rooms.into_iter().zip(&outcomes) {
            if let Ingested::Accepted(key) = outcome {
                known.insert(room, *key);
            }
        }
        Ok(outcomes)
    }

    /// Delivers one item to the rig's inbox, with a hint to every engine.
    ///
    /// # Errors
    /// The store's; also an item that was not accepted.
    pub async fn deliver(&self, item: Item) -> Result<ConversationKey> {
        match self.ingest(self.inbox, vec![item]).await?.first() {
            Some(Ingested::Accepted(key)) => {
                self.hint(*key);
                Ok(*key)
            }
            other => anyhow::bail!("the item was not accepted: {other:?}"),
        }
    }

    /// Hints every engine.
    pub fn hint(&self, key: ConversationKey) {
        for engine in &self.engines {
            engine.hint(key);
        }
    }

    /// A customer writes.
    ///
    /// # Errors
    /// The store's.
    pub async fn customer(&self, room: &str, text: &str) -> Result<ConversationKey> {
        let item = self.item(room, ItemBody::Message { content: Content::text(text) });
        self.deliver(item).await
    }

    /// A customer's message that was written `at`.
    ///
    /// # Errors
    /// The store's.
    pub async fn customer_at(&self, room: &str, text: &str, at: Timestamp) -> Result<ConversationKey> {
        let item = self.item(room, ItemBody::Message { content: Content::text(text) });
        self.deliver(Item { occurred_at: Some(at), ..item }).await
    }

    /// Somebody of the business writes at the phone, or a send of ours comes back.
    ///
    /// # Errors
    /// The store's.
    pub async fn echo(&self, room: &str, text: &str, external_id: &str) -> Result<ConversationKey> {
        let item = self.item(room, ItemBody::Echo { content: Content::text(text), reference: None });
        self.deliver(Item { external_id: external_id.to_owned(), ..item }).await
    }

    /// Returns the conversation of a room that was delivered to.
    ///
    /// # Errors
    /// Nothing was ever delivered to it.
    pub fn key(&self, room: &str) -> Result<ConversationKey> {
        let rooms = self.rooms.read().unwrap_or_else(PoisonError::into_inner);
        rooms.get(room).copied().with_context(|| format!("nobody has written in {room}"))
    }

    /// Gives a command through the engine `place` and hears what became of it.
    ///
    /// # Errors
    /// The store's.
    pub async fn command_through(&self, place: usize, room: &str, happening: Happening) -> Result<CommandAnswer> {
        let external_id = format!("cmd:{}:{}", self.agent, self.number());
        let fingerprint = "fingerprint".to_owned();
        let (key, inbox, at) = (self.key(room)?, self.inbox, self.clock.now());
        let engine = self.engines.get(place).context("no such engine")?;
        Ok(engine.command(NewCommand { key, inbox, external_id, fingerprint, happening, at }).await?)
    }

    /// Gives a command through one of the engines that run, each in turn.
    ///
    /// # Errors
    /// The store's.
    pub async fn command(&self, room: &str, happening: Happening) -> Result<CommandAnswer> {
        let running: Vec<usize> = (0..self.engines.len()).filter(|place| self.engines.get(*place).is_some_and(Engine::ready)).collect();
        let turn = usize::try_from(self.number()).unwrap_or(0) % running.len().max(1);
        self.command_through(running.get(turn).copied().unwrap_or(0), room, happening).await
    }

    /// A person answers in public: a takeover.
    ///
    /// # Errors
    /// The store's.
    pub async fn agent_replies(&self, room: &str, text: &str) -> Result<CommandAnswer> {
        self.command(room, Happening::AgentReplied { by: self.agent, content: Content::text(text), private: false }).await
    }

    /// A person leaves a private note.
    ///
    /// # Errors
    /// The store's.
    pub async fn note(&self, room: &str, text: &str) -> Result<CommandAnswer> {
        self.command(room, Happening::AgentReplied { by: self.agent, content: Content::text(text), private: true }).await
    }

    /// A person is assigned.
    ///
    /// # Errors
    /// The store's.
    pub async fn assign(&self, room: &str, assignee: Option<AgentId>) -> Result<CommandAnswer> {
        self.command(room, Happening::AgentAssigned { by: self.agent, assignee }).await
    }

    /// A person gives it back to the assistant.
    ///
    /// # Errors
    /// The store's.
    pub async fn hand_back(&self, room: &str) -> Result<CommandAnswer> {
        self.command(room, Happening::AgentHandedBack { by: self.agent }).await
    }

    /// A person sets the status.
    ///
    /// # Errors
    /// The store's.
    pub async fn set_status(&self, room: &str, status: Status, until: Option<Timestamp>) -> Result<CommandAnswer> {
        self.command(room, Happening::AgentSetStatus { by: self.agent, status: Some(status), until, survey: None }).await
    }

    /// The provider speaks about a message of ours.
    ///
    /// # Errors
    /// The store's.
    pub async fn status_update(&self, external_id: &str, reference: Option<String>, state: DeliveryState) -> Result<()> {
        let now = self.clock.now();
        let error = (state == DeliveryState::Failed).then(|| "131026".to_owned());
        let update = StatusUpdate { external_id: external_id.to_owned(), reference, state, at: Some(now), error };
        let (keys, _) = self.store.apply_statuses(self.tenant, self.inbox, vec![update], now).await?;
        keys.into_iter().for_each(|key| self.hint(key));
        Ok(())
    }
}
