//! `DELETE /api/v1/holidays/{date}`.

use crate::http::HttpState;
use crate::http::api::v1::booking::moments::date;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Opens the business again on a day.
///
/// # Errors
/// 404 if there is no such holiday, 422 for what is no date.
#[utoipa::path(delete, path = "/api/v1/holidays/{date}", tag = "booking", params(("date" = String, Path, format = Date)),
    responses((status = 204, description = "It is gone")))]
pub async fn remove_holiday(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    day: Path<String>,
) -> Result<HttpResponse, Problem> {
    let removed = origin.admin(&state, &who).remove_holiday(who.tenant, date("date", &day)?).await?;
    if removed { Ok(HttpResponse::NoContent().finish()) } else { Err(Problem::not_found()) }
}
