//! `POST /api/v1/auth/login`.

use crate::http::HttpState;
use crate::http::api::v1::auth::{SignInView, check_page, welcome};
use crate::http::api::v1::booking::read;
use crate::http::browser::device::device_of;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use crate::store::accounts::{Attempt, Login};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

/// Seconds that the second step may take.
const STEP_SECONDS: i64 = 300;

/// Somebody who wants in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    /// The mail address.
    email: String,
    /// The password.
    #[schema(format = Password)]
    password: String,
    /// The short name of the business; absent: the one used last.
    #[serde(default)]
    business: Option<String>,
    /// True: tokens come as cookies. For pages of ours only.
    #[serde(default)]
    cookies: bool,
}

/// Signs somebody in, or asks for a code.
///
/// # Errors
/// 401 for a wrong address or password, without saying which; 429 after too many wrong tries, with the seconds to wait.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "auth", request_body = LoginBody, security(()),
    responses((status = 200, description = "Signed in, or a code is needed", body = SignInView)))]
pub async fn login(state: Data<HttpState>, origin: Origin, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let body: LoginBody = read(&state, &request, payload).await?;
    check_page(&state, &request, body.cookies)?;
    let LoginBody { email, password, business, cookies } = body;
    let attempt = Attempt { email, password: SecretString::from(password), business, device: device_of(&request) };
    match origin.accounts(&state).login(attempt).await? {
        Login::In(signed_in) => welcome(&state, StatusCode::OK, &signed_in, cookies),
        Login::NeedsCode(token) => {
            let mut view = SignInView::empty("code_needed", STEP_SECONDS);
            view.mfa_token = Some(token.expose_secret().to_owned());
            Ok(HttpResponse::Ok().json(view))
        }
    }
}
