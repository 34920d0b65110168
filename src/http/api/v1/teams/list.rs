//! `GET /api/v1/teams`.

use crate::domain::ids::TeamId;
use crate::http::HttpState;
use crate::http::api::v1::teams::TeamView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_place_cursor};
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which teams.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListTeams {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists teams, in the order in which they were made.
///
/// # Errors
/// 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/teams", tag = "teams", params(ListTeams),
    responses((status = 200, description = "A page", body = Page<TeamView>)))]
pub async fn list_teams(who: AgentPrincipal, state: Data<HttpState>, query: Query<ListTeams>) -> Result<Json<Page<TeamView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_place_cursor).transpose()?.map(|(_, id)| TeamId(id));
    let rows = who.scope(&state.store).teams(after, limit + 1).await?;
    Ok(Json(page(rows, limit, |team| place_cursor(0, team.id.0), TeamView::from)))
}
