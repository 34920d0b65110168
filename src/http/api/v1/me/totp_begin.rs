//! `POST /api/v1/me/totp`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The password, as a proof that it is you.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpBeginBody {
    /// The password.
    #[schema(format = Password)]
    password: String,
}

/// What an app needs. Shown this once.
#[derive(Serialize, ToSchema)]
pub struct TotpView {
    /// The secret as people type it.
    secret: String,
    /// The address that apps read from the picture.
    otpauth_url: String,
    /// The picture, in SVG.
    qr_svg: String,
}

/// Begins to set up a second factor; it counts once a code was confirmed.
///
/// # Errors
/// 401 for a wrong password, 409 if there is a second factor.
#[utoipa::path(post, path = "/api/v1/me/totp", tag = "me", request_body = TotpBeginBody,
    responses((status = 201, description = "For the app", body = TotpView), (status = 409, description = "There is one", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn begin_totp(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let person = who.person()?;
    let body: TotpBeginBody = read(&state, &request, payload).await?;
    let begun = origin.accounts(&state).begin_totp(person.account, &SecretString::from(body.password)).await?;
    let secret = begun.secret.expose_secret().to_owned();
    let view = TotpView { secret, otpauth_url: begun.address.expose_secret().to_owned(), qr_svg: begun.picture };
    Ok(HttpResponse::Created().json(view))
}
