//! `POST /api/v1/conversations/{id}/handback`: gives the conversation back to the assistant.

use crate::domain::conversation::event::Happening;
use crate::http::api::v1::command::{CommandPending, CommandRequest};
use crate::http::api::v1::conversations::{find_for, run_and_show};
use crate::http::api::v1::views::ConversationView;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::{Problem, ProblemDetails};
use crate::http::{HttpState, body};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

/// Nothing to say: an empty object, or no body.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandBack {}

/// Gives a conversation back to the assistant.
///
/// # Errors
/// 404 for an absent conversation or another tenant's, 409 in spam, 422 where the inbox has no assistant.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/handback", tag = "conversations", request_body = HandBack,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The conversation now", body = ConversationView), (status = 202, description = "Will be done", body = CommandPending), (status = 409, description = "The conversation is spam", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn hand_back(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let command = CommandRequest::read(&state, who.clone(), &request, payload).await?;
    let conversation = find_for(&state, &command, &id).await?;
    let HandBack {} = body::decode(&command.body)?;
    run_and_show(&state, &command, &conversation, Happening::AgentHandedBack { by: who.agent() }).await
}
