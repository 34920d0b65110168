//! `GET /api/v1/labels`.

use crate::domain::ids::LabelId;
use crate::http::HttpState;
use crate::http::api::v1::labels::LabelView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_place_cursor};
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which labels.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListLabels {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists labels, oldest first.
///
/// # Errors
/// 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/labels", tag = "labels", params(ListLabels),
    responses((status = 200, description = "A page", body = Page<LabelView>)))]
pub async fn list_labels(who: AgentPrincipal, state: Data<HttpState>, query: Query<ListLabels>) -> Result<Json<Page<LabelView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_place_cursor).transpose()?.map(|(_, id)| LabelId(id));
    let rows = who.scope(&state.store).labels(after, limit + 1).await?;
    Ok(Json(page(rows, limit, |label| place_cursor(0, label.id.0), LabelView::from)))
}
