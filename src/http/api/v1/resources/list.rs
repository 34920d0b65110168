//! `GET /api/v1/resources`.

use crate::http::HttpState;
use crate::http::api::v1::resources::ResourceView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_place_cursor};
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which resources.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListResources {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists who and what gives your services, in order of place; those that are no longer offered too.
///
/// # Errors
/// 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/resources", tag = "booking", params(ListResources),
    responses((status = 200, description = "A page", body = Page<ResourceView>)))]
pub async fn list_resources(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListResources>,
) -> Result<Json<Page<ResourceView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_place_cursor).transpose()?;
    let mut rows = state.models.admin.list_resources(who.tenant).await?;
    rows.retain(|(id, offer)| after.is_none_or(|place| (offer.position, id.0) > place));
    Ok(Json(page(rows, limit, |(id, offer)| place_cursor(offer.position, id.0), ResourceView::from)))
}
