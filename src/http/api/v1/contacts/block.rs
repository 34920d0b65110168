//! `POST /api/v1/contacts/{id}/block` and `/unblock`.

use crate::domain::ids::ContactId;
use crate::http::HttpState;
use crate::http::api::v1::contacts::{ContactItem, hint, merged, out_of_sight, read_path};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::people::contacts::Blocked;
use actix_web::web::{Data, Json, Path};

/// Blocks a contact: what they write is kept, answered by nobody, and opens nothing. Their conversations that are not done are resolved, each
/// with a line that says why. Blocking twice changes nothing. It is for the whole business, so only who sees all of their conversations blocks
/// them; others mark a conversation as spam.
///
/// # Errors
/// 403 with `out_of_sight` if they have conversations that you do not see, 404 for an absent one or another tenant's, 409 for one that was merged.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/block", tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The contact now", body = ContactItem), (status = 409, description = "It was merged", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn block_contact(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
) -> Result<Json<ContactItem>, Problem> {
    set(&who, &state, &origin, read_path(&id)?, true).await
}

/// Lets a blocked contact go on. Conversations keep their status: the next message opens one as any other would.
///
/// # Errors
/// 403 with `out_of_sight` if they have conversations that you do not see, 404 for an absent one or another tenant's, 409 for one that was merged.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/unblock", tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The contact now", body = ContactItem), (status = 409, description = "It was merged", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn unblock_contact(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
) -> Result<Json<ContactItem>, Problem> {
    set(&who, &state, &origin, read_path(&id)?, false).await
}

async fn set(who: &AgentPrincipal, state: &HttpState, origin: &Origin, id: ContactId, blocked: bool) -> Result<Json<ContactItem>, Problem> {
    match origin.scope(state, who).block_contact(id, blocked, who.agent(), state.clock.now()).await? {
        Blocked::Done(row, keys) => {
            hint(state, keys);
            Ok(Json((*row).into()))
        }
        Blocked::Absent => Err(Problem::not_found()),
        Blocked::Merged(into) => Err(merged(into)),
        Blocked::Hidden if blocked => {
            Err(out_of_sight("they would be ended too: mark yours as spam, or ask somebody who sees them all to block the customer"))
        }
        Blocked::Hidden => Err(out_of_sight("they would be answered again: ask somebody who sees them all to unblock the customer")),
    }
}
