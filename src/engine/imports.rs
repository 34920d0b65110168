//! Takes tables of contacts in: looks for those that are not done and lets the store take in a stretch of each in turn.
//!
//! Keeps nothing in memory: where an import stands, its row says, so that another process goes on where this one died.

use crate::engine::shared::{Lookers, Shared};
use crate::ports::faults;
use crate::ports::imports::Imports;
use crate::ports::store::StoreError;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Most imports in one look; the next look goes on.
const MOST: u32 = 20;
/// Rows of one import before it is the next one's turn: a long table does not keep short ones waiting.
const STRETCH: usize = 1_000;

/// Looks once, beside everything else, one look at a time.
pub(crate) fn look(shared: &Arc<Shared>, lookers: &Lookers) {
    let Some(imports) = shared.ports.imports.clone() else { return };
    let Some(hand) = lookers.take() else { return };
    let shared = Arc::clone(shared);
    actix::spawn(async move {
        let _hand = hand;
        let _looking = shared.stats.look();
        if let Err(error) = take_in(&shared, imports.as_ref()).await {
            tracing::warn!(error = %error, "contacts are taken in later");
        }
    });
}

async fn take_in(shared: &Shared, imports: &dyn Imports) -> Result<(), StoreError> {
    let mut open = imports.open_imports(MOST).await?;
    while !open.is_empty() && shared.running.load(Ordering::Acquire) {
        let mut more = Vec::new();
        for (tenant, id) in open {
            // One that cannot be read must not keep the others waiting.
            match imports.work_import(tenant, id, STRETCH, shared.now()).await {
                Ok(true) => more.push((tenant, id)),
                Ok(false) => {}
                Err(StoreError::Refused(reason)) => {
                    tracing::error!(tenant.id = %tenant, import.id = %id, reason, "a table of contacts could not be taken in");
                }
                Err(error) => return Err(error),
            }
            faults::hit("import_after_stretch");
        }
        open = more;
    }
    Ok(())
}
