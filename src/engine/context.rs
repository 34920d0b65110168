//! What a model is shown: the rules, the business's facts, and as much of the current stretch of the conversation as the budget takes. Notes,
//! system lines and deleted messages never come here; whatever others wrote about themselves stands behind a fence.
//!
//! Pure: the time, the seed of the boundary and the prompts are given.

use crate::domain::content::MessageKind;
use crate::domain::conversation::event::Reply;
use crate::domain::conversation::message::{Author, Recent};
use crate::domain::conversation::{Conversation, Exchange, Turn};
use crate::domain::fence::Fence;
use crate::domain::guard::Finding;
use crate::domain::inbox::Inbox;
use crate::domain::language::Language;
use crate::domain::prompt::{Asked, Prompt, PromptContext};
use crate::domain::time::Timestamp;
use crate::domain::tool::{ToolCall, ToolSpec};
use crate::ports::llm::{ChatMessage, ChatReply, ChatRequest, Drafts, Origin, Purpose};
use crate::ports::prompts::{PromptError, Prompts};
use crate::ports::toolbox::{Customer, Prepared, Said, ToolContext, Toolbox};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Stands where people of the business gave the conversation back.
const HANDED_BACK: &str =
    "Here a person of the business has given the conversation back to you: you answer again. What the person said stands.";
/// Most characters of a profile name.
const MAX_NAME: usize = 80;
/// Most characters of a quoted message.
const MAX_QUOTE: usize = 300;
/// Most characters of a summary of what came before.
const MAX_SUMMARY: usize = 2_000;
/// Most bytes of one tool's result.
const MAX_RESULT: usize = 4_000;

/// Tells tools who writes, and what the open turn answers.
pub(crate) fn customer_of(now: &Conversation, turn: &Turn, name: Option<&str>, default: Language) -> Customer {
    let cycle = now.state.cycle;
    let current: Vec<&Recent> = now.state.recent.iter().filter(|message| message.cycle == cycle && message.author.public()).collect();
    let first = now.owed.iter().take(turn.covers).filter_map(|owed| owed.seq).min().unwrap_or(i64::MAX);
    let answered = current.iter().filter(|message| message.author == Author::Contact && message.seq >= first);
    let asked = current.iter().rev().find(|message| message.author != Author::Contact && message.seq < first);
    Customer {
        key: now.key,
        contact: now.contact,
        name: name.filter(|name| !name.trim().is_empty()).map(str::to_owned),
        language: now.state.customer_language(default),
        said: answered.map(|message| Said { text: readable(message).to_owned(), button: message.button.clone() }).collect(),
        asked: asked.filter(|message| message.author == Author::Assistant).map(|message| message.text.clone()),
    }
}

/// Looks where the customer stands with the book. A book that cannot be read costs the turn its booking, not its answer.
pub(crate) async fn prepare(toolbox: &dyn Toolbox, context: &ToolContext) -> Prepared {
    toolbox.prepare(context).await.unwrap_or_else(|error| {
        tracing::warn!(conversation.id = %context.customer.key.id, error = %error, "a turn goes on without the book");
        Prepared::default()
    })
}

/// A call that needed no model.
pub(crate) fn understood(call: ToolCall) -> Reply {
    Reply { calls: vec![call], model: "recado".to_owned(), note: Some("understood without a model".to_owned()), ..Reply::default() }
}

/// Adds what a turn may do besides: tools, and where the customer stands with the book.
pub(crate) fn add_prepared(request: &mut ChatRequest, prepared: &Prepared, prompts: &dyn Prompts) -> Result<(), PromptError> {
    if !prepared.tools.is_empty() {
        request.tools = request.tools.iter().chain(&prepared.tools).cloned().collect();
    }
    let Some(brief) = &prepared.booking else { return Ok(()) };
    let section = prompts.booking(brief)?;
    if let Some(ChatMessage::System { text }) = Arc::make_mut(&mut request.messages).first_mut() {
        text.push_str("\n\n");
        text.push_str(&section);
    }
    request.booking = Some(Arc::clone(brief));
    Ok(())
}

/// Everything that a request is made of.
pub(crate) struct Asking<'a> {
    pub now: &'a Conversation,
    pub turn: &'a Turn,
    pub inbox: &'a Inbox,
    /// The name in the customer's profile: with the customer's words the only personal data that a model sees.
    pub name: Option<&'a str>,
    pub tools: Arc<[ToolSpec]>,
    pub prompts: &'a dyn Prompts,
    /// Random: makes the boundary of the fences.
    pub seed: &'a str,
    pub at: Timestamp,
    /// Most tokens of the whole request, by estimate.
    pub budget: usize,
    pub deadline: Duration,
    pub drafts: Drafts,
}

