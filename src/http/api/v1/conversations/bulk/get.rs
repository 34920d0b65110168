//! `GET /api/v1/conversations/bulk/{id}`

use super::{BulkActionView, find};
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows how far an action over many conversations is. To whoever began it, and to administrators. Kept for 30 days after it has ended.
///
/// # Errors
/// 403 for somebody else's, 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/conversations/bulk/{id}", tag = "conversations", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The action", body = BulkActionView)))]
pub async fn get_bulk_action(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<BulkActionView>, Problem> {
    Ok(Json(find(&state, &who, &id).await?.into()))
}
