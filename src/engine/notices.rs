//! Tells people what waits for them: looks for causes whose next rung is due, and lets the store tell each, once.
//!
//! Keeps nothing in memory: a rung that was not told because the process died is due still. Never decides who is told.

use crate::engine::shared::{Lookers, Shared};
use crate::ports::engine::LiveEvent;
use crate::ports::faults;
use crate::ports::notices::Notices;
use crate::ports::store::StoreError;
use std::sync::Arc;

/// Most causes in one look; the next look goes on.
const MOST: u32 = 200;

/// Looks once, beside everything else, one look at a time.
pub(crate) fn look(shared: &Arc<Shared>, lookers: &Lookers) {
    let Some(notices) = shared.ports.notices.clone() else { return };
    let Some(hand) = lookers.take() else { return };
    let shared = Arc::clone(shared);
    actix::spawn(async move {
        let _hand = hand;
        let _looking = shared.stats.look();
        if let Err(error) = tell(&shared, notices.as_ref()).await {
            tracing::warn!(error = %error, "people are told later what waits for them");
        }
    });
}

async fn tell(shared: &Shared, notices: &dyn Notices) -> Result<(), StoreError> {
    for (tenant, id) in notices.due_notices(shared.now(), MOST).await? {
        // One that cannot be told must not keep the others from being told.
        match notices.climb_notice(tenant, id, shared.now()).await {
            Ok(new) => {
                faults::hit("notice_after_rung");
                new.into_iter().for_each(|one| shared.feed.send(tenant, LiveEvent::Notification(one)));
            }
            Err(StoreError::Refused(reason)) => {
                tracing::error!(tenant.id = %tenant, notice.id = %id, reason, "a notice could not be told");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
