//! `POST /api/v1/canned-replies/{id}/render`.

use crate::domain::canned::{Values, render};
use crate::domain::ids::ConversationId;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::canned_replies::{find, member};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Where it is to be used.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenderBody {
    /// The conversation.
    conversation_id: Uuid,
}

/// A text filled in. Nothing is sent by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RenderedView {
    /// The text.
    text: String,
    /// Placeholders of which nothing was known and nothing stood in: they are left out.
    missing: Vec<&'static str>,
}

/// Fills a prepared text in for a conversation, in your name.
///
/// # Errors
/// 404 for an absent text or conversation, and for what is not seen.
#[utoipa::path(post, path = "/api/v1/canned-replies/{id}/render", tag = "canned replies", request_body = RenderBody, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The text, filled in", body = RenderedView)))]
pub async fn render_canned_reply(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<RenderedView>, Problem> {
    let body: RenderBody = read(&state, &request, payload).await?;
    let (reply, scope) = (find(&state, &who, &id).await?, who.scope(&state.store));
    let conversation = scope.conversation(ConversationId(body.conversation_id)).await?.ok_or_else(Problem::not_found)?;
    let agent = match member(&who) {
        Some(member) => scope.member(member).await?.map(|row| row.name),
        None => None,
    };
    let business = scope.business().await?.map(|business| business.name);
    let values = Values { contact: conversation.contact_name.clone(), agent, business, number: Some(conversation.model.number) };
    let done = render(&reply.what.body, &values).map_err(|error| Problem::field("text", error.to_string()))?;
    Ok(Json(RenderedView { text: done.text, missing: done.missing }))
}
