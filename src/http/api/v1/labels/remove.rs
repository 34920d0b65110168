//! `DELETE /api/v1/labels/{id}`.

use crate::domain::ids::LabelId;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Deletes a label. It is gone everywhere at once; where very many conversations have it, their rows are tidied up afterwards.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(delete, path = "/api/v1/labels/{id}", tag = "labels", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Deleted")))]
pub async fn remove_label(who: AgentPrincipal, origin: Origin, state: Data<HttpState>, id: Path<String>) -> Result<HttpResponse, Problem> {
    let id: LabelId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let gone = origin.scope(&state, &who).delete_label(id).await?;
    if gone { Ok(HttpResponse::NoContent().finish()) } else { Err(Problem::not_found()) }
}
