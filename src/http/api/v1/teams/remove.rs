//! `DELETE /api/v1/teams/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::teams::{at_desk, may_shape, read_path};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Removes a team. What waits for it waits for everybody of its inbox from then on. Whoever is limited to teams is not limited to this one any
/// more, and never sees more by that: who was limited to it alone sees what is assigned to them, and nothing else.
///
/// # Errors
/// 403 for somebody who is limited to other teams, 404 for an absent one or another tenant's.
#[utoipa::path(delete, path = "/api/v1/teams/{id}", tag = "teams", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is removed")))]
pub async fn remove_team(who: AgentPrincipal, origin: Origin, state: Data<HttpState>, id: Path<String>) -> Result<HttpResponse, Problem> {
    let id = read_path(&id)?;
    may_shape(&who, Some(id))?;
    let removed = origin.scope(&state, &who).remove_team(id).await?;
    state.accounts.forget_holders();
    at_desk(&state, removed)?;
    Ok(HttpResponse::NoContent().finish())
}
