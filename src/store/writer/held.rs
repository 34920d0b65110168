//! What waits for the next transaction, tenant by tenant: one that writes much does not hold up the others.
//!
//! Within a tenant the order of arrival stays. Never answers an operation and never drops one.

use crate::domain::ids::TenantId;
use crate::store::writer::queue::Op;
use crate::store::writer::run::Jobs;
use std::collections::{HashMap, VecDeque};

/// A tenant may fill one part in this many of a transaction while others write too: a transaction stays short and has room for everybody.
const TENANT_PARTS: usize = 8;
/// After so many transactions of one tenant alone it may fill them.
const ALONE: u32 = 32;

/// Operations that wait.
#[derive(Default)]
pub(super) struct Held {
    /// Tenants with something waiting, the one to be served next first.
    order: VecDeque<TenantId>,
    queues: HashMap<TenantId, VecDeque<Op>>,
    /// What has a transaction of its own, in the order of arrival.
    apart: Vec<Op>,
    len: usize,
    /// Transactions since two tenants had something waiting.
    alone: u32,
}

impl Held {
    pub const fn len(&self) -> usize {
        self.len
    }

    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn push(&mut self, op: Op) {
        self.len += 1;
        let tenant = match &op {
            Op::Ingest(job, _) => job.ask.tenant,
            Op::Statuses(job, _) => job.ask.tenant,
            Op::Command(job, _) => job.ask.key.tenant,
            Op::Commit(job) => job.ask.key.tenant,
            Op::Claim(job) => job.ask.key.tenant,
            Op::Mark(job) => job.ask.key.tenant,
            Op::Act(_) | Op::Solo(_) => return self.apart.push(op),
        };
        let queue = self.queues.entry(tenant).or_default();
        if queue.is_empty() {
            self.order.push_back(tenant);
        }
        queue.push_back(op);
    }

    /// Takes what goes into one transaction: about `most` rows, and while several tenants write a part of that from each; and everything
    /// that has a transaction of its own.
    pub fn take(&mut self, most: usize) -> (Jobs, Vec<Op>) {
        self.alone = if self.order.len() > 1 { 0 } else { self.alone.saturating_add(1) };
        let each = if self.alone > ALONE { most } else { (most / TENANT_PARTS).max(1) };
        let mut jobs = Jobs::default();
        let mut left = VecDeque::new();
        let mut room = most;
        while room > 0
            && let Some(tenant) = self.order.pop_front()
        {
            let Some(queue) = self.queues.get_mut(&tenant) else { continue };
            let before = jobs.len();
            room = room.saturating_sub(fill(&mut jobs, queue, each.min(room)));
            self.len -= jobs.len() - before;
            if queue.is_empty() {
                self.queues.remove(&tenant);
            } else {
                left.push_back(tenant);
            }
        }
        // Who was not reached is first the next time, who has had a part comes after.
        self.order.append(&mut left);
        self.len -= self.apart.len();
        (jobs, std::mem::take(&mut self.apart))
    }
}

/// Moves operations of about `most` rows, at least one; one that may not share a transaction with what is there already stays, in order.
/// Returns how many rows.
fn fill(jobs: &mut Jobs, queue: &mut VecDeque<Op>, most: usize) -> usize {
    let mut rows = 0;
    let mut later = Vec::new();
    while rows < most
        && let Some(op) = queue.pop_front()
    {
        let weight = weight(&op);
        match jobs.add(op) {
            Some(op) => later.push(op),
            None => rows += weight,
        }
    }
    later.into_iter().rev().for_each(|op| queue.push_front(op));
    rows
}

/// A delivery of many items costs as much as that many deliveries.
fn weight(op: &Op) -> usize {
    match op {
        Op::Ingest(job, _) => job.ask.items.len().max(1),
        Op::Statuses(job, _) => job.ask.statuses.len().max(1),
        Op::Command(..) | Op::Commit(_) | Op::Claim(_) | Op::Mark(_) | Op::Act(_) | Op::Solo(_) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ConversationId, ConversationKey, Epoch, OutboxId, Partition};
    use crate::domain::time::Timestamp;
    use crate::ports::store::ClaimOutbox;
    use crate::store::writer::queue::Job;
    use tokio::sync::oneshot;
    use uuid::Uuid;

    fn claim(tenant: u128, row: u128) -> Op {
        let tenant = TenantId(Uuid::from_u128(tenant));
        let key = ConversationKey { tenant, id: ConversationId(Uuid::from_u128(row)), part: Partition(0) };
        let ask = ClaimOutbox { key, id: OutboxId(Uuid::from_u128(row)), attempt: 0, epoch: Epoch(1), at: Timestamp::default() };
        let (answer, caller) = oneshot::channel();
        // The caller waits: what nobody waits for is not carried out.
        std::mem::forget(caller);
        Op::Claim(Job { ask, answer })
    }

    #[test]
    fn a_claim_that_nobody_waits_for_is_not_carried_out() {
        let mut held = Held::default();
        let Op::Claim(Job { ask, .. }) = claim(1, 1) else { return };
        held.push(Op::Claim(Job { ask, answer: oneshot::channel().0 }));
        assert_eq!(held.take(10).0.len(), 0);
    }

    #[test]
    fn a_tenant_that_writes_much_leaves_room_for_the_others() {
        let mut held = Held::default();
        (0..100).for_each(|row| held.push(claim(1, row)));
        (100..103).for_each(|row| held.push(claim(2, row)));
        let (jobs, _) = held.take(32);
        assert_eq!((jobs.len(), held.len()), (4 + 3, 96));
        let (jobs, _) = held.take(2);
        assert_eq!((jobs.len(), held.len()), (1, 95));
    }

    #[test]
    fn a_tenant_that_has_been_alone_for_long_fills_a_transaction() {
        let mut held = Held::default();
        (0..ALONE).for_each(|_| drop(held.take(32)));
        (0..100).for_each(|row| held.push(claim(1, row)));
        assert_eq!(held.take(32).0.len(), 32);
    }

    #[test]
    fn who_was_not_reached_comes_first_the_next_time() {
        let mut held = Held::default();
        (1..=3).for_each(|tenant| (0..2).for_each(|row| held.push(claim(tenant, tenant * 10 + row))));
        assert_eq!(held.take(2).0.len(), 2);
        assert_eq!(held.order.front(), Some(&TenantId(Uuid::from_u128(3))));
    }

    #[test]
    fn a_second_operation_on_a_row_waits_for_the_next_transaction() {
        let mut held = Held::default();
        [7, 7, 8, 7].into_iter().for_each(|row| held.push(claim(1, row)));
        let sizes: Vec<usize> = (0..4).map(|_| held.take(100).0.len()).collect();
        assert_eq!(sizes, [2, 1, 1, 0]);
        assert!(held.is_empty());
    }
}
