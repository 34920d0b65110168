//! `PUT /api/v1/canned-replies/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::canned_replies::{CannedReplyBody, CannedReplyView, member, read_path, saved};
use crate::http::auth::AgentPrincipal;
use crate::http::files::links::Linker;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};

/// Replaces a prepared text.
///
/// # Errors
/// 404 for an absent one, a colleague's own, or another tenant's; 409 if the code is taken; 422 naming a wrong field.
#[utoipa::path(put, path = "/api/v1/canned-replies/{id}", tag = "canned replies", request_body = CannedReplyBody, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The text now", body = CannedReplyView), (status = 409, description = "The code is taken", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn replace_canned_reply(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<CannedReplyView>, Problem> {
    let id = read_path(&id)?;
    let what = read::<CannedReplyBody>(&state, &request, payload).await?.read(&who)?;
    let changed = origin.scope(&state, &who).replace_canned_reply(member(&who), id, what, state.clock.now()).await?;
    Ok(Json(saved(changed, &Linker::new(&state, who.tenant))?))
}
