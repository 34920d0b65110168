//! `DELETE /api/v1/contacts/{id}/notes/{note_id}`.

use crate::http::HttpState;
use crate::http::api::v1::contacts::find_own_note;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Removes a note. For who wrote it, and for administrators.
///
/// # Errors
/// 403 for anybody else, 404 for an absent one or another tenant's.
#[utoipa::path(delete, path = "/api/v1/contacts/{id}/notes/{note_id}", tag = "contacts",
    params(("id" = Uuid, Path), ("note_id" = Uuid, Path)), responses((status = 204, description = "Removed")))]
pub async fn remove_contact_note(
    who: AgentPrincipal,
    state: Data<HttpState>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (id, note) = path.into_inner();
    let found = find_own_note(&state, &who, &id, &note).await?;
    who.scope(&state.store).remove_contact_note(&found).await?;
    Ok(HttpResponse::NoContent().finish())
}
