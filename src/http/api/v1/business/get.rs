//! `GET /api/v1/business`.

use crate::http::HttpState;
use crate::http::api::v1::business::BusinessView;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json};

/// Shows the business.
///
/// # Errors
/// 503 if the database is away.
#[utoipa::path(get, path = "/api/v1/business", tag = "business",
    responses((status = 200, description = "The business", body = BusinessView)))]
pub async fn get_business(who: AgentPrincipal, state: Data<HttpState>) -> Result<Json<BusinessView>, Problem> {
    let row = who.scope(&state.store).business().await?.ok_or_else(Problem::not_found)?;
    Ok(Json(row.into()))
}
