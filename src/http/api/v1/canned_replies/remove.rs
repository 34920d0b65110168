//! `DELETE /api/v1/canned-replies/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::canned_replies::{member, read_path};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Removes a prepared text.
///
/// # Errors
/// 404 for an absent one, a colleague's own, or another tenant's.
#[utoipa::path(delete, path = "/api/v1/canned-replies/{id}", tag = "canned replies", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Removed")))]
pub async fn remove_canned_reply(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let gone = origin.scope(&state, &who).remove_canned_reply(member(&who), read_path(&id)?, state.clock.now()).await?;
    if gone { Ok(HttpResponse::NoContent().finish()) } else { Err(Problem::not_found()) }
}
