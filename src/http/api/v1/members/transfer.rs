//! `POST /api/v1/members/{id}/transfer-ownership`.

use crate::http::HttpState;
use crate::http::api::v1::members::{MemberView, read_path, shown};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Gives the business to another member: he becomes an owner, you become an administrator.
///
/// # Errors
/// 403 for anybody but an owner, 404 for an absent one or another tenant's, 422 for yourself.
#[utoipa::path(post, path = "/api/v1/members/{id}/transfer-ownership", tag = "members", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The new owner", body = MemberView)))]
pub async fn transfer_ownership(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
) -> Result<Json<MemberView>, Problem> {
    let (by, id) = (who.person()?.member, read_path(&id)?);
    let changed = origin.scope(&state, &who).transfer_ownership(by, id).await?;
    state.accounts.forget_holders();
    Ok(Json(shown(changed)?))
}
