//! `GET /api/v1/inboxes`.

use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_place_cursor};
use crate::http::problem::Problem;
use crate::store::admin::inboxes::InboxView as Row;
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

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

/// An inbox.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InboxView {
    /// Its id.
    id: Uuid,
    /// Its channel.
    channel: String,
    /// Its name.
    name: String,
    /// Its settings, without secrets.
    #[schema(value_type = Object)]
    settings: Value,
    /// `active`, `paused` or `disabled`.
    state: String,
    /// Why it is not active.
    state_reason: Option<String>,
}

impl From<Row> for InboxView {
    fn from(row: Row) -> Self {
        let Row { id, channel, name, settings, state, state_reason } = row;
        Self { id: id.0, channel, name, settings, state, state_reason }
    }
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
    rows.retain(|inbox| who.visibility.sees(inbox.id) && after.is_none_or(|(_, id)| inbox.id.0 > id));
    Ok(Json(page(rows, limit, |inbox| place_cursor(0, inbox.id.0), InboxView::from)))
}
