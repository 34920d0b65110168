//! `PUT /api/v1/holidays/{date}`.

use crate::domain::booking::Holiday;
use crate::http::HttpState;
use crate::http::api::v1::booking::moments::date;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::holidays::{HolidayBody, HolidayView};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};

/// Closes the business on a day. Appointments that stand are kept.
///
/// # Errors
/// 422 for what is no date, or naming a wrong field.
#[utoipa::path(put, path = "/api/v1/holidays/{date}", tag = "booking", request_body = HolidayBody, params(("date" = String, Path, format = Date)),
    responses((status = 200, description = "The holiday", body = HolidayView)))]
pub async fn replace_holiday(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    day: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<HolidayView>, Problem> {
    let date = date("date", &day)?;
    let HolidayBody { name } = read(&state, &request, payload).await?;
    let holiday = Holiday { date, name: name.trim().to_owned() };
    origin.admin(&state, &who).put_holiday(who.tenant, holiday.clone()).await?;
    Ok(Json(holiday.into()))
}
