//! Drafts: what a model is writing, shown to people of the business while it writes. Never to customers, never durable, not in the timeline.

use crate::domain::ids::ConversationKey;
use crate::engine::shared::Shared;
use crate::ports::clock::Moment;
use crate::ports::engine::LiveEvent;
use crate::ports::llm::Drafts;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Least time between two drafts of a turn.
const PACE: Duration = Duration::from_millis(200);
/// Most bytes of a draft that are shown.
const MAX_DRAFT: usize = 8_192;

/// Returns where the words of a turn go: to those who listen to the tenant's stream, if anybody does. `shown` becomes true with the first.
pub(crate) fn drafts(shared: &Arc<Shared>, key: ConversationKey, turn_no: i64, shown: &Arc<AtomicBool>) -> Drafts {
    if !shared.feed.is_heard(key.tenant) {
        return Drafts::none();
    }
    let (shared, shown) = (Arc::clone(shared), Arc::clone(shown));
    let last: Mutex<Option<Moment>> = Mutex::new(None);
    Drafts::to(move |text| {
        let now = shared.moment();
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let too_soon = last.is_some_and(|last| now < last.after(PACE));
        // Taking a draft back never waits.
        if too_soon && !text.is_empty() {
            return;
        }
        *last = Some(now);
        drop(last);
        shown.store(true, Ordering::Release);
        show(&shared, key, turn_no, text);
    })
}

/// Takes the draft of a turn back, if one was shown.
pub(crate) fn withdraw(shared: &Shared, key: ConversationKey, turn_no: i64, shown: &AtomicBool) {
    if shown.swap(false, Ordering::AcqRel) {
        show(shared, key, turn_no, "");
    }
}

fn show(shared: &Shared, key: ConversationKey, turn_no: i64, text: &str) {
    let text = crate::domain::content::truncate(text, MAX_DRAFT).to_owned();
    shared.feed.send(key.tenant, LiveEvent::Draft { conversation: key.id, turn_no, text, at: shared.now() });
}
