//! `POST /api/v1/canned-replies/{id}/render`.

use crate::domain::canned::{Rendered, Values, render};
use crate::domain::ids::ConversationId;
use crate::http::HttpState;
use crate::http::api::v1::attachments::UploadView;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::canned_replies::{find, member};
use crate::http::auth::AgentPrincipal;
use crate::http::files::links::Linker;
use crate::http::problem::Problem;
use crate::store::people::canned::CannedRow;
use crate::store::people::conversations::ConversationRow;
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
    /// Its files: name their ids in the message.
    attachments: Vec<UploadView>,
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
    let reply = find(&state, &who, &id).await?;
    let conversation = who.scope(&state.store).conversation(ConversationId(body.conversation_id)).await?.ok_or_else(Problem::not_found)?;
    let done = fill_in(&state, &who, &reply, &conversation).await?;
    let linker = Linker::new(&state, who.tenant);
    let attachments = reply.files.into_iter().map(|file| UploadView::of(file, &linker)).collect();
    Ok(Json(RenderedView { text: done.text, missing: done.missing, attachments }))
}

/// Fills a text in, in the caller's name.
pub(in crate::http::api::v1) async fn fill_in(
    state: &HttpState,
    who: &AgentPrincipal,
    reply: &CannedRow,
    conversation: &ConversationRow,
) -> Result<Rendered, Problem> {
    let scope = who.scope(&state.store);
    let agent = match member(who) {
        Some(member) => scope.member(member).await?.map(|row| row.name),
        None => None,
    };
    let business = scope.business().await?.map(|business| business.name);
    let values = Values { contact: conversation.contact_name.clone(), agent, business, number: Some(conversation.model.number) };
    render(&reply.what.body, &values).map_err(|error| Problem::field("text", error.to_string()))
}
