//! `POST /api/v1/me/password`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// The old and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordBody {
    /// The password that counts now.
    #[schema(format = Password)]
    current: String,
    /// The new one: 8 to 256 characters.
    #[schema(format = Password)]
    password: String,
}

/// Changes your password and ends all your other sessions.
///
/// # Errors
/// 401 for a wrong password, 422 for a new one that is not acceptable, 429 after too many wrong tries.
#[utoipa::path(post, path = "/api/v1/me/password", tag = "me", request_body = PasswordBody,
    responses((status = 204, description = "Changed"), (status = 401, description = "Not signed in, or a wrong password", body = ProblemDetails), (status = 403, description = "An API key", body = ProblemDetails), (status = 422, description = "A wrong field", body = ProblemDetails), (status = 429, description = "Too many wrong tries", body = ProblemDetails)))]
pub async fn change_password(
    who: AgentPrincipal,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let person = who.person()?;
    let body: PasswordBody = read(&state, &request, payload).await?;
    let (current, new) = (SecretString::from(body.current), SecretString::from(body.password));
    state.accounts.change_password((person.account, person.session), &current, &new).await?;
    Ok(HttpResponse::NoContent().finish())
}
