//! `PUT /api/v1/assignment-rules`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::presence::AssignmentRules;
use crate::http::api::v1::teams::{at_desk, read_limit};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};

/// Sets how many open conversations members take who have no limit of their own.
///
/// # Errors
/// 422 for a wrong limit.
#[utoipa::path(put, path = "/api/v1/assignment-rules", tag = "presence", request_body = AssignmentRules,
    responses((status = 200, description = "The rules now", body = AssignmentRules)))]
pub async fn replace_assignment_rules(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<AssignmentRules>, Problem> {
    let AssignmentRules { max_open } = read(&state, &request, payload).await?;
    let max_open = read_limit(max_open)?;
    at_desk(&state, origin.scope(&state, &who).set_default_capacity(max_open).await?)?;
    Ok(Json(AssignmentRules { max_open }))
}
