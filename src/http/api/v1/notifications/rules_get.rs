//! `GET /api/v1/notification-rules`.

use super::NotificationRules;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json};

/// Shows what the business wants of its notifications.
///
/// # Errors
/// 503 if the database is away.
#[utoipa::path(get, path = "/api/v1/notification-rules", tag = "notifications",
    responses((status = 200, description = "The rules", body = NotificationRules)))]
pub async fn get_notification_rules(who: AgentPrincipal, state: Data<HttpState>) -> Result<Json<NotificationRules>, Problem> {
    let handoff_minutes = who.scope(&state.store).handoff_minutes().await?;
    Ok(Json(NotificationRules { handoff_minutes }))
}
