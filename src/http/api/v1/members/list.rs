//! `GET /api/v1/members`.

use crate::domain::ids::MemberId;
use crate::http::HttpState;
use crate::http::api::v1::members::MemberView;
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
pub struct ListMembers {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists the members of the business in the order in which they joined; removed ones are left out.
///
/// # Errors
/// 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/members", tag = "members", params(ListMembers),
    responses((status = 200, description = "A page", body = Page<MemberView>)))]
pub async fn list_members(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListMembers>,
) -> Result<Json<Page<MemberView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_place_cursor).transpose()?;
    let rows = who.scope(&state.store).members(after.map(|(_, id)| MemberId(id)), limit + 1).await?;
    Ok(Json(page(rows, limit, |row| place_cursor(0, row.standing.id.0), MemberView::from)))
}
