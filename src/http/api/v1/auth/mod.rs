//! Signing up, signing in, staying signed in, getting back in. Browsers ask for cookies and never see a token; programs get tokens.

pub mod accept;
pub mod confirm_email;
pub mod csrf;
pub mod forgot;
pub mod login;
pub mod logout;
pub mod mfa;
pub mod refresh;
pub mod reset;
pub mod sign_up;
#[cfg(test)]
mod tests;

use crate::crypto::jwt::ACCESS_SECONDS;
use crate::domain::ids::{AccountId, MemberId, SessionId, TenantId};
use crate::http::HttpState;
use crate::http::browser::cookies::Jar;
use crate::http::browser::csrf as own_page;
use crate::http::problem::Problem;
use crate::store::accounts::{AccountError, SignedIn};
use actix_web::http::StatusCode;
use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpRequest, HttpResponse};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

/// What signing in came to.
#[derive(Serialize, ToSchema)]
pub struct SignInView {
    /// `signed_in`, or `code_needed`: then only `mfa_token` is there, for the second step.
    status: &'static str,
    /// The business.
    #[schema(value_type = Option<Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    business_id: Option<TenantId>,
    /// The account.
    #[schema(value_type = Option<Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<AccountId>,
    /// The member.
    #[schema(value_type = Option<Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<MemberId>,
    /// The session.
    #[schema(value_type = Option<Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<SessionId>,
    /// For `Authorization: Bearer`; absent where cookies were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// Exchanged once at `/api/v1/auth/refresh`; absent where cookies were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// For the header `X-CSRF-Token`; there where cookies were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
    /// For the second step.
    #[serde(skip_serializing_if = "Option::is_none")]
    mfa_token: Option<String>,
    /// Seconds until the access token or the second step ends.
    expires_in: i64,
}

impl SignInView {
    const fn empty(status: &'static str, expires_in: i64) -> Self {
        Self {
            status,
            business_id: None,
            account_id: None,
            member_id: None,
            session_id: None,
            access_token: None,
            refresh_token: None,
            csrf_token: None,
            mfa_token: None,
            expires_in,
        }
    }
}

/// Answers somebody who is signed in now: tokens, or cookies.
fn welcome(state: &HttpState, status: StatusCode, signed_in: &SignedIn, cookies: bool) -> Result<HttpResponse, Problem> {
    let mut view = SignInView::empty("signed_in", ACCESS_SECONDS);
    view.business_id = Some(signed_in.tenant);
    view.account_id = Some(signed_in.account);
    view.member_id = Some(signed_in.member);
    view.session_id = Some(signed_in.session);
    let mut response = HttpResponse::build(status);
    if cookies {
        view.csrf_token = Some(own_page::make_token(state.accounts.platform(), signed_in.session).map_err(AccountError::from)?);
        for line in jar(state).give(signed_in) {
            response.append_header((SET_COOKIE, line));
        }
    } else {
        view.access_token = Some(signed_in.access.expose_secret().to_owned());
        view.refresh_token = Some(signed_in.refresh.expose_secret().to_owned());
    }
    Ok(response.json(view))
}

/// Makes sure that whoever asks for cookies is a page of ours.
fn check_page(state: &HttpState, request: &HttpRequest, cookies: bool) -> Result<(), Problem> {
    if cookies { own_page::require_own_page(request, &state.accounts.settings().public_url) } else { Ok(()) }
}

/// Returns how cookies are named here.
fn jar(state: &HttpState) -> Jar {
    Jar::of(&state.accounts.settings().public_url)
}

/// Answers with nothing, and takes the cookies away.
fn farewell(state: &HttpState, mut response: actix_web::HttpResponseBuilder) -> HttpResponse {
    for line in jar(state).take_away() {
        response.append_header((SET_COOKIE, line));
    }
    response.finish()
}
