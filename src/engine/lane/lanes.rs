//! The lanes of this process: started when the first row comes, spoken to by hints that may be lost.

use super::{Arrived, LaneActor, OutboxReady, Recall};
use crate::domain::ids::{ConversationId, InboxId, MessageId};
use crate::engine::crank::Held;
use crate::engine::settings::ms;
use crate::engine::shared::Shared;
use crate::ports::channel::{Outgoing, SendRequest};
use crate::ports::store::OutboxRow;
use actix::{Addr, ArbiterHandle};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The lanes of this process, started when the first row comes.
#[derive(Default)]
pub(crate) struct Lanes {
    arbiters: OnceLock<Vec<ArbiterHandle>>,
    lanes: Mutex<HashMap<InboxId, Lane>>,
    pub(super) calls: AtomicI64,
}

/// A lane as others see it.
pub(super) struct Lane {
    pub(super) actor: Addr<LaneActor>,
    /// The length of its queue.
    pub(super) length: Arc<AtomicUsize>,
}

impl Lanes {
    pub fn set_arbiters(&self, arbiters: Vec<ArbiterHandle>) {
        // Set once, when the engine starts.
        let _again = self.arbiters.set(arbiters);
    }

    /// Returns true while calls of channels are under way.
    pub fn under_way(&self) -> bool {
        self.calls.load(Ordering::Acquire) > 0
    }

    /// Returns how many rows the lanes hold in memory: all together, and the longest lane.
    pub fn lengths(&self) -> (usize, usize) {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lengths = lanes.values().map(|lane| lane.length.load(Ordering::Relaxed));
        lengths.fold((0, 0), |(all, longest), length| (all + length, longest.max(length)))
    }

    /// Hands rows to an account's lane. A full lane loses the hint; the safety net finds the rows.
    pub fn offer(&self, shared: &Arc<Shared>, inbox: InboxId, rows: Vec<OutboxRow>) {
        let Some(arbiters) = self.arbiters.get() else { return };
        let place = usize::try_from(inbox.0.as_u128() % (arbiters.len() as u128).max(1)).unwrap_or(0);
        let Some(arbiter) = arbiters.get(place) else { return };
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry(inbox).or_insert_with(|| LaneActor::start(shared, inbox, arbiter));
        if !lane.actor.connected() {
            *lane = LaneActor::start(shared, inbox, arbiter);
        }
        let _lost = lane.actor.try_send(OutboxReady(rows));
    }

    /// Takes back what the assistant wanted to send in a conversation. A lost hint costs time only: the claim refuses a cancelled row.
    pub fn recall(&self, inbox: InboxId, id: ConversationId) {
        if let Some(lane) = self.lanes.lock().unwrap_or_else(PoisonError::into_inner).get(&inbox) {
            let _lost = lane.actor.try_send(Recall(id));
        }
    }

    /// The channel has said where these messages of an account are; without a lane nothing waits for them.
    pub fn arrived(&self, inbox: InboxId, messages: Vec<(ConversationId, MessageId)>) {
        if let Some(lane) = self.lanes.lock().unwrap_or_else(PoisonError::into_inner).get(&inbox) {
            let _lost = lane.actor.try_send(Arrived(messages));
        }
    }

    /// Tells the customer that we have seen and are writing, where the channel can. Best effort: never retried, never waited for.
    pub fn courtesy(&self, shared: &Arc<Shared>, held: &Held, receipt: Option<String>) {
        let Some(external_id) = receipt else { return };
        let Some(sender) = shared.ports.senders.get(&held.entry.inbox.channel).map(Arc::clone) else { return };
        let can = sender.capabilities(&held.entry.account);
        if !can.read_receipts {
            return;
        }
        let request = SendRequest {
            outbox: crate::domain::ids::OutboxId(shared.ports.ids.uuid()),
            idempotency_key: format!("read:{external_id}"),
            account: held.entry.account.clone(),
            to: held.to.clone(),
            what: Outgoing::ReadReceipt { external_id, typing: can.typing },
            in_reply_to: None,
            deadline: ms(shared.settings.send_deadline_ms),
        };
        actix::spawn(async move {
            if let Err(error) = sender.send(request).await {
                tracing::debug!(error = %error, "a read receipt was not taken");
            }
        });
    }
}

/// Counts a call as over, however it ends.
pub(super) struct CallUnderWay<'a>(pub(super) &'a AtomicI64);

impl Drop for CallUnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
