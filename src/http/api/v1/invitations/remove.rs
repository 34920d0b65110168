//! `DELETE /api/v1/invitations/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::invitations::read_path;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Takes an invitation back; its link is void.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(delete, path = "/api/v1/invitations/{id}", tag = "members", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Taken back")))]
pub async fn remove_invitation(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let gone = origin.scope(&state, &who).revoke_invitation(read_path(&id)?).await?;
    if gone { Ok(HttpResponse::NoContent().finish()) } else { Err(Problem::not_found()) }
}
