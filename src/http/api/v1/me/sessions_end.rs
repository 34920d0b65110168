//! `DELETE /api/v1/me/sessions`.

use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpResponse;
use actix_web::web::Data;

/// Ends all your sessions but this one.
///
/// # Errors
/// 401 without a session.
#[utoipa::path(delete, path = "/api/v1/me/sessions", tag = "me",
    responses((status = 204, description = "Ended"), (status = 401, description = "Not signed in", body = ProblemDetails), (status = 403, description = "An API key", body = ProblemDetails)))]
pub async fn end_other_sessions(who: AgentPrincipal, state: Data<HttpState>) -> Result<HttpResponse, Problem> {
    let person = who.person()?;
    state.accounts.end_other_sessions(person.account, person.session).await?;
    Ok(HttpResponse::NoContent().finish())
}
