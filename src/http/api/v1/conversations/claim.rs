//! `POST /api/v1/conversations/{id}/claim`: takes a conversation that nobody has.

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
pub struct Claim {}

/// Takes a conversation, also from the assistant. Of several who try at once exactly one has it.
///
/// # Errors
/// 404 for an absent conversation or another tenant's, 409 naming whoever has it, 409 for one that is not open.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/claim", tag = "conversations", request_body = Claim,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The conversation now", body = ConversationView), (status = 202, description = "Will be done", body = CommandPending), (status = 409, description = "Somebody has it: `errors` names who; or it is not open", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn claim_conversation(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let command = CommandRequest::read(&state, who.clone(), &request, payload).await?;
    let conversation = find_for(&state, &command, &id).await?;
    let Claim {} = body::decode(&command.body)?;
    run_and_show(&state, &command, &conversation, Happening::AgentClaimed { by: who.agent() }).await
}
