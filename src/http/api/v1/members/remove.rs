//! `DELETE /api/v1/members/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::members::{read_path, shown};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Takes a member out of the business. His sessions end at once; his name stays in old conversations.
///
/// # Errors
/// 403 for a member who is not yours to remove, 404 for an absent one or another tenant's, 409 for the last owner.
#[utoipa::path(delete, path = "/api/v1/members/{id}", tag = "members", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Removed"), (status = 409, description = "The last owner", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn remove_member(who: AgentPrincipal, state: Data<HttpState>, origin: Origin, id: Path<String>) -> Result<HttpResponse, Problem> {
    let (by, id) = (who.person()?.member, read_path(&id)?);
    let changed = origin.scope(&state, &who).remove_member(by, id).await?;
    state.accounts.forget_holders();
    shown(changed)?;
    Ok(HttpResponse::NoContent().finish())
}