/// Builds the request for an open turn, with what is to be remembered of its prompt.
pub(crate) fn chat_request(asking: Asking<'_>) -> Result<(ChatRequest, Prompt), PromptError> {
    let Asking { now, turn, inbox, .. } = asking;
    let cycle = now.state.cycle;
    let current: Vec<&Recent> = now.state.recent.iter().filter(|message| message.cycle == cycle && message.author.public()).collect();
    let results: Vec<String> = turn.exchanges.iter().map(|exchange| exchange.result.to_string()).collect();
    let texts = current.iter().map(|message| message.text.as_str()).chain(asking.name).chain(memory(now));
    let fence = Fence::new(asking.seed, texts.chain(results.iter().map(String::as_str)));
    let (first_answer, disclose) = (now.state.first_answer(), inbox.discloses());
    let advice = advice(turn);
    let rendered = asking.prompts.reply(&PromptContext {
        business: &inbox.tenant.name,
        timezone: &inbox.tenant.timezone,
        locale: &inbox.tenant.locale,
        facts: &inbox.tenant.facts,
        now: asking.at,
        language: now.state.customer_language(inbox.tenant.language()),
        first_answer: first_answer && disclose,
        channel: inbox.channel.as_str(),
        max_chars: inbox.common.max_answer_chars.filter(|max| *max > 0),
        boundary: fence.boundary(),
        advice: &advice,
        enough: turn.enough_in > 0,
    })?;
    let calls: Vec<ChatMessage> = turn.exchanges.iter().flat_map(|exchange| shown_call(exchange, &fence)).collect();
    let tools = &asking.tools;
    let fixed = tokens(&rendered.system) + calls.iter().map(weight).sum::<usize>() + tools.iter().map(tool_weight).sum::<usize>();
    let kept = fitting(now, &current, asking.budget.saturating_sub(fixed));
    let prompt = Prompt { shown_from: kept.first().map(|message| message.seq), ..rendered.prompt };
    let mut messages = vec![ChatMessage::System { text: rendered.system }];
    messages.extend(history(&asking, kept, &current, &fence));
    messages.extend(calls);
    let request = ChatRequest {
        origin: Origin { tenant: now.key.tenant, inbox: inbox.id, conversation: now.key.id },
        purpose: Purpose::Answer,
        language: inbox.tenant.language(),
        business: inbox.tenant.name.clone(),
        first_answer,
        disclose,
        messages: Arc::new(messages),
        tools: asking.tools,
        format: None,
        booking: None,
        deadline: asking.deadline,
        drafts: asking.drafts,
    };
    Ok((request, prompt))
}

/// What the guards found in the last draft, as advice.
fn advice(turn: &Turn) -> Vec<&'static str> {
    let newest = turn.verdicts.last().filter(|_| turn.held > 0);
    newest.map(|verdict| verdict.found.iter().copied().map(Finding::advice).collect()).unwrap_or_default()
}

/// What a side job has kept of the messages that are no longer shown.
fn memory(now: &Conversation) -> Option<&str> {
    now.state.learnt.memory.as_ref().map(|memory| memory.text.as_str())
}

/// Estimates the tokens of a text: chat models need about one for three and a half letters of our languages.
fn tokens(text: &str) -> usize {
    text.chars().count() * 2 / 7 + 4
}

fn tool_weight(tool: &ToolSpec) -> usize {
    tokens(&tool.description) + tokens(&tool.parameters.to_string()) + tokens(&tool.name)
}

fn weight(message: &ChatMessage) -> usize {
    match message {
        ChatMessage::System { text } | ChatMessage::User { text, .. } => tokens(text),
        ChatMessage::Assistant { text, calls, .. } => {
            tokens(text) + calls.iter().map(|call| tokens(&call.arguments.to_string()) + tokens(&call.name)).sum::<usize>()
        }
        ChatMessage::Tool { result, .. } => tokens(&result.to_string()),
    }
}

