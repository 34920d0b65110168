//! `POST /api/v1/me/password`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
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
    responses((status = 204, description = "Changed")))]
pub async fn change_password(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let person = who.person()?;
    let body: PasswordBody = read(&state, &request, payload).await?;
    let (current, new) = (SecretString::from(body.current), SecretString::from(body.password));
    origin.accounts(&state).change_password((person.account, person.session), &current, &new).await?;
    Ok(HttpResponse::NoContent().finish())
}
