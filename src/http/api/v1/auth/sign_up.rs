//! `POST /api/v1/auth/sign-up`.

use crate::http::HttpState;
use crate::http::api::v1::auth::{SignInView, check_page, welcome};
use crate::http::api::v1::booking::read;
use crate::http::browser::device::device_of;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::accounts::NewBusiness;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// A business and the person who makes it. Nothing else is asked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUpBody {
    /// The person's name.
    name: String,
    /// The person's mail address.
    email: String,
    /// The person's telephone, in E.164.
    #[serde(default)]
    phone: Option<String>,
    /// The business's name.
    business: String,
    /// The password: 8 to 256 characters.
    #[schema(format = Password)]
    password: String,
    /// The language of pages and mails: es, en or pt, perhaps with a region.
    #[serde(default = "spanish")]
    locale: String,
    /// The business's zone, by its IANA name.
    #[serde(default = "hermosillo")]
    timezone: String,
    /// The version of the terms. By sending it you accept them, and say that you are of age and may act for the business.
    terms: String,
    /// True: tokens come as cookies. For pages of ours only.
    #[serde(default)]
    cookies: bool,
}

fn spanish() -> String {
    "es-MX".to_owned()
}

fn hermosillo() -> String {
    "America/Hermosillo".to_owned()
}

/// Makes a business; the person owns it and is signed in.
///
/// # Errors
/// 403 where signing up is closed, 409 for an address that is taken, 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/auth/sign-up", tag = "auth", request_body = SignUpBody, security(()),
    responses((status = 201, description = "Signed in", body = SignInView), (status = 409, description = "There is an account with this address", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn sign_up(state: Data<HttpState>, origin: Origin, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let body: SignUpBody = read(&state, &request, payload).await?;
    check_page(&state, &request, body.cookies)?;
    let SignUpBody { name, email, phone, business, password, locale, timezone, terms, cookies } = body;
    let new = NewBusiness { name, email, phone, business, password: SecretString::from(password), locale, timezone, terms };
    let signed_in = origin.accounts(&state).sign_up(new, &device_of(&request)).await?;
    welcome(&state, StatusCode::CREATED, &signed_in, cookies)
}
