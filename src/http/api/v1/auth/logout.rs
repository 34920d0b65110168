//! `POST /api/v1/auth/logout`.

use crate::http::HttpState;
use crate::http::api::v1::auth::refresh::RefreshBody;
use crate::http::api::v1::auth::{check_page, farewell, jar};
use crate::http::auth::bearer;
use crate::http::browser::cookies::Shown;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::{ExposeSecret, SecretString};

/// Ends the session of whatever token is shown: as a bearer, in the body, as a cookie. Succeeds also if there is nothing left to end.
///
/// # Errors
/// 403 for a cookie that a foreign page sends.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth", request_body = RefreshBody, security((), ("bearer" = []), ("cookie" = [])),
    responses((status = 204, description = "Signed out"), (status = 403, description = "A foreign page", body = ProblemDetails), (status = 422, description = "A wrong field", body = ProblemDetails)))]
pub async fn logout(state: Data<HttpState>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let body: RefreshBody = crate::http::api::v1::booking::read(&state, &request, payload).await?;
    let (access, refresh) = (jar(&state).access(&request), jar(&state).refresh(&request));
    let cookies = !matches!((&access, &refresh), (Shown::Nothing, Shown::Nothing));
    check_page(&state, &request, cookies)?;
    if let Some(token) = body.refresh_token.map(SecretString::from).or(one(refresh)) {
        state.accounts.end_by_refresh(&token).await?;
    }
    if let Some(token) = bearer(&request).map(SecretString::from).or(one(access))
        && let Some(holder) = state.accounts.holder(token.expose_secret()).await?
    {
        state.accounts.end_session(holder.account, holder.session, "logout").await?;
    }
    Ok(farewell(&state, HttpResponse::NoContent()))
}

fn one(shown: Shown) -> Option<SecretString> {
    match shown {
        Shown::One(token) => Some(token),
        Shown::Nothing | Shown::Several => None,
    }
}
