//! `GET /api/v1/auth/csrf`.

use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::browser::csrf::make_token;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::accounts::AccountError;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

/// A token against foreign pages.
#[derive(Serialize, ToSchema)]
pub struct CsrfView {
    /// For the header `X-CSRF-Token`; good while the session lives.
    csrf_token: String,
}

/// Returns a token that every request with cookies needs that changes something.
///
/// # Errors
/// 401 without a session.
#[utoipa::path(get, path = "/api/v1/auth/csrf", tag = "auth",
    responses((status = 200, description = "The token", body = CsrfView), (status = 401, description = "Not signed in", body = ProblemDetails), (status = 403, description = "An API key", body = ProblemDetails)))]
pub async fn get_csrf(who: AgentPrincipal, state: Data<HttpState>) -> Result<Json<CsrfView>, Problem> {
    let person = who.person()?;
    let csrf_token = make_token(state.accounts.platform(), person.session).map_err(AccountError::from)?;
    Ok(Json(CsrfView { csrf_token }))
}
