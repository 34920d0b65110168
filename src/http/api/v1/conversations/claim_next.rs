//! `POST /api/v1/conversations/claim-next`: takes the first of the line.

use crate::domain::conversation::event::Happening;
use crate::http::api::v1::command::{CommandPending, CommandRequest};
use crate::http::api::v1::conversations::claim::Claim;
use crate::http::api::v1::conversations::{find, find_for, run_and_show};
use crate::http::api::v1::views::ConversationView;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::http::{HttpState, body};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

/// Conversations that are tried before the line counts as empty: others take from it at the same time.
const TRIES: u64 = 10;

/// Takes the conversation that waits longest, urgent ones first: of what you see, of no team or of one of yours. A repeat with
/// the same `Idempotency-Key` shows what the first one took.
///
/// # Errors
/// 503 while the database is away.
#[utoipa::path(post, path = "/api/v1/conversations/claim-next", tag = "conversations", request_body = Claim,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The conversation that you took", body = ConversationView), (status = 202, description = "Will be done", body = CommandPending), (status = 204, description = "Nothing waits that you may take")))]
pub async fn claim_next(
    who: AgentPrincipal,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let command = CommandRequest::read(&state, who.clone(), &request, payload).await?.as_one_of_many();
    let Claim {} = body::decode(&command.body)?;
    let scope = who.scope(&state.store);
    if let Some(taken) = scope.taken_under(command.marked()).await? {
        let conversation = find_for(&state, &command, &taken.to_string()).await?;
        return run_and_show(&state, &command, &conversation, Happening::AgentClaimed { by: who.agent() }).await;
    }
    for id in scope.line(who.agent().0, TRIES).await? {
        let Ok(conversation) = find(&state, &who, &id.to_string()).await else { continue };
        match run_and_show(&state, &command, &conversation, Happening::AgentClaimed { by: who.agent() }).await {
            Err(problem) if problem.status() == StatusCode::CONFLICT => {}
            done => return done,
        }
    }
    Ok(HttpResponse::NoContent().finish())
}
