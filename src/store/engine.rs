//! The store as the engine's port: writes go to the group-commit writer, reads to the readers' pool.

use crate::domain::conversation::echo::OwnSend;
use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::delivery::StatusUpdate;
use crate::domain::ids::{ConversationKey, Epoch, InboundId, InboxId, Partition, TeamId, TenantId};
use crate::domain::routing::Picture;
use crate::domain::time::Timestamp;
use crate::ports::store::{
    ClaimOutbox, Claimed, CommandAccepted, CommitError, CommitStep, Committed, EngineStore, Ingest, Ingested, Loaded, MarkOutbox, Marked,
    NewCommand, NewRow, OutboxRow, Published, StoreError,
};
use crate::store::Store;
use crate::store::bookings::Wish;
use crate::store::writer::Statuses;
use async_trait::async_trait;
use std::sync::Arc;

#[async_trait]
impl EngineStore for Store {
    async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError> {
        if ingest.items.is_empty() {
            return Ok(Vec::new());
        }
        self.inner.writer.ingest(ingest).await
    }

    async fn apply_statuses(
        &self,
        tenant: TenantId,
        inbox: InboxId,
        statuses: Vec<StatusUpdate>,
        at: Timestamp,
    ) -> Result<(Vec<ConversationKey>, Vec<Arc<Published>>), StoreError> {
        if statuses.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        self.inner.writer.statuses(Statuses { tenant, inbox, statuses, at }).await
    }

    async fn add_command(&self, command: NewCommand) -> Result<CommandAccepted, StoreError> {
        self.inner.writer.command(command).await
    }

    async fn command_outcome(&self, tenant: TenantId, id: InboundId) -> Result<Option<CommandOutcome>, StoreError> {
        self.read_outcome(tenant, id).await
    }

    async fn commit(&self, step: CommitStep) -> Result<Committed, CommitError> {
        if let Some(booking) = &step.writes.booking {
            self.ask_outside(&Wish::new(step.key.tenant, booking.actor, booking.act.clone(), step.at)).await?;
        }
        self.inner.writer.commit(step).await
    }

    async fn claim_outbox(&self, claim: ClaimOutbox) -> Result<Claimed, StoreError> {
        self.inner.writer.claim(claim).await
    }

    async fn mark_outbox(&self, mark: MarkOutbox) -> Result<Marked, StoreError> {
        self.inner.writer.mark(mark).await
    }

    async fn fire_timers(&self, parts: &[Partition], at: Timestamp, limit: u32) -> Result<Vec<ConversationKey>, StoreError> {
        self.turn_timers(parts, at, limit).await
    }

    async fn load(&self, key: ConversationKey) -> Result<Option<Loaded>, StoreError> {
        self.read_conversation(key).await
    }

    async fn front_desk(&self, tenant: TenantId, inbox: InboxId, team: Option<TeamId>) -> Result<Picture, StoreError> {
        self.read_desk(tenant, inbox, team).await
    }

    async fn hand_out(&self, at: Timestamp, limit: u32) -> Result<Vec<ConversationKey>, StoreError> {
        self.hand_out_everywhere(at, limit).await
    }

    async fn version(&self, key: ConversationKey) -> Result<Option<i64>, StoreError> {
        self.read_version(key).await
    }

    async fn new_rows(&self, key: ConversationKey) -> Result<Vec<NewRow>, StoreError> {
        self.read_new_rows(key).await
    }

    async fn own_sends(&self, key: ConversationKey, since: Timestamp, provider_id: &str) -> Result<Vec<OwnSend>, StoreError> {
        self.read_own_sends(key, since, provider_id).await
    }

    async fn unsent(&self, key: ConversationKey) -> Result<Vec<OutboxRow>, StoreError> {
        self.read_unsent(key).await
    }

    async fn open_conversations(
        &self,
        parts: &[Partition],
        new_before: Timestamp,
        recorded_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<ConversationKey>, StoreError> {
        self.read_open_conversations(parts, (new_before, recorded_before), limit).await
    }

    async fn due_outbox(&self, parts: &[Partition], at: Timestamp, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        self.read_due_outbox(parts, at, limit).await
    }

    async fn claim_partitions(&self, node: &str, parts: &[Partition]) -> Result<Vec<(Partition, Epoch)>, StoreError> {
        self.take_partitions(node, parts).await
    }

    async fn heartbeat(&self, node: &str, at: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let last = self.beat(node, at).await?;
        // Searches do it themselves; so it does not add up while nobody searches.
        if let Err(error) = self.index_words().await {
            tracing::debug!(%error, "the words of new messages wait for the next round");
        }
        Ok(last)
    }

    async fn purge(&self, at: Timestamp) -> Result<u64, StoreError> {
        self.drop_expired(at).await
    }
}
