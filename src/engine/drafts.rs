//! Drafts: what a model is writing, shown to people of the business while it writes. Never to customers, never durable, not in the timeline.

use crate::domain::ids::ConversationKey;
use crate::engine::shared::Shared;
use crate::ports::clock::Moment;
use crate::ports::engine::LiveEvent;
use crate::ports::llm::Drafts;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Least time between two drafts of a turn.
const PACE: Duration = Duration::from_millis(200);
/// Most bytes of a draft that are shown.
const MAX_DRAFT: usize = 8_192;

/// Returns where the words of a turn go: to those who listen to the tenant's stream, if anybody does.
pub(crate) fn drafts(shared: &Arc<Shared>, key: ConversationKey, turn_no: i64) -> Drafts {
    if !shared.feed.is_heard(key.tenant) {
        return Drafts::none();
    }
    let shared = Arc::clone(shared);
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
        show(&shared, key, turn_no, text);
    })
}

/// Takes the draft of a turn back, if anybody could have seen one.
pub(crate) fn withdraw(shared: &Shared, key: ConversationKey, turn_no: i64) {
    if shared.feed.is_heard(key.tenant) {
        show(shared, key, turn_no, "");
    }
}

fn show(shared: &Shared, key: ConversationKey, turn_no: i64, text: &str) {
    let text = crate::domain::content::truncate(text, MAX_DRAFT).to_owned();
    shared.feed.send(key.tenant, LiveEvent::Draft { conversation: key.id, turn_no, text, at: shared.now() });
}
