//! Takes away the bytes of files that nobody needs any more, and makes the links by which channels fetch those that are sent.
//!
//! Keeps nothing in memory: what is to go, rows say, before and after it is gone. A process that dies between the bytes and their row leaves
//! the row, and the next look tries again: what is not there is away.

use crate::domain::content::{Attachment, Content};
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::engine::shared::{Lookers, Shared};
use crate::ports::clock::Clock;
use crate::ports::faults;
use crate::ports::files::{FileError, FileLinks, FileRows, FileStore, Shown, preview_name};
use crate::ports::store::StoreError;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Most files that are taken away in one look; the next look goes on.
const MOST: u32 = 100;
/// Most rounds of giving up in one look.
const ROUNDS: usize = 20;
/// When what could not be taken away is tried again.
const AGAIN: Duration = Duration::from_mins(5);
/// How long a channel may fetch a file: longer than any of its calls takes.
const FETCHED_WITHIN: Duration = Duration::from_hours(1);

/// What the engine needs of files.
#[derive(Clone)]
pub struct FilePorts {
    /// The rows.
    pub rows: Arc<dyn FileRows>,
    /// The bytes.
    pub store: Arc<dyn FileStore>,
    /// The links.
    pub links: Arc<dyn FileLinks>,
}

/// Looks once, beside everything else, one look at a time.
pub(crate) fn look(shared: &Arc<Shared>, lookers: &Lookers) {
    let Some(ports) = shared.ports.files.clone() else { return };
    let Some(hand) = lookers.take() else { return };
    let shared = Arc::clone(shared);
    actix::spawn(async move {
        let _hand = hand;
        let running = || shared.running.load(Ordering::Acquire);
        let cleared = clear_away(ports.rows.as_ref(), ports.store.as_ref(), shared.ports.clock.as_ref(), running).await;
        if let Err(error) = cleared {
            tracing::warn!(error = %error, "files that nobody uses go later");
        }
    });
}

/// Gives up rows, then takes away what they named; returns how many files that were. Ends early once nothing runs any more.
pub(crate) async fn clear_away(
    rows: &dyn FileRows,
    store: &dyn FileStore,
    clock: &dyn Clock,
    running: impl Fn() -> bool,
) -> Result<usize, StoreError> {
    for _ in 0..ROUNDS {
        if !rows.give_up_files(clock.now()).await? {
            break;
        }
    }
    faults::hit("file_after_row");
    let (mut gone, mut stuck, mut away) = (Vec::new(), Vec::new(), false);
    for (tenant, name) in rows.leftover_files(clock.now(), MOST).await? {
        if !running() {
            break;
        }
        // A store that is away takes its time to say so: asked for each file it would keep this look from its rows for an hour.
        if away {
            stuck.push((tenant, name));
            continue;
        }
        match remove(store, &name).await {
            Ok(()) => gone.push((tenant, name)),
            Err(error) => {
                tracing::warn!(tenant.id = %tenant, error = %error, "a file could not be taken away");
                away = matches!(error, FileError::Retry(_));
                stuck.push((tenant, name));
            }
        }
        faults::hit("file_after_bytes");
    }
    let many = gone.len();
    if many > 0 {
        rows.forget_files(gone).await?;
    }
    if !stuck.is_empty() {
        rows.put_off_files(stuck, clock.now().after(AGAIN)).await?;
    }
    Ok(many)
}

/// Takes a file away with what was made of it.
async fn remove(store: &dyn FileStore, name: &str) -> Result<(), FileError> {
    store.remove(&preview_name(name)).await?;
    store.remove(name).await
}

/// Returns a message as a channel is given it: a link instead of our name for each file. Links are made anew for every try, so that a late
/// one does not carry an old link.
pub(crate) fn with_links(ports: Option<&FilePorts>, tenant: TenantId, content: &Content, now: Timestamp) -> Content {
    let link = |file: &Attachment| match (file.file, ports) {
        (Some(kept), Some(ports)) => {
            let url = ports.links.link(tenant, kept.id, Shown::Download, now.after(FETCHED_WITHIN));
            Attachment { url: Some(url), file: None, ..file.clone() }
        }
        (Some(_) | None, _) => file.clone(),
    };
    Content { attachments: content.attachments.iter().map(link).collect(), ..content.clone() }
}
