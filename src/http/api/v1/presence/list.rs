//! `GET /api/v1/presence`.

use crate::domain::ids::MemberId;
use crate::http::HttpState;
use crate::http::api::v1::presence::PresenceView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_place_cursor};
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which members.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPresence {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists who is at the front desk, in the order in which members joined.
///
/// # Errors
/// 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/presence", tag = "presence", params(ListPresence),
    responses((status = 200, description = "A page", body = Page<PresenceView>)))]
pub async fn list_presence(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListPresence>,
) -> Result<Json<Page<PresenceView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_place_cursor).transpose()?.map(|(_, id)| MemberId(id));
    let (rows, now) = (who.scope(&state.store).presence(after, limit + 1).await?, state.clock.now());
    Ok(Json(page(rows, limit, |row| place_cursor(0, row.member.0), |row| PresenceView::of(row, now))))
}
