//! `PUT /api/v1/notification-rules`.

use super::NotificationRules;
use crate::domain::notice::MOST_MINUTES;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};

/// Sets what the business wants of its notifications. Rungs that are already due at a time keep it.
///
/// # Errors
/// 422 naming a wrong field.
#[utoipa::path(put, path = "/api/v1/notification-rules", tag = "notifications", request_body = NotificationRules,
    responses((status = 200, description = "The rules now", body = NotificationRules)))]
pub async fn replace_notification_rules(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<NotificationRules>, Problem> {
    let rules: NotificationRules = read(&state, &request, payload).await?;
    if rules.handoff_minutes > MOST_MINUTES {
        return Err(Problem::field("handoff_minutes", format!("must be from 0 to {MOST_MINUTES}")));
    }
    origin.scope(&state, &who).set_handoff_minutes(rules.handoff_minutes, state.clock.now()).await?;
    Ok(Json(rules))
}
