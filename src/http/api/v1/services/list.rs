//! `GET /api/v1/services`.

use crate::http::HttpState;
use crate::http::api::v1::services::ServiceView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_place_cursor};
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which services.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListServices {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists what can be booked, in order of place; those that are no longer offered too.
///
/// # Errors
/// 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/services", tag = "booking", params(ListServices),
    responses((status = 200, description = "A page", body = Page<ServiceView>)))]
pub async fn list_services(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListServices>,
) -> Result<Json<Page<ServiceView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_place_cursor).transpose()?;
    let mut rows = state.models.admin.list_services(who.tenant).await?;
    rows.retain(|offer| after.is_none_or(|place| (offer.position, offer.what.id.0) > place));
    Ok(Json(page(rows, limit, |offer| place_cursor(offer.position, offer.what.id.0), ServiceView::from)))
}
