//! `POST /api/v1/conversations/bulk/{id}/cancel`

use super::{BulkActionView, find};
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Calls off what is left of an action over many conversations. What is done stays done, and the few that stand in the queue come to their
/// end. One that has ended stays as it is; twice is once.
///
/// # Errors
/// 403 for somebody else's, 404 for an absent one or another tenant's.
#[utoipa::path(post, path = "/api/v1/conversations/bulk/{id}/cancel", tag = "conversations", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The action now", body = BulkActionView)))]
pub async fn cancel_bulk_action(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
) -> Result<Json<BulkActionView>, Problem> {
    let found = find(&state, &who, &id).await?;
    origin.scope(&state, &who).cancel_bulk(found.id, state.clock.now()).await?;
    Ok(Json(find(&state, &who, &id).await?.into()))
}
