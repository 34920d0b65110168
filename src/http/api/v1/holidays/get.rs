//! `GET /api/v1/holidays/{date}`.

use crate::http::HttpState;
use crate::http::api::v1::booking::moments::date;
use crate::http::api::v1::holidays::HolidayView;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows a holiday.
///
/// # Errors
/// 404 if the business is not closed for a holiday on that day, 422 for what is no date.
#[utoipa::path(get, path = "/api/v1/holidays/{date}", tag = "booking", params(("date" = String, Path, format = Date)),
    responses((status = 200, description = "The holiday", body = HolidayView)))]
pub async fn get_holiday(who: AgentPrincipal, state: Data<HttpState>, day: Path<String>) -> Result<Json<HolidayView>, Problem> {
    let day = date("date", &day)?;
    let all = state.models.admin.list_holidays(who.tenant).await?;
    let found = all.into_iter().find(|holiday| holiday.date == day);
    Ok(Json(found.ok_or_else(Problem::not_found)?.into()))
}
