//! `POST /api/v1/contacts/{id}/merge/undo`.

use crate::http::HttpState;
use crate::http::api::v1::contacts::{ContactItem, hint, out_of_sight, read_path};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::people::contacts::Undone;
use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UndoneView {
    /// The contact that is there again.
    restored_id: Uuid,
    /// The contact of the path, as it stands now.
    contact: ContactItem,
}

/// Takes back the newest merge into a contact, within 30 days: what was moved goes back, what was written since stays here.
///
/// # Errors
/// 403 with `out_of_sight` if the contact has conversations that you do not see, 404 for an absent one or another tenant's, 409 if there is nothing to take back or it was too long ago.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/merge/undo", tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 200, description = "Both are there again", body = UndoneView), (status = 409, description = "Nothing to take back, or too late; see code", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn undo_merge(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
) -> Result<Json<UndoneView>, Problem> {
    match origin.scope(&state, &who).undo_merge(read_path(&id)?, state.clock.now()).await? {
        Undone::Done(row, restored, keys) => {
            hint(&state, keys);
            Ok(Json(UndoneView { restored_id: restored.0, contact: (*row).into() }))
        }
        Undone::Absent => Err(Problem::not_found()),
        Undone::Hidden => Err(out_of_sight("they might be moved too: ask somebody who sees them all to take the merge back")),
        Undone::Nothing => {
            Err(Problem::conflict("nothing was merged into this contact that could be taken back").with_code("nothing_to_undo"))
        }
        Undone::TooLate => Err(Problem::conflict("a merge can be taken back for 30 days").with_code("too_late")),
    }
}
