//! `DELETE /api/v1/contacts/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::contacts::{read_path, runs_the_house};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::people::contacts::Deleted;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Deletes a contact on whom nothing hangs. For administrators, and keys that may do everything.
///
/// # Errors
/// 403 for anybody else, 404 for an absent one or another tenant's, 409 if conversations or appointments hang on it.
#[utoipa::path(delete, path = "/api/v1/contacts/{id}", tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Deleted"), (status = 409, description = "Conversations or appointments hang on it", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn remove_contact(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = read_path(&id)?;
    if !who.scope(&state.store).has_contact(id).await? {
        return Err(Problem::not_found());
    }
    if !runs_the_house(&who) {
        return Err(Problem::forbidden("only administrators delete contacts").with_code("administrator"));
    }
    match origin.scope(&state, &who).delete_contact(id, state.clock.now()).await? {
        Deleted::Done => Ok(HttpResponse::NoContent().finish()),
        Deleted::Absent => Err(Problem::not_found()),
        Deleted::InUse => {
            let detail = "conversations or appointments hang on this contact: merge it into another one, or have the customer erased";
            Err(Problem::conflict(detail).with_code("in_use"))
        }
    }
}
