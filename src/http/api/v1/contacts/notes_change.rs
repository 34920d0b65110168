//! `PATCH /api/v1/contacts/{id}/notes/{note_id}`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::contacts::notes_create::ContactNoteBody;
use crate::http::api::v1::contacts::{ContactNoteView, find_own_note};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};

/// Replaces what a note says. For who wrote it, and for administrators.
///
/// # Errors
/// 403 for anybody else, 404 for an absent one or another tenant's, 422 naming a wrong field.
#[utoipa::path(patch, path = "/api/v1/contacts/{id}/notes/{note_id}", tag = "contacts", request_body = ContactNoteBody,
    params(("id" = Uuid, Path), ("note_id" = Uuid, Path)), responses((status = 200, description = "The note now", body = ContactNoteView)))]
pub async fn change_contact_note(
    who: AgentPrincipal,
    state: Data<HttpState>,
    path: Path<(String, String)>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<ContactNoteView>, Problem> {
    let body: ContactNoteBody = read(&state, &request, payload).await?;
    let (id, note) = path.into_inner();
    let found = find_own_note(&state, &who, &id, &note).await?;
    let row = who.scope(&state.store).change_contact_note(&found, body.text()?, state.clock.now()).await?;
    Ok(Json(row.ok_or_else(Problem::not_found)?.into()))
}
