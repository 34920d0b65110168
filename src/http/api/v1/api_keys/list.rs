//! `GET /api/v1/api-keys`.

use crate::domain::ids::ApiKeyId;
use crate::http::HttpState;
use crate::http::api::v1::api_keys::ApiKeyView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_place_cursor};
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which keys.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListApiKeys {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists API keys, oldest first, revoked ones too.
///
/// # Errors
/// 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "integrations", params(ListApiKeys),
    responses((status = 200, description = "A page", body = Page<ApiKeyView>)))]
pub async fn list_api_keys(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListApiKeys>,
) -> Result<Json<Page<ApiKeyView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_place_cursor).transpose()?;
    let after = after.map(|(_, id)| ApiKeyId(id));
    let rows = state.models.admin.list_api_keys(who.tenant, after, limit + 1).await?;
    Ok(Json(page(rows, limit, |key| place_cursor(0, key.id.0), ApiKeyView::from)))
}
