//! `GET /api/v1/inboxes/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::inboxes::{InboxView, find};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows an inbox, without its secrets.
///
/// # Errors
/// 404 for an absent one, another tenant's, or one that you do not see.
#[utoipa::path(get, path = "/api/v1/inboxes/{id}", tag = "inboxes", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The inbox", body = InboxView)))]
pub async fn get_inbox(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<InboxView>, Problem> {
    Ok(Json(find(&state, &who, &id).await?.into()))
}
