//! `DELETE /api/v1/me/sessions`.

use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::Data;

/// Ends all your sessions but this one.
///
/// # Errors
/// 401 without a session.
#[utoipa::path(delete, path = "/api/v1/me/sessions", tag = "me",
    responses((status = 204, description = "Ended")))]
pub async fn end_other_sessions(who: AgentPrincipal, state: Data<HttpState>, origin: Origin) -> Result<HttpResponse, Problem> {
    let person = who.person()?;
    origin.accounts(&state).end_other_sessions(person.account, person.session).await?;
    Ok(HttpResponse::NoContent().finish())
}
