//! `GET /api/v1/members/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::members::{MemberView, find};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows a member, also one who was removed.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/members/{id}", tag = "members", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The member", body = MemberView)))]
pub async fn get_member(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<MemberView>, Problem> {
    Ok(Json(find(&state, &who, &id).await?.into()))
}
