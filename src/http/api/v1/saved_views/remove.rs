//! `DELETE /api/v1/views/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::saved_views::{find, owner};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Deletes a saved view.
///
/// # Errors
/// 403 for a shared one that is not yours to delete, 404 for an absent one or another member's.
#[utoipa::path(delete, path = "/api/v1/views/{id}", tag = "views", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Deleted")))]
pub async fn remove_view(who: AgentPrincipal, origin: Origin, state: Data<HttpState>, id: Path<String>) -> Result<HttpResponse, Problem> {
    let view = find(&state, &who, &id).await?;
    let owner = owner(&who, view.member.is_none())?;
    let gone = origin.scope(&state, &who).delete_view(owner, view.id).await?;
    if gone { Ok(HttpResponse::NoContent().finish()) } else { Err(Problem::not_found()) }
}
