//! Conversations and their messages: read them, and step in.

pub mod assignment;
pub mod bulk;
pub mod change;
pub mod claim;
pub mod claim_next;
pub mod counts;
pub mod cycles;
pub mod filter;
pub mod get;
pub mod handback;
pub mod list;
pub mod message_remove;
pub mod message_retry;
pub mod messages_create;
pub mod messages_list;
pub mod reading;
pub mod remove;
pub mod status;
#[cfg(test)]
mod tests;
pub mod turns;
pub mod watching;

use crate::domain::conversation::event::Happening;
use crate::domain::ids::ConversationId;
use crate::http::HttpState;
use crate::http::api::v1::command::{CommandRequest, Ended};
use crate::http::api::v1::views::ConversationView;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::store::people::conversations::ConversationRow;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

/// Finds a conversation of the caller's tenant by the id in the path.
///
/// # Errors
/// 404 for an absent one, for another tenant's, and for what is no id.
pub async fn find(state: &HttpState, who: &AgentPrincipal, id: &str) -> Result<ConversationRow, Problem> {
    let id: ConversationId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let row = who.scope(&state.store).conversation(id).await?;
    row.ok_or_else(Problem::not_found)
}

/// Runs a command and shows the conversation afterwards: also to whoever has just put it out of his own sight, as the answer to that.
///
/// # Errors
/// As [`CommandRequest::run`].
pub async fn run_and_show(
    state: &HttpState,
    command: &CommandRequest,
    conversation: &ConversationRow,
    happening: Happening,
) -> Result<HttpResponse, Problem> {
    let answer = match command.run(state, conversation, happening).await? {
        Ended::Done { answer, .. } => answer,
        Ended::Later(response) => return Ok(response),
    };
    let row = state.store.tenant(command.who.tenant).conversation(conversation.key().id).await?.ok_or_else(Problem::not_found)?;
    let shown = reading::with_readings(state, &command.who, vec![ConversationView::of(row, state.clock.now())]).await?;
    Ok(answer.status(StatusCode::OK).json(shown.first()))
}
