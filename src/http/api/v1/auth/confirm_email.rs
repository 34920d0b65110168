//! `POST /api/v1/auth/email/confirm`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// A link that came to another address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmEmailBody {
    /// The token of the link.
    token: String,
}

/// Moves an account to the address at which the link was found. Ends every session but the one in which the change was asked for.
///
/// # Errors
/// 401 for a token that is unknown, used or too old; 409 if the address has become somebody's meanwhile.
#[utoipa::path(post, path = "/api/v1/auth/email/confirm", tag = "auth", request_body = ConfirmEmailBody, security(()),
    responses((status = 204, description = "Moved; sign in with the new address"), (status = 409, description = "The address is taken", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn confirm_email(
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body: ConfirmEmailBody = read(&state, &request, payload).await?;
    origin.accounts(&state).confirm_address(&SecretString::from(body.token)).await?;
    Ok(HttpResponse::NoContent().finish())
}
