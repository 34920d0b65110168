//! What the assistant should know later on: the memory of a long conversation, the customer's language and mood.

use super::{Job, SideJobError, spawn, transcript};
use crate::domain::conversation::Conversation;
use crate::domain::conversation::message::{Author, Recent};
use crate::domain::inbox::Inbox;
use crate::domain::learnt::{Wanted, Work, read_memory, read_reading};
use crate::domain::prompt::SideJob;
use crate::engine::shared::Shared;
use std::sync::Arc;

/// Most of the customer's messages that are read for language and mood.
const MOST_READ: usize = 8;

/// Asks a model for what the core wants to know.
pub(crate) fn learn(shared: &Arc<Shared>, now: &Conversation, inbox: &Inbox, work: Work) {
    let (shared, job) = (Arc::clone(shared), Job::of(now, inbox));
    match work {
        Work::Remember { up_to } => {
            let memory = now.state.learnt.memory.as_ref().map(|memory| memory.text.clone());
            let transcript = transcript(now.state.to_remember(up_to));
            spawn(async move { remember(&shared, &job, memory, transcript, up_to).await });
        }
        Work::Read { up_to } => {
            let words = transcript(newest_words(now, up_to).into_iter());
            let wanted = inbox.learning();
            spawn(async move { read(&shared, &job, &words, up_to, wanted).await });
        }
    }
}

/// Returns the customer's newest messages up to one of them, oldest first.
fn newest_words(now: &Conversation, up_to: i64) -> Vec<&Recent> {
    let state = &now.state;
    let theirs = state.recent.iter().filter(|message| message.cycle == state.cycle && message.author == Author::Contact);
    let mut words: Vec<_> = theirs.filter(|message| message.seq <= up_to).rev().take(MOST_READ).collect();
    words.reverse();
    words
}

async fn remember(shared: &Shared, job: &Job, memory: Option<String>, transcript: String, up_to: i64) -> Result<(), SideJobError> {
    let so_far = memory.as_deref().map(|memory| ("the memory so far", memory));
    let pieces: Vec<(&str, &str)> = so_far.into_iter().chain([("transcript", transcript.as_str())]).collect();
    let reply = job.ask(shared, SideJob::RollingSummary, &pieces).await?;
    let lesson = reply.text.as_deref().and_then(|text| read_memory(text, up_to));
    job.learnt(shared, lesson, &reply).await
}

async fn read(shared: &Shared, job: &Job, words: &str, up_to: i64, wanted: Wanted) -> Result<(), SideJobError> {
    let reply = job.ask(shared, SideJob::Reading, &[("the customer's messages", words)]).await?;
    let lesson = reply.text.as_deref().and_then(|text| read_reading(text, up_to, wanted));
    job.learnt(shared, lesson, &reply).await
}
