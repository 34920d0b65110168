//! `GET /api/v1/assignment-rules`.

use crate::http::HttpState;
use crate::http::api::v1::presence::AssignmentRules;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json};

/// Shows how many open conversations members take.
///
/// # Errors
/// 503 while the database is away.
#[utoipa::path(get, path = "/api/v1/assignment-rules", tag = "presence", responses((status = 200, description = "The rules", body = AssignmentRules)))]
pub async fn get_assignment_rules(who: AgentPrincipal, state: Data<HttpState>) -> Result<Json<AssignmentRules>, Problem> {
    Ok(Json(AssignmentRules { max_open: who.scope(&state.store).default_capacity().await? }))
}
