//! `POST /api/v1/auth/refresh`.

use crate::domain::quota::Bucket;
use crate::http::HttpState;
use crate::http::api::v1::auth::{SignInView, check_page, farewell, jar, welcome};
use crate::http::api::v1::booking::read;
use crate::http::browser::cookies::Shown;
use crate::http::browser::device::device_of;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::http::rates::Key;
use crate::store::accounts::AccountError;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// A refresh token, of programs; browsers send a cookie and no body.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshBody {
    /// The refresh token.
    #[serde(default)]
    pub(super) refresh_token: Option<String>,
}

/// Exchanges a refresh token for a new one and an access token. A token that was used before ends its session, but for ten seconds after its
/// use: then another tab was faster, and the answer is 409.
///
/// # Errors
/// 400 for a cookie and a token at once, 401 for a token that is not good any more, 409 `retry_with_new`.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "auth", request_body = RefreshBody, security(()),
    responses((status = 200, description = "Signed in anew", body = SignInView), (status = 409, description = "Just used: take its successor", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn refresh(state: Data<HttpState>, origin: Origin, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let body: RefreshBody = read(&state, &request, payload).await?;
    let (token, cookies) = match (body.refresh_token, jar(&state).refresh(&request)) {
        (Some(token), Shown::Nothing) => (SecretString::from(token), false),
        (None, Shown::One(token)) => (token, true),
        (None, Shown::Nothing) => return Err(Problem::unauthorized("send a refresh token")),
        (Some(_), Shown::One(_) | Shown::Several) | (None, Shown::Several) => {
            return Err(Problem::bad_request("more than one refresh token was shown"));
        }
    };
    check_page(&state, &request, cookies)?;
    let accounts = origin.accounts(&state);
    // Before the exchange: a token that is refused here is still good.
    if let Some(session) = accounts.session_of(&token).await? {
        state.rates.check(Bucket::RefreshSession, Key::Row(session.0))?;
    }
    match accounts.refresh(&token, &device_of(&request)).await {
        Ok(signed_in) => welcome(&state, StatusCode::OK, &signed_in, cookies),
        Err(error @ (AccountError::Refused | AccountError::Reused)) if cookies => Ok(over(&state, error)),
        Err(error) => Err(error.into()),
    }
}

/// Answers a browser whose session is over: its cookies go.
fn over(state: &HttpState, error: AccountError) -> HttpResponse {
    let problem = Problem::from(error);
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let mut response = HttpResponse::build(problem.status_code());
    response.insert_header((CONTENT_TYPE, crate::http::problem::CONTENT_TYPE));
    farewell(state, response).set_body(actix_web::body::BoxBody::new(body))
}
