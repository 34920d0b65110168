//! `POST /api/v1/auth/logout`.

use crate::http::HttpState;
use crate::http::api::v1::auth::refresh::RefreshBody;
use crate::http::api::v1::auth::{check_page, farewell, jar};
use crate::http::auth::bearer;
use crate::http::browser::cookies::Shown;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::{ExposeSecret, SecretString};

/// Ends the session of whatever token is shown: as a bearer, in the body, as a cookie. Succeeds also if there is nothing left to end.
///
/// # Errors
/// 403 for a cookie that a foreign page sends.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth", request_body = RefreshBody, security((), ("bearer" = []), ("cookie" = [])),
    responses((status = 204, description = "Signed out")))]
pub async fn logout(state: Data<HttpState>, origin: Origin, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let body: RefreshBody = crate::http::api::v1::booking::read(&state, &request, payload).await?;
    let (access, refresh) = (jar(&state).access(&request), jar(&state).refresh(&request));
    let cookies = !matches!((&access, &refresh), (Shown::Nothing, Shown::Nothing));
    check_page(&state, &request, cookies)?;
    let accounts = origin.accounts(&state);
    if let Some(token) = body.refresh_token.map(SecretString::from).or(one(refresh)) {
        accounts.end_by_refresh(&token).await?;
    }
    if let Some(token) = bearer(&request).map(SecretString::from).or(one(access))
        && let Some(holder) = accounts.holder(token.expose_secret()).await?
    {
        accounts.sign_out(holder.account, holder.session).await?;
    }
    Ok(farewell(&state, HttpResponse::NoContent()))
}

fn one(shown: Shown) -> Option<SecretString> {
    match shown {
        Shown::One(token) => Some(token),
        Shown::Nothing | Shown::Several => None,
    }
}
