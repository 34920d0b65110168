//! `GET /api/v1/invitations`.

use crate::domain::ids::InvitationId;
use crate::http::HttpState;
use crate::http::api::v1::invitations::InvitationView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_place_cursor};
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which invitations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListInvitations {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists invitations that are neither accepted nor taken back, oldest first; those whose link is too old too.
///
/// # Errors
/// 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/invitations", tag = "members", params(ListInvitations),
    responses((status = 200, description = "A page", body = Page<InvitationView>)))]
pub async fn list_invitations(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListInvitations>,
) -> Result<Json<Page<InvitationView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_place_cursor).transpose()?;
    let rows = who.scope(&state.store).invitations(after.map(|(_, id)| InvitationId(id)), limit + 1).await?;
    Ok(Json(page(rows, limit, |row| place_cursor(0, row.id.0), InvitationView::from)))
}
