//! Side jobs of a model, off the path of any turn: the summary for whoever takes a conversation over, the memory of a long conversation, the
//! customer's language and mood. They delay nothing, and if one fails everything stays as it is.
//!
//! What they find out comes back as a row of the queue, like a person's command: the conversation's own step writes it, or drops it.

mod handoff;
mod learn;

pub(crate) use handoff::summarise;
pub(crate) use learn::learn;

use crate::domain::conversation::Conversation;
use crate::domain::conversation::event::Happening;
use crate::domain::conversation::message::{Author, Recent};
use crate::domain::fence::Fence;
use crate::domain::ids::{ConversationKey, InboxId};
use crate::domain::inbox::Inbox;
use crate::domain::language::Language;
use crate::domain::learnt::{Learning, Lesson};
use crate::domain::prompt::SideJob;
use crate::engine::settings::ms;
use crate::engine::shared::Shared;
use crate::ports::llm::{ChatMessage, ChatReply, ChatRequest, Drafts, Format, LlmError, Origin, Purpose};
use crate::ports::prompts::PromptError;
use crate::ports::store::{NewCommand, StoreError};
use std::sync::Arc;
use thiserror::Error;

/// Most characters of one message in a transcript.
const MAX_MESSAGE: usize = 1_000;
/// Most characters of one piece of data.
const MAX_PIECE: usize = 12_000;

/// Why a side job came to nothing.
#[derive(Debug, Error)]
enum SideJobError {
    #[error(transparent)]
    Prompt(#[from] PromptError),
    #[error(transparent)]
    Model(#[from] LlmError),
    #[error("the model's answer has not the shape that was asked for")]
    Shape,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whose side job it is, and about which stretch.
struct Job {
    key: ConversationKey,
    inbox: InboxId,
    business: String,
    language: Language,
    cycle: i64,
    changes: i64,
}

impl Job {
    fn of(now: &Conversation, inbox: &Inbox) -> Self {
        let (business, language) = (inbox.tenant.name.clone(), inbox.tenant.language());
        Self { key: now.key, inbox: inbox.id, business, language, cycle: now.state.cycle, changes: now.state.learnt.changes }
    }

    /// Asks the model, within the deadline. Every piece is data: its label is ours, its text stands behind a fence.
    async fn ask(&self, shared: &Shared, what: SideJob, pieces: &[(&str, &str)]) -> Result<ChatReply, SideJobError> {
        let request = self.request(shared, what, pieces)?;
        let late = shared.ports.clock.sleep_until(shared.moment().after(request.deadline));
        tokio::select! {
            reply = shared.ports.llm.complete(request) => Ok(reply?),
            () = late => Err(LlmError::Deadline.into()),
        }
    }

    fn request(&self, shared: &Shared, what: SideJob, pieces: &[(&str, &str)]) -> Result<ChatRequest, PromptError> {
        let seed = shared.ports.ids.uuid().simple().to_string();
        let fence = Fence::new(&seed, pieces.iter().map(|(_, text)| *text));
        let rendered = shared.ports.prompts.side_job(what, self.language, fence.boundary())?;
        let text: String = pieces.iter().map(|(label, text)| fence.around(label, text, MAX_PIECE)).collect();
        Ok(ChatRequest {
            origin: Origin { tenant: self.key.tenant, inbox: self.inbox, conversation: self.key.id },
            purpose: Purpose::SideJob,
            language: self.language,
            business: self.business.clone(),
            first_answer: false,
            disclose: false,
            messages: Arc::new(vec![ChatMessage::System { text: rendered.system }, ChatMessage::User { text, at: shared.now() }]),
            tools: Arc::default(),
            format: Some(Format { name: rendered.name.to_owned(), schema: rendered.schema }),
            booking: None,
            deadline: ms(shared.settings.side_job_deadline_ms),
            drafts: Drafts::none(),
        })
    }

    /// Brings a lesson back, or only its price.
    async fn learnt(&self, shared: &Shared, lesson: Option<Lesson>, reply: &ChatReply) -> Result<(), SideJobError> {
        let (tokens, cost_micros) = price(reply);
        if lesson.is_none() && (tokens, cost_micros) == (0, 0) {
            return Ok(());
        }
        let learning = Learning { lesson, cycle: self.cycle, changes: self.changes, tokens, cost_micros };
        let external_id = format!("learnt:{}:{}", self.key.id, shared.ports.ids.uuid());
        self.bring(shared, external_id, Happening::Learnt(learning)).await
    }

    async fn bring(&self, shared: &Shared, external_id: String, happening: Happening) -> Result<(), SideJobError> {
        let fingerprint = external_id.clone();
        let command = NewCommand { key: self.key, inbox: self.inbox, fingerprint, external_id, happening, at: shared.now() };
        shared.ports.store.add_command(command).await?;
        shared.look(self.key);
        Ok(())
    }
}

/// Returns the tokens and the cost of an answer.
fn price(reply: &ChatReply) -> (i64, i64) {
    let cost = reply.cost_micros.unwrap_or(0);
    (i64::from(reply.tokens.0) + i64::from(reply.tokens.1), i64::try_from(cost).unwrap_or(i64::MAX))
}

/// Lets a job run beside everything else. Its failure is nobody's.
fn spawn(work: impl Future<Output = Result<(), SideJobError>> + 'static) {
    actix::spawn(async move {
        if let Err(error) = work.await {
            tracing::debug!(error = %error, "a side job came to nothing");
        }
    });
}

/// Writes messages as a transcript, a line or more each.
fn transcript<'a>(messages: impl Iterator<Item = &'a Recent>) -> String {
    let lines = messages.map(|message| {
        let who = match message.author {
            Author::Contact => "customer",
            Author::Human(_) => "person",
            Author::Automatic => "automatic text",
            Author::Assistant | Author::Note(_) | Author::System => "assistant",
        };
        let text: String = message.text.chars().take(MAX_MESSAGE).collect();
        format!("{who}: {text}")
    });
    lines.collect::<Vec<_>>().join("\n")
}
