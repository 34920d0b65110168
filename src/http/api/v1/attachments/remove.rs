//! `DELETE /api/v1/attachments/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::attachments::read_path;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Takes a file back that nobody uses yet.
///
/// # Errors
/// 404 for an absent one, and for what is not seen, 409 for one that a message or a prepared text has.
#[utoipa::path(delete, path = "/api/v1/attachments/{id}", tag = "attachments", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Gone"), (status = 409, description = "It is in use", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn remove_attachment(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<HttpResponse, Problem> {
    match who.scope(&state.store).remove_file(who.agent(), read_path(&id)?, state.ids.uuid().into()).await? {
        Some(true) => Ok(HttpResponse::NoContent().finish()),
        Some(false) => Err(Problem::conflict("a message or a prepared text has this file").with_code("in_use")),
        None => Err(Problem::not_found()),
    }
}