/// Returns the newest messages that fit: what is owed an answer always, the rest by whole turns, so that the first one kept is the customer's.
fn fitting<'a>(now: &Conversation, current: &'a [&'a Recent], budget: usize) -> &'a [&'a Recent] {
    let owed = now.owed.iter().filter_map(|owed| owed.seq).min();
    let must = owed.and_then(|first| current.iter().position(|message| message.seq >= first)).unwrap_or(current.len());
    let mut spent: usize = current.iter().skip(must).map(|message| tokens(&message.text)).sum();
    let mut from = must;
    for (at, message) in current.iter().enumerate().take(must).rev() {
        spent += tokens(&message.text);
        if spent > budget {
            break;
        }
        let begins_turn =
            message.author == Author::Contact && (at == 0 || current.get(at - 1).is_some_and(|before| before.author != Author::Contact));
        if begins_turn || at == 0 {
            from = at;
        }
    }
    current.get(from..).unwrap_or_default()
}

/// The messages as the model sees them; name and summary stand before the customer's first one.
fn history(asking: &Asking<'_>, kept: &[&Recent], all: &[&Recent], fence: &Fence) -> Vec<ChatMessage> {
    let mut before = String::new();
    if let Some(name) = asking.name.filter(|name| !name.trim().is_empty()) {
        before.push_str(&fence.around("the name in the customer's profile", name, MAX_NAME));
    }
    if let Some(summary) = memory(asking.now) {
        before.push_str(&fence.around("a summary of what came before", summary, MAX_SUMMARY));
    }
    let mut messages = Vec::with_capacity(kept.len());
    for message in kept {
        messages.push(match message.author {
            Author::Contact => {
                let quoted = message.reply_to.as_deref().and_then(|id| all.iter().find(|other| other.external_id.as_deref() == Some(id)));
                let mut text = std::mem::take(&mut before);
                if let Some(quoted) = quoted {
                    text.push_str(&fence.around("the message that the customer answers to", &quoted.text, MAX_QUOTE));
                }
                text.push_str(readable(message));
                ChatMessage::User { text, at: message.occurred_at }
            }
            Author::Human(_) => ChatMessage::Assistant { text: said_by_person(message), calls: Vec::new(), human: true },
            Author::Assistant | Author::Automatic | Author::Note(_) | Author::System => {
                ChatMessage::Assistant { text: message.text.clone(), calls: Vec::new(), human: false }
            }
        });
    }
    mark_handback(&mut messages);
    messages
}

/// The model is asked only while it holds the conversation: what people said last, ended their stretch.
fn mark_handback(messages: &mut Vec<ChatMessage>) {
    let newest = messages.iter().rposition(|message| matches!(message, ChatMessage::Assistant { human: true, .. }));
    if let Some(place) = newest {
        messages.insert(place + 1, ChatMessage::System { text: HANDED_BACK.to_owned() });
    }
}

/// A call and its result, the result behind its fence and cut.
fn shown_call(exchange: &Exchange, fence: &Fence) -> [ChatMessage; 2] {
    let spelled = exchange.result.to_string();
    let result: Value = if spelled.len() > MAX_RESULT {
        json!({ "cut": crate::domain::content::truncate(&spelled, MAX_RESULT) })
    } else {
        exchange.result.clone()
    };
    [
        ChatMessage::Assistant { text: String::new(), calls: vec![exchange.call.clone()], human: false },
        ChatMessage::Tool { call_id: exchange.call.id.clone(), name: exchange.call.name.clone(), result: fence.around_result(result) },
    ]
}

/// Hands a model's answer to the core, with what it was asked. The messages are kept only where a model was at work, and cut.
pub(crate) fn core_reply(reply: ChatReply, prompt: Prompt, messages: &[ChatMessage], keep: usize) -> Reply {
    let ChatReply { text, calls, model, note, tokens, cost_micros, attempts } = reply;
    let kept = (tokens != (0, 0) && keep > 0).then(|| cut_to(messages, keep));
    let asked = Some(Arc::new(Asked { prompt, messages: kept }));
    Reply { text, calls, model, note, tokens, cost_micros, attempts, asked }
}

/// Writes messages as JSON of at most about `keep` bytes: the oldest after the prompt go first.
fn cut_to(messages: &[ChatMessage], keep: usize) -> String {
    let spelled: Vec<String> = messages.iter().filter_map(|message| serde_json::to_string(message).ok()).collect();
    let mut room = keep.saturating_sub(spelled.first().map_or(0, String::len));
    let mut newest: Vec<&str> = Vec::new();
    for message in spelled.iter().skip(1).rev() {
        if message.len() > room {
            newest.push("{\"role\":\"cut\"}");
            break;
        }
        room -= message.len();
        newest.push(message);
    }
    let first = spelled.first().map(String::as_str).filter(|first| first.len() <= keep).unwrap_or("{\"role\":\"cut\"}");
    let all: Vec<&str> = std::iter::once(first).chain(newest.into_iter().rev()).collect();
    format!("[{}]", all.join(","))
}

/// Returns what a person of the business said; models refuse a message that says nothing.
fn said_by_person(message: &Recent) -> String {
    if message.text.is_empty() { "[a file]".to_owned() } else { message.text.clone() }
}

/// Returns the text of a customer's message; a kind without words that a machine can read gives an empty text.
fn readable(message: &Recent) -> &str {
    match message.kind {
        MessageKind::Text
        | MessageKind::Button
        | MessageKind::Image
        | MessageKind::Video
        | MessageKind::Document
        | MessageKind::Template
        | MessageKind::Location
        | MessageKind::Contacts
        | MessageKind::Order => &message.text,
        MessageKind::Audio | MessageKind::Sticker | MessageKind::Unsupported => "",
    }
}

#[cfg(test)]
mod tests;
