//! What a model is shown: the current stretch of the conversation, cut down to what it needs. Notes, system lines and deleted messages
//! never come here.

use crate::domain::content::MessageKind;
use crate::domain::conversation::event::Reply;
use crate::domain::conversation::message::{Author, Recent};
use crate::domain::conversation::{Conversation, Turn};
use crate::domain::inbox::Inbox;
use crate::domain::tool::ToolSpec;
use crate::ports::llm::{ChatMessage, ChatReply, ChatRequest, Drafts, Origin, Purpose};
use std::time::Duration;

/// Builds the request for an open turn.
pub(crate) fn chat_request(now: &Conversation, turn: &Turn, inbox: &Inbox, tools: Vec<ToolSpec>, deadline: Duration) -> ChatRequest {
    let cycle = now.state.cycle;
    let current = now.state.recent.iter().filter(|message| message.cycle == cycle && message.author.public());
    let first_answer = !current.clone().any(|message| message.author == Author::Assistant);
    let mut messages: Vec<ChatMessage> = current.map(chat_message).collect();
    for exchange in &turn.exchanges {
        messages.push(ChatMessage::Assistant { text: String::new(), calls: vec![exchange.call.clone()], human: false });
        messages.push(ChatMessage::Tool {
            call_id: exchange.call.id.clone(),
            name: exchange.call.name.clone(),
            result: exchange.result.clone(),
        });
    }
    ChatRequest {
        origin: Origin { tenant: now.key.tenant, inbox: inbox.id, conversation: now.key.id },
        purpose: Purpose::Answer,
        language: inbox.tenant.language(),
        business: inbox.tenant.name.clone(),
        first_answer,
        messages,
        tools,
        format: None,
        deadline,
        drafts: Drafts::none(),
    }
}

/// Hands a model's answer to the core.
pub(crate) fn core_reply(reply: ChatReply) -> Reply {
    let ChatReply { text, calls, model, note, tokens, cost_micros, attempts } = reply;
    Reply { text, calls, model, note, tokens, cost_micros, attempts }
}

fn chat_message(message: &Recent) -> ChatMessage {
    match message.author {
        Author::Contact => ChatMessage::User { text: readable(message), at: message.occurred_at },
        Author::Human(_) => ChatMessage::Assistant { text: message.text.clone(), calls: Vec::new(), human: true },
        Author::Assistant | Author::Note(_) | Author::System => {
            ChatMessage::Assistant { text: message.text.clone(), calls: Vec::new(), human: false }
        }
    }
}

/// Returns the text of a customer's message; a kind without words that a machine can read gives an empty text.
fn readable(message: &Recent) -> String {
    match message.kind {
        MessageKind::Text
        | MessageKind::Button
        | MessageKind::Image
        | MessageKind::Video
        | MessageKind::Document
        | MessageKind::Template
        | MessageKind::Location
        | MessageKind::Contacts
        | MessageKind::Order => message.text.clone(),
        MessageKind::Audio | MessageKind::Sticker | MessageKind::Unsupported => String::new(),
    }
}
