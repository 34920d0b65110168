//! `PUT /api/v1/inboxes/{id}/hours`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::inboxes::desk::{InboxHours, read_path};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};

/// Sets when people of an inbox are there. Customers who are handed over outside these hours are told when people are back.
///
/// # Errors
/// 404 for an absent one, one that you do not see, or another tenant's; 422 naming a wrong time.
#[utoipa::path(put, path = "/api/v1/inboxes/{id}/hours", tag = "inboxes", request_body = InboxHours, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The hours now", body = InboxHours)))]
pub async fn replace_inbox_hours(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<InboxHours>, Problem> {
    let id = read_path(&id)?;
    let InboxHours { hours } = read(&state, &request, payload).await?;
    let week = hours.map(|hours| hours.read()).transpose()?;
    if !origin.scope(&state, &who).set_inbox_hours(id, week.clone()).await? {
        return Err(Problem::not_found());
    }
    // Who asks next on this server is told by the new hours; other servers see them within a moment.
    state.directory.refresh().await?;
    Ok(Json(week.into()))
}
