//! Side jobs of a model for the people of the business, off the path of any turn: the summary for whoever takes a conversation over. They
//! delay nothing, and if one fails everything stays as it is.

use crate::domain::conversation::Conversation;
use crate::domain::conversation::event::Happening;
use crate::domain::conversation::message::Author;
use crate::domain::fence::Fence;
use crate::domain::ids::{ConversationKey, InboxId};
use crate::domain::inbox::Inbox;
use crate::domain::language::Language;
use crate::domain::prompt::SideJob;
use crate::domain::summary::Summary;
use crate::engine::settings::ms;
use crate::engine::shared::Shared;
use crate::ports::llm::{ChatMessage, ChatRequest, Drafts, Format, LlmError, Origin, Purpose};
use crate::ports::prompts::PromptError;
use crate::ports::store::{NewCommand, StoreError};
use std::sync::Arc;
use thiserror::Error;

/// Most characters of one message in a transcript.
const MAX_MESSAGE: usize = 1_000;
/// Most characters of a transcript.
const MAX_TRANSCRIPT: usize = 12_000;

/// Why there is no summary.
#[derive(Debug, Error)]
enum SideJobError {
    #[error(transparent)]
    Prompt(#[from] PromptError),
    #[error(transparent)]
    Model(#[from] LlmError),
    #[error("the model's answer is no summary")]
    Shape,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One summary to be made.
struct Job {
    key: ConversationKey,
    inbox: InboxId,
    /// Names the hand-over: one summary each.
    turn_no: i64,
    business: String,
    language: Language,
    mood: bool,
    customer: Vec<String>,
    transcript: String,
}

/// Asks for the summary of a conversation that was just handed over, if the inbox wants one.
pub(crate) fn summarise(shared: &Arc<Shared>, now: &Conversation, inbox: &Inbox) {
    if !inbox.common.handoff_summary.unwrap_or(true) {
        return;
    }
    let Some(job) = job(now, inbox) else { return };
    let shared = Arc::clone(shared);
    actix::spawn(async move {
        if let Err(error) = run(&shared, job).await {
            tracing::debug!(error = %error, "a hand-over stays without a summary");
        }
    });
}

fn job(now: &Conversation, inbox: &Inbox) -> Option<Job> {
    let current = || now.state.recent.iter().filter(|message| message.cycle == now.state.cycle && message.author.public());
    let customer: Vec<String> = current().filter(|message| message.author == Author::Contact).map(|message| message.text.clone()).collect();
    if customer.iter().all(|text| text.trim().is_empty()) {
        return None;
    }
    let lines = current().map(|message| {
        let who = match message.author {
            Author::Contact => "customer",
            Author::Human(_) => "person",
            Author::Assistant | Author::Note(_) | Author::System => "assistant",
        };
        let text: String = message.text.chars().take(MAX_MESSAGE).collect();
        format!("{who}: {text}")
    });
    Some(Job {
        key: now.key,
        inbox: inbox.id,
        turn_no: now.state.last_turn,
        business: inbox.tenant.name.clone(),
        language: inbox.tenant.language(),
        mood: inbox.common.sentiment.unwrap_or(true),
        customer,
        transcript: lines.collect::<Vec<_>>().join("\n"),
    })
}

async fn run(shared: &Arc<Shared>, job: Job) -> Result<(), SideJobError> {
    let request = request(shared, &job)?;
    let late = shared.ports.clock.sleep_until(shared.moment().after(request.deadline));
    let reply = tokio::select! {
        reply = shared.ports.llm.complete(request) => reply?,
        () = late => return Err(LlmError::Deadline.into()),
    };
    let summary = reply.text.as_deref().and_then(Summary::read).ok_or(SideJobError::Shape)?;
    let mood = job.mood && summary.is_shown_by(job.customer.iter().map(String::as_str));
    let text = summary.note(job.language, mood);
    let tokens = i64::from(reply.tokens.0) + i64::from(reply.tokens.1);
    let external_id = format!("summary:{}:{}", job.key.id, job.turn_no);
    let command = NewCommand {
        key: job.key,
        inbox: job.inbox,
        fingerprint: external_id.clone(),
        external_id,
        happening: Happening::SummaryMade { text, tokens },
        at: shared.now(),
    };
    shared.ports.store.add_command(command).await?;
    shared.look(job.key);
    Ok(())
}

fn request(shared: &Shared, job: &Job) -> Result<ChatRequest, PromptError> {
    let seed = shared.ports.ids.uuid().simple().to_string();
    let fence = Fence::new(&seed, std::iter::once(job.transcript.as_str()));
    let rendered = shared.ports.prompts.side_job(SideJob::HandoffSummary, job.language, fence.boundary())?;
    let transcript = fence.around("transcript", &job.transcript, MAX_TRANSCRIPT);
    Ok(ChatRequest {
        origin: Origin { tenant: job.key.tenant, inbox: job.inbox, conversation: job.key.id },
        purpose: Purpose::SideJob,
        language: job.language,
        business: job.business.clone(),
        first_answer: false,
        messages: Arc::new(vec![ChatMessage::System { text: rendered.system }, ChatMessage::User { text: transcript, at: shared.now() }]),
        tools: Arc::default(),
        format: Some(Format { name: rendered.name.to_owned(), schema: rendered.schema }),
        deadline: ms(shared.settings.side_job_deadline_ms),
        drafts: Drafts::none(),
    })
}
