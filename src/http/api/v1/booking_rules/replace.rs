//! `PUT /api/v1/booking-rules`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::booking_rules::RulesBody;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};

/// Replaces the rules of booking as a whole.
///
/// # Errors
/// 422 naming a wrong field.
#[utoipa::path(put, path = "/api/v1/booking-rules", tag = "booking", request_body = RulesBody,
    responses((status = 200, description = "The rules now", body = RulesBody)))]
pub async fn replace_rules(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<RulesBody>, Problem> {
    let body: RulesBody = read(&state, &request, payload).await?;
    origin.admin(&state, &who).put_booking_rules(who.tenant, body.clone().into()).await?;
    Ok(Json(body))
}
