//! `GET /api/v1/conversations/{id}/turns`: what the assistant did.

use crate::http::HttpState;
use crate::http::api::v1::conversations::find;
use crate::http::api::v1::views::TurnView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, number_cursor, page, read_number_cursor};
use crate::http::problem::Problem;
use crate::store::people::turns::TurnRow;
use actix_web::web::{Data, Json, Path, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which turns.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListTurns {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists turns of a conversation, oldest first.
///
/// # Errors
/// 404 for an absent conversation or another tenant's, 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/turns", tag = "conversations", params(("id" = Uuid, Path), ListTurns),
    responses((status = 200, description = "A page", body = Page<TurnView>)))]
pub async fn list_turns(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    query: Query<ListTurns>,
) -> Result<Json<Page<TurnView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_number_cursor).transpose()?.unwrap_or(0);
    let conversation = find(&state, &who, &id).await?;
    let rows = who.scope(&state.store).turns(conversation.key().id, after, limit + 1).await?;
    Ok(Json(page(rows, limit, |row: &TurnRow| number_cursor(row.turn_no), TurnView::from)))
}
