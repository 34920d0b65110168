//! `DELETE /api/v1/me/sessions/{id}`.

use crate::domain::ids::SessionId;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Ends one of your sessions, at once.
///
/// # Errors
/// 404 for a session that is not yours or has ended.
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", tag = "me", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Ended")))]
pub async fn end_session(who: AgentPrincipal, state: Data<HttpState>, origin: Origin, id: Path<String>) -> Result<HttpResponse, Problem> {
    let person = who.person()?;
    let id: SessionId = id.parse().ok().ok_or_else(Problem::not_found)?;
    if origin.accounts(&state).end_session(person.account, id).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::not_found())
    }
}
