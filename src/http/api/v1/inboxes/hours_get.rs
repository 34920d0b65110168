//! `GET /api/v1/inboxes/{id}/hours`.

use crate::http::HttpState;
use crate::http::api::v1::inboxes::desk::{InboxHours, find};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows when people of an inbox are there.
///
/// # Errors
/// 404 for an absent one, one that you do not see, or another tenant's.
#[utoipa::path(get, path = "/api/v1/inboxes/{id}/hours", tag = "inboxes", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The hours", body = InboxHours)))]
pub async fn get_inbox_hours(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<InboxHours>, Problem> {
    let (_, _, week) = find(&state, &who, &id).await?;
    Ok(Json(week.into()))
}
