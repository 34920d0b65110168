//! `POST /api/v1/conversations/{id}/assignment`: to a person, or to nobody.

use crate::domain::conversation::event::Happening;
use crate::http::api::v1::command::{CommandPending, CommandRequest};
use crate::http::api::v1::conversations::{find, run_and_show};
use crate::http::api::v1::views::ConversationView;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::http::{HttpState, body};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// To whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The member, who must see the inbox and may answer in it; null: nobody. Must be given, so that an empty body never unassigns.
    #[serde(deserialize_with = "Option::deserialize")]
    assignee_id: Option<Uuid>,
}

/// Assigns a conversation. Assigning a person takes it from the assistant.
///
/// # Errors
/// 404 for an absent conversation or another tenant's, 422 for somebody who cannot answer there.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/assignment", tag = "conversations", request_body = Assign,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The conversation now", body = ConversationView), (status = 202, description = "Will be done", body = CommandPending)))]
pub async fn assign_conversation(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let command = CommandRequest::read(&state, who.clone(), &request, payload).await?;
    let conversation = find(&state, &who, &id).await?;
    let input: Assign = body::decode(&command.body)?;
    if let Some(assignee) = input.assignee_id {
        let inbox = conversation.model.inbox_id.into();
        if !who.scope(&state.store).member_may_answer(assignee.into(), inbox).await? {
            return Err(Problem::field("assignee_id", "must be a member who sees this inbox and may answer in it"));
        }
    }
    let happening = Happening::AgentAssigned { by: who.agent(), assignee: input.assignee_id.map(Into::into) };
    run_and_show(&state, &command, &conversation, happening).await
}
