//! The worker for webhooks: follows the timeline for each endpoint, takes what is due, calls, and notes what came of it.
//!
//! What a try means is the core's to say ([`judge`]). One endpoint has a worker or two, however much waits for it, and an endpoint that fails
//! or hangs keeps only these: never another's, and never the engine. Logs neither an address nor a word of anybody.

use crate::domain::ids::{TenantId, WebhookDeliveryId, WebhookId};
use crate::domain::suspension::Feature;
use crate::domain::webhook::tries::{after, judge};
use crate::domain::webhook::{Answer, Attempt, Next, Verdict};
use crate::engine::settings::ms;
use crate::engine::shared::{Lookers, Shared};
use crate::ports::faults;
use crate::ports::store::StoreError;
use crate::ports::webhooks::{EndedDelivery, TakenBatch, TakenDelivery, WebhookCall, WebhookQueue, WebhookSender};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Workers of this server, over all endpoints.
const WORKERS: usize = 64;
/// Rounds of following in one look; the next look goes on.
const ROUNDS: usize = 16;
/// How long a worker has what it took: longer than it may take, since it stops at the first call that is not well or quick.
const LEASE: Duration = Duration::from_mins(5);
/// A call that took longer than this ends the round: what follows is read anew.
const QUICK: Duration = Duration::from_secs(1);
/// What a call may take beyond the sender's own limit, should it forget that.
const GRACE: Duration = Duration::from_secs(10);

/// What the worker needs.
#[derive(Clone)]
pub struct WebhookPorts {
    /// What is to be told.
    pub queue: Arc<dyn WebhookQueue>,
    /// Who calls.
    pub sender: Arc<dyn WebhookSender>,
}

/// The workers, and whether somebody follows.
pub(crate) struct Look {
    workers: Arc<Semaphore>,
    follower: Lookers,
    begun: AtomicBool,
}

impl Default for Look {
    fn default() -> Self {
        Self { workers: Arc::new(Semaphore::new(WORKERS)), follower: Lookers::one(), begun: AtomicBool::new(false) }
    }
}

/// Follows the timeline and sets workers at what is due, one look at a time, beside everything else.
pub(crate) fn look(shared: &Arc<Shared>, state: &Arc<Look>) {
    let Some(ports) = shared.ports.webhooks.clone() else { return };
    let Some(follower) = state.follower.take() else { return };
    let (shared, state) = (Arc::clone(shared), Arc::clone(state));
    actix::spawn(async move {
        let _follower = follower;
        let looked = follow(&shared, &ports, &state).await;
        if let Err(error) = looked {
            tracing::warn!(error = %error, "webhooks are told later");
        }
    });
}

async fn follow(shared: &Arc<Shared>, ports: &WebhookPorts, state: &Arc<Look>) -> Result<(), StoreError> {
    // The lock proves that whoever had taken something before us is dead: it need not wait for its lease.
    if !state.begun.swap(true, Ordering::AcqRel) && shared.predecessor_dead {
        ports.queue.release_webhooks().await.inspect_err(|_| state.begun.store(false, Ordering::Release))?;
    }
    for _ in 0..ROUNDS {
        let looking = shared.stats.look();
        let more = ports.queue.follow_webhooks(shared.now()).await?;
        drop(looking);
        faults::hit("webhook_after_follow");
        set_to_work(shared, ports, state).await?;
        if !more || !shared.running.load(Ordering::Acquire) {
            break;
        }
    }
    Ok(())
}

async fn set_to_work(shared: &Arc<Shared>, ports: &WebhookPorts, state: &Arc<Look>) -> Result<(), StoreError> {
    let free = u32::try_from(state.workers.available_permits()).unwrap_or_default();
    if free == 0 {
        return Ok(());
    }
    let looking = shared.stats.look();
    let ready = ports.queue.ready_webhooks(shared.now(), free).await?;
    drop(looking);
    for of in ready {
        let Ok(worker) = Arc::clone(&state.workers).try_acquire_owned() else { break };
        let (shared, ports, state) = (Arc::clone(shared), ports.clone(), Arc::clone(state));
        actix::spawn(async move {
            let _worker = worker;
            if let Err(error) = work(&shared, &ports, &state, of).await {
                tracing::warn!(error = %error, webhook.id = %of.1, "a webhook is told later");
            }
        });
    }
    Ok(())
}

