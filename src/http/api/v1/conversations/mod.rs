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
mod parting;
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

/// As [`find`], for a request that changes something: its repeat finds the conversation also once it has left the caller's sight, without
/// anything that has come since.
///
/// # Errors
/// As [`find`].
pub async fn find_for(state: &HttpState, command: &CommandRequest, id: &str) -> Result<ConversationRow, Problem> {
    let who = &command.who;
    let id: ConversationId = id.parse().ok().ok_or_else(Problem::not_found)?;
    if let Some(row) = who.scope(&state.store).conversation(id).await? {
        return Ok(row);
    }
    let hidden = if who.visibility.is_everything() { None } else { state.store.tenant(who.tenant).conversation(id).await? };
    let row = hidden.ok_or_else(Problem::not_found)?;
    match command.asked_before(state, &row).await? {
        Some(_) => Ok(parting::forgotten(row)),
        None => Err(Problem::not_found()),
    }
}

/// Runs a command and shows the conversation afterwards; one that is not seen any more as its caller has left it, as the answer to that.
///
/// # Errors
/// As [`CommandRequest::run`].
pub async fn run_and_show(
    state: &HttpState,
    command: &CommandRequest,
    conversation: &ConversationRow,
    happening: Happening,
) -> Result<HttpResponse, Problem> {
    let answer = match command.run(state, conversation, happening.clone()).await? {
        Ended::Done { answer, .. } => answer,
        Ended::Later(response) => return Ok(response),
    };
    let (who, id) = (&command.who, conversation.key().id);
    if let Some(row) = who.scope(&state.store).conversation(id).await? {
        let shown = reading::with_readings(state, who, vec![ConversationView::of(row, state.clock.now())]).await?;
        return Ok(answer.status(StatusCode::OK).json(shown.first()));
    }
    if state.store.tenant(who.tenant).conversation(id).await?.is_none() {
        return Err(Problem::not_found());
    }
    let left = ConversationView::of(parting::as_left(conversation.clone(), &happening), state.clock.now());
    Ok(answer.status(StatusCode::OK).json(ConversationView { can_reply: false, ..left }))
}
