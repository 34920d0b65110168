//! The summary for whoever takes a conversation over, as a note.

use super::{Job, SideJobError, price, spawn, transcript};
use crate::domain::conversation::Conversation;
use crate::domain::conversation::event::Happening;
use crate::domain::conversation::message::Author;
use crate::domain::inbox::Inbox;
use crate::domain::prompt::SideJob;
use crate::domain::summary::Summary;
use crate::engine::shared::Shared;
use std::sync::Arc;

/// One summary to be made.
struct Handover {
    job: Job,
    /// Names the hand-over: one summary each.
    turn_no: i64,
    mood: bool,
    customer: Vec<String>,
    memory: Option<String>,
    transcript: String,
}

/// Asks for the summary of a conversation that was just handed over, if the inbox wants one.
pub(crate) fn summarise(shared: &Arc<Shared>, now: &Conversation, inbox: &Inbox) {
    if !inbox.common.handoff_summary.unwrap_or(true) {
        return;
    }
    let Some(handover) = handover(now, inbox) else { return };
    let shared = Arc::clone(shared);
    spawn(async move { run(&shared, handover).await });
}

fn handover(now: &Conversation, inbox: &Inbox) -> Option<Handover> {
    let current = || now.state.recent.iter().filter(|message| message.cycle == now.state.cycle && message.author.public());
    let customer: Vec<String> = current().filter(|message| message.author == Author::Contact).map(|message| message.text.clone()).collect();
    if customer.iter().all(|text| text.trim().is_empty()) {
        return None;
    }
    // A mood that is known stands in the note of the hand-over already.
    let mood = inbox.common.sentiment.unwrap_or(true) && now.state.learnt.mood.is_none();
    Some(Handover {
        job: Job::of(now, inbox),
        turn_no: now.state.last_turn,
        mood,
        customer,
        memory: now.state.learnt.memory.as_ref().map(|memory| memory.text.clone()),
        transcript: transcript(current()),
    })
}

async fn run(shared: &Shared, handover: Handover) -> Result<(), SideJobError> {
    let Handover { job, turn_no, mood, customer, memory, transcript } = handover;
    let before = memory.as_deref().map(|memory| ("what came before", memory));
    let pieces: Vec<(&str, &str)> = before.into_iter().chain([("transcript", transcript.as_str())]).collect();
    let reply = job.ask(shared, SideJob::HandoffSummary, &pieces).await?;
    let Some(summary) = reply.text.as_deref().and_then(Summary::read) else {
        job.learnt(shared, None, &reply).await?;
        return Err(SideJobError::Shape);
    };
    let mood = mood && summary.is_shown_by(customer.iter().map(String::as_str));
    let (tokens, cost_micros) = price(&reply);
    let happening = Happening::SummaryMade { text: summary.note(job.language, mood), tokens, cost_micros, changes: job.changes };
    job.bring(shared, format!("summary:{}:{turn_no}", job.key.id), happening).await
}