/// Works for one endpoint until nothing is due, something is wrong, or others wait for a worker.
async fn work(shared: &Arc<Shared>, ports: &WebhookPorts, state: &Arc<Look>, of: (TenantId, WebhookId)) -> Result<(), StoreError> {
    while shared.running.load(Ordering::Acquire) && !is_held(shared, of.0).await? {
        let now = shared.now();
        let looking = shared.stats.look();
        let taken = ports.queue.take_webhooks(of, now, now.after(LEASE)).await?;
        drop(looking);
        let Some(batch) = taken else { break };
        let well = tell(shared, ports, batch).await?;
        if !well || state.workers.available_permits() == 0 {
            break;
        }
    }
    Ok(())
}

/// Tells whether the operator has stopped what the business sends: then it waits, as long as it is of use.
async fn is_held(shared: &Arc<Shared>, tenant: TenantId) -> Result<bool, StoreError> {
    let tenant = shared.ports.directory.tenant(tenant).await?;
    Ok(tenant.is_none_or(|tenant| !tenant.stopped.lets(Feature::Outgoing)))
}

/// Tells one thing after the other; the first that is not well or quick is the last. What was not begun is given back. Returns true if all
/// went well.
async fn tell(shared: &Arc<Shared>, ports: &WebhookPorts, batch: TakenBatch) -> Result<bool, StoreError> {
    let key = (batch.tenant, batch.endpoint, batch.lease);
    let (mut ended, mut left, mut well) = (Vec::new(), Vec::<WebhookDeliveryId>::new(), true);
    for delivery in &batch.deliveries {
        if !well || !shared.running.load(Ordering::Acquire) {
            left.push(delivery.id);
            continue;
        }
        let began = shared.moment();
        let one = attempt(shared, ports, &batch, delivery).await;
        let slow = shared.moment() > began.after(QUICK);
        well = !slow && one.tried.as_ref().is_none_or(|(_, verdict)| *verdict == Verdict::Delivered);
        ended.push(one);
    }
    faults::hit("webhook_before_mark");
    let looking = shared.stats.look();
    ports.queue.end_webhooks(key, ended, left, shared.now()).await?;
    drop(looking);
    faults::hit("webhook_after_mark");
    Ok(well)
}

async fn attempt(shared: &Arc<Shared>, ports: &WebhookPorts, batch: &TakenBatch, delivery: &TakenDelivery) -> EndedDelivery {
    let (id, sample, now) = (delivery.id, delivery.sample, shared.now());
    let untold = |next| EndedDelivery { id, sample, tried: None, next };
    if delivery.expires <= now {
        return untold(Next::Expired);
    }
    let Some(body) = &delivery.body else { return untold(Next::Dropped) };
    faults::hit("webhook_before_send");
    let began = shared.moment();
    let (answer, said) = match &batch.secrets {
        Some(secrets) => {
            let timeout = ms(shared.settings.webhook_timeout_ms);
            let call = WebhookCall { url: &batch.url, secrets, name: &delivery.name, now, body, timeout };
            let late = shared.ports.clock.sleep_until(began.after(timeout + GRACE));
            tokio::select! {
                answered = ports.sender.call(call) => answered,
                () = late => (Answer::TimedOut, String::new()),
            }
        }
        None => (Answer::NoSecret, String::new()),
    };
    let took = shared.moment().0.saturating_sub(began.0);
    let verdict = judge(answer);
    let next = after(verdict, delivery.made + 1, shared.now(), shared.ports.ids.below(1_000));
    // A sample is tried once.
    let next = if sample && matches!(next, Next::Again(_)) { Next::Failed } else { next };
    if verdict == Verdict::Gone && !sample {
        tracing::warn!(tenant.id = %batch.tenant, webhook.id = %batch.endpoint, "a webhook is gone");
    }
    EndedDelivery { id, sample, tried: Some((Attempt::of(answer, now, took, &said), verdict)), next }
}
