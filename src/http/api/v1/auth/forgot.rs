//! `POST /api/v1/auth/password/forgot`.

use crate::domain::quota::Bucket;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

/// Who has forgotten the password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgotBody {
    /// The mail address.
    email: String,
}

/// Sends a link for a new password, good once and for 30 minutes, if the address is somebody's. The answer is always the same.
///
/// # Errors
/// 429 if one address is asked for too often, 503 if too many are asked for at once.
#[utoipa::path(post, path = "/api/v1/auth/password/forgot", tag = "auth", request_body = ForgotBody, security(()),
    responses((status = 202, description = "If the address is known, a mail is on its way")))]
pub async fn forgot_password(
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body: ForgotBody = read(&state, &request, payload).await?;
    // By the address, whoever's it is or is not: an answer must not tell.
    state.rates.check(Bucket::RecoverAccount, state.rates.hidden(&body.email.trim().to_lowercase()))?;
    origin.accounts(&state).forgot(&body.email)?;
    Ok(HttpResponse::Accepted().finish())
}
