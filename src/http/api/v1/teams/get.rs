//! `GET /api/v1/teams/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::teams::{TeamView, find, read_path};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows a team.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/teams/{id}", tag = "teams", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The team", body = TeamView)))]
pub async fn get_team(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<TeamView>, Problem> {
    find(&state, &who, read_path(&id)?).await.map(Json)
}
