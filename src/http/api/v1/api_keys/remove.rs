//! `DELETE /api/v1/api-keys/{id}`.

use crate::domain::ids::ApiKeyId;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Refuses a key from now on, here at once and on other servers within half a minute.
///
/// # Errors
/// 404 for one that is absent, refused already, or another tenant's.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", tag = "integrations", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Refused from now on")))]
pub async fn remove_api_key(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: ApiKeyId = id.parse().ok().ok_or_else(Problem::not_found)?;
    if !origin.admin(&state, &who).revoke_api_key(who.tenant, id).await? {
        return Err(Problem::not_found());
    }
    state.keys.forget_all();
    Ok(HttpResponse::NoContent().finish())
}
