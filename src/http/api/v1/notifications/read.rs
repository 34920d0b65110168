//! `POST /api/v1/notifications/{id}/read`.

use super::NotificationView;
use crate::domain::ids::NotificationId;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};
use uuid::Uuid;

/// Says that you have looked at a notification. A hand-over that somebody has looked at goes no further.
///
/// # Errors
/// 403 for an API key, 404 if you have no such notification.
#[utoipa::path(post, path = "/api/v1/notifications/{id}/read", tag = "notifications", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The notification", body = NotificationView)))]
pub async fn read_notification(who: AgentPrincipal, state: Data<HttpState>, id: Path<Uuid>) -> Result<Json<NotificationView>, Problem> {
    let person = who.person()?;
    let read = who.scope(&state.store).read_notification(person.member, NotificationId(*id), state.clock.now()).await?;
    Ok(Json(read.ok_or_else(Problem::not_found)?.into()))
}
