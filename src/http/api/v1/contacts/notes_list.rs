//! `GET /api/v1/contacts/{id}/notes`.

use crate::http::HttpState;
use crate::http::api::v1::contacts::{ContactNoteView, read_path};
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_moment_cursor};
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which ones.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListContactNotes {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists the notes about a contact, the newest first.
///
/// # Errors
/// 404 for an absent contact or another tenant's, 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/notes", tag = "contacts", params(("id" = Uuid, Path), ListContactNotes),
    responses((status = 200, description = "A page", body = Page<ContactNoteView>)))]
pub async fn list_contact_notes(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    query: Query<ListContactNotes>,
) -> Result<Json<Page<ContactNoteView>>, Problem> {
    let (id, limit) = (read_path(&id)?, limit(query.limit)?);
    let before = query.cursor.as_deref().map(read_moment_cursor).transpose()?;
    let rows = who.scope(&state.store).contact_notes(id, before, limit + 1).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(page(rows, limit, |row| place_cursor(row.created_at.micros(), row.id.0), ContactNoteView::from)))
}
