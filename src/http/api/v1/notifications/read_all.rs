//! `POST /api/v1/notifications/read-all`.

use crate::domain::ids::ConversationId;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What was looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadAllBody {
    /// Only what is about this conversation: say it when it is opened. Absent: everything.
    #[serde(default)]
    conversation_id: Option<Uuid>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadAllView {
    /// How many were unread.
    read: u64,
}

/// Says that you have looked at everything, or at one conversation. Its hand-over goes no further then, whoever was told of it.
///
/// # Errors
/// 403 for an API key, 404 for a conversation that you do not see.
#[utoipa::path(post, path = "/api/v1/notifications/read-all", tag = "notifications", request_body = ReadAllBody,
    responses((status = 200, description = "How many were unread", body = ReadAllView), (status = 404, description = "No such conversation", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn read_all_notifications(
    who: AgentPrincipal,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<ReadAllView>, Problem> {
    let person = who.person()?;
    let ReadAllBody { conversation_id } = read(&state, &request, payload).await?;
    let scope = who.scope(&state.store);
    let conversation = conversation_id.map(ConversationId);
    if let Some(id) = conversation
        && scope.conversation(id).await?.is_none()
    {
        return Err(Problem::not_found());
    }
    let read = scope.read_notifications(person.member, conversation, state.clock.now()).await?;
    Ok(Json(ReadAllView { read }))
}
