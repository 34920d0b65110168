//! `POST /api/v1/contacts/{id}/notes`.

use crate::domain::contact::{LONGEST_NOTE, note};
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::contacts::{ContactNoteView, id_for, read_path};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

/// What to note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Prefers mornings."}))]
pub struct ContactNoteBody {
    /// 1 to 10,000 characters.
    pub(super) text: String,
}

impl ContactNoteBody {
    /// Reads the text.
    pub(super) fn text(&self) -> Result<String, Problem> {
        note(&self.text).ok_or_else(|| Problem::field("text", format!("must be 1 to {LONGEST_NOTE} characters")))
    }
}

/// Notes something about a contact, in your name. The customer never sees it.
///
/// # Errors
/// 404 for an absent contact, another tenant's, or one that was merged; 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/notes", tag = "contacts", request_body = ContactNoteBody,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable ASCII characters; the same key makes one note")),
    responses((status = 201, description = "The note", body = ContactNoteView)))]
pub async fn create_contact_note(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let id = read_path(&id)?;
    let body: ContactNoteBody = read(&state, &request, payload).await?;
    let note = id_for(&state, &who, &request)?.into();
    let row = who.scope(&state.store).add_contact_note((id, note), (who.agent(), body.text()?), state.clock.now()).await?;
    Ok(HttpResponse::Created().json(ContactNoteView::from(row.ok_or_else(Problem::not_found)?)))
}
