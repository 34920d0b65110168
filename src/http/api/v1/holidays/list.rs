//! `GET /api/v1/holidays`.

use crate::http::HttpState;
use crate::http::api::v1::holidays::HolidayView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, number_cursor, page, read_number_cursor};
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Query};
use chrono::Datelike;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which holidays.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListHolidays {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists the days on which the business is closed, by date.
///
/// # Errors
/// 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/holidays", tag = "booking", params(ListHolidays),
    responses((status = 200, description = "A page", body = Page<HolidayView>)))]
pub async fn list_holidays(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListHolidays>,
) -> Result<Json<Page<HolidayView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_number_cursor).transpose()?;
    let mut rows = state.models.admin.list_holidays(who.tenant).await?;
    rows.retain(|row| after.is_none_or(|day| i64::from(row.date.num_days_from_ce()) > day));
    Ok(Json(page(rows, limit, |row| number_cursor(row.date.num_days_from_ce().into()), HolidayView::from)))
}
