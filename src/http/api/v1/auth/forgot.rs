//! `POST /api/v1/auth/password/forgot`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::problem::{Problem, ProblemDetails};
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
/// 503 if too many are asked for at once.
#[utoipa::path(post, path = "/api/v1/auth/password/forgot", tag = "auth", request_body = ForgotBody, security(()),
    responses((status = 202, description = "If the address is known, a mail is on its way"), (status = 422, description = "A wrong field", body = ProblemDetails), (status = 503, description = "Too busy; try again", body = ProblemDetails)))]
pub async fn forgot_password(state: Data<HttpState>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let body: ForgotBody = read(&state, &request, payload).await?;
    state.accounts.forgot(&body.email)?;
    Ok(HttpResponse::Accepted().finish())
}
