//! Works off actions over many conversations: lets the store put some commands into the queue, waits until the conversations' actors have
//! carried them out, and lets it read what they came to.
//!
//! Keeps nothing in memory: where an action stands, its rows say, so that another process goes on where this one died. Never changes a
//! conversation itself.

use crate::domain::ids::{BulkActionId, InboundId, TenantId};
use crate::engine::settings::ms;
use crate::engine::shared::{Lookers, Shared};
use crate::ports::bulk::{BulkActions, BulkStep};
use crate::ports::faults;
use crate::ports::store::StoreError;
use futures::future::join_all;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Most actions in one look; the next look goes on.
const MOST: u32 = 20;
/// Commands of one action in the queue at once: other work of the business stands between them.
const IN_QUEUE: usize = 200;

/// Looks once, beside everything else, one look at a time.
pub(crate) fn look(shared: &Arc<Shared>, lookers: &Lookers) {
    let Some(actions) = shared.ports.bulk.clone() else { return };
    let Some(hand) = lookers.take() else { return };
    let shared = Arc::clone(shared);
    actix::spawn(async move {
        let _hand = hand;
        if let Err(error) = work_off(&shared, actions.as_ref()).await {
            tracing::warn!(error = %error, "actions over many conversations go on later");
        }
    });
}

async fn work_off(shared: &Shared, actions: &dyn BulkActions) -> Result<(), StoreError> {
    let mut open = actions.open_bulk(MOST).await?;
    while !open.is_empty() && shared.running.load(Ordering::Acquire) {
        let mut more = Vec::new();
        for (tenant, id) in open {
            if go_on(shared, actions, tenant, id).await? {
                more.push((tenant, id));
            }
        }
        open = more;
    }
    Ok(())
}

/// Does the next stretch of an action. False: it is done, or whoever it waits for is not here; the next look asks again.
async fn go_on(shared: &Shared, actions: &dyn BulkActions, tenant: TenantId, id: BulkActionId) -> Result<bool, StoreError> {
    let worked = {
        let _looking = shared.stats.look();
        actions.work_bulk(tenant, id, IN_QUEUE, shared.now()).await
    };
    match worked {
        Ok(step) => {
            faults::hit("bulk_after_given");
            shared.feed.publish(step.published.clone());
            step.gone.iter().for_each(|key| shared.look(*key));
            let heard = hear(shared, &step).await;
            faults::hit("bulk_after_run");
            Ok(!step.done && (step.moved > 0 || heard))
        }
        // One that cannot be read must not keep the others waiting.
        Err(StoreError::Refused(reason)) => {
            tracing::error!(tenant.id = %tenant, bulk_action.id = %id, reason, "an action over many conversations could not go on");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Hints the conversations and waits for their actors, as long as a person would. True: somebody has answered.
async fn hear(shared: &Shared, step: &BulkStep) -> bool {
    let _tidy = Tidy { shared, step };
    let answers: Vec<_> = step.given.iter().map(|(_, command)| shared.waiters.wait(*command)).collect();
    step.given.iter().for_each(|(key, _)| shared.look(*key));
    let until = shared.moment().after(ms(shared.settings.command_wait_ms));
    tokio::select! {
        heard = join_all(answers) => heard.iter().any(Result::is_ok),
        () = shared.ports.clock.sleep_until(until) => false,
    }
}

/// Forgets that anybody waited, however that came about.
struct Tidy<'a> {
    shared: &'a Shared,
    step: &'a BulkStep,
}

impl Drop for Tidy<'_> {
    fn drop(&mut self) {
        let waited = self.step.given.iter().map(|(_, command): &(_, InboundId)| *command);
        waited.for_each(|command| self.shared.waiters.forget_gone(command));
    }
}
