//! `GET /api/v1/inboxes`.

use crate::http::HttpState;
use crate::http::api::v1::inboxes::InboxView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_place_cursor};
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which inboxes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListInboxes {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists the inboxes that you see.
///
/// # Errors
/// 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/inboxes", tag = "inboxes", params(ListInboxes),
    responses((status = 200, description = "A page", body = Page<InboxView>)))]
pub async fn list_inboxes(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListInboxes>,
) -> Result<Json<Page<InboxView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_place_cursor).transpose()?;
    let mut rows = state.models.admin.list_inboxes(who.tenant).await?;
    rows.retain(|inbox| who.visibility.sees_inbox(inbox.id) && after.is_none_or(|(_, id)| inbox.id.0 > id));
    Ok(Json(page(rows, limit, |inbox| place_cursor(0, inbox.id.0), InboxView::from)))
}
