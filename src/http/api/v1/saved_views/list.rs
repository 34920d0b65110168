//! `GET /api/v1/views`.

use crate::domain::ids::ViewId;
use crate::http::HttpState;
use crate::http::api::v1::saved_views::{SavedView, member};
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_place_cursor};
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which views.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListViews {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists saved views, oldest first: your own, and those that the business shares.
///
/// # Errors
/// 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/views", tag = "views", params(ListViews),
    responses((status = 200, description = "A page", body = Page<SavedView>)))]
pub async fn list_views(who: AgentPrincipal, state: Data<HttpState>, query: Query<ListViews>) -> Result<Json<Page<SavedView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_place_cursor).transpose()?.map(|(_, id)| ViewId(id));
    let rows = who.scope(&state.store).views(member(&who), after, limit + 1).await?;
    Ok(Json(page(rows, limit, |view| place_cursor(0, view.id.0), SavedView::from)))
}
