//! `POST /api/v1/auth/password/reset`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetBody {
    /// The token of the link.
    token: String,
    /// The new password: 8 to 256 characters.
    #[schema(format = Password)]
    password: String,
}

/// Sets a new password with the token of a link; ends every session of the account.
///
/// # Errors
/// 401 for a token that is unknown, used or too old; 422 for a password that is not acceptable.
#[utoipa::path(post, path = "/api/v1/auth/password/reset", tag = "auth", request_body = ResetBody, security(()),
    responses((status = 204, description = "Set; sign in")))]
pub async fn reset_password(
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body: ResetBody = read(&state, &request, payload).await?;
    origin.accounts(&state).reset(&SecretString::from(body.token), &SecretString::from(body.password)).await?;
    Ok(HttpResponse::NoContent().finish())
}
