//! `POST /api/v1/auth/mfa`: the second step of signing in.

use crate::http::HttpState;
use crate::http::api::v1::auth::{SignInView, check_page, welcome};
use crate::http::api::v1::booking::read;
use crate::http::browser::device::device_of;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use crate::store::accounts::SecondStep;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// The code that was asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MfaBody {
    /// What the first step returned.
    mfa_token: String,
    /// Six digits of the app, or a recovery code.
    code: String,
    /// True: tokens come as cookies. For pages of ours only.
    #[serde(default)]
    cookies: bool,
}

/// Finishes signing in with a code. Each code is accepted once.
///
/// # Errors
/// 401 for a wrong code or a step that took longer than five minutes; 429 after too many wrong codes.
#[utoipa::path(post, path = "/api/v1/auth/mfa", tag = "auth", request_body = MfaBody, security(()),
    responses((status = 200, description = "Signed in", body = SignInView)))]
pub async fn finish_login(state: Data<HttpState>, origin: Origin, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let body: MfaBody = read(&state, &request, payload).await?;
    check_page(&state, &request, body.cookies)?;
    let step = SecondStep { token: SecretString::from(body.mfa_token), code: body.code, device: device_of(&request) };
    let signed_in = origin.accounts(&state).login_with_code(step).await?;
    welcome(&state, StatusCode::OK, &signed_in, body.cookies)
}
