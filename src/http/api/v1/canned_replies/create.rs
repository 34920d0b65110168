//! `POST /api/v1/canned-replies`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::canned_replies::{CannedReplyBody, CannedReplyView, member, saved};
use crate::http::api::v1::contacts::id_for;
use crate::http::auth::AgentPrincipal;
use crate::http::files::links::Linker;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

/// Keeps a prepared text.
///
/// # Errors
/// 409 if the code is taken, 422 naming a wrong field, or a placeholder that is none.
#[utoipa::path(post, path = "/api/v1/canned-replies", tag = "canned replies", request_body = CannedReplyBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable ASCII characters; the same key makes one text")),
    responses((status = 201, description = "The text", body = CannedReplyView), (status = 409, description = "The code is taken", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_canned_reply(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let what = read::<CannedReplyBody>(&state, &request, payload).await?.read(&who)?;
    let id = id_for(&state, &who, &request)?.into();
    let view = saved(
        origin.scope(&state, &who).add_canned_reply(member(&who), id, what, state.clock.now()).await?,
        &Linker::new(&state, who.tenant),
    )?;
    let location = (LOCATION, format!("/api/v1/canned-replies/{}", view.id));
    Ok(HttpResponse::Created().insert_header(location).json(view))
}
