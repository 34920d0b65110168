//! `GET /api/v1/booking-rules`.

use crate::http::HttpState;
use crate::http::api::v1::booking_rules::RulesBody;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json};

/// Shows the rules of booking, the defaults where nothing was set.
///
/// # Errors
/// 401 without a key.
#[utoipa::path(get, path = "/api/v1/booking-rules", tag = "booking",
    responses((status = 200, description = "The rules", body = RulesBody)))]
pub async fn get_rules(who: AgentPrincipal, state: Data<HttpState>) -> Result<Json<RulesBody>, Problem> {
    Ok(Json(state.models.admin.booking_rules(who.tenant).await?.into()))
}
