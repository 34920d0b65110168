//! `GET /api/v1/inboxes/{id}/assignment`.

use crate::http::HttpState;
use crate::http::api::v1::inboxes::desk::{InboxAssignment, find};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows how an inbox gives conversations to people.
///
/// # Errors
/// 404 for an absent one, one that you do not see, or another tenant's.
#[utoipa::path(get, path = "/api/v1/inboxes/{id}/assignment", tag = "inboxes", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The rule", body = InboxAssignment)))]
pub async fn get_inbox_assignment(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<InboxAssignment>, Problem> {
    let (_, rule, _) = find(&state, &who, &id).await?;
    Ok(Json(rule.into()))
}
