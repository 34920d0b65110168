//! `POST /api/v1/me/totp/disable`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// Both proofs that it is you.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpDisableBody {
    /// The password.
    #[schema(format = Password)]
    password: String,
    /// Six digits of the app, or a recovery code.
    code: String,
}

/// Takes the second factor away and ends all your other sessions.
///
/// # Errors
/// 401 for a wrong password or code, 409 if there is no second factor, 429 after too many wrong tries.
#[utoipa::path(post, path = "/api/v1/me/totp/disable", tag = "me", request_body = TotpDisableBody,
    responses((status = 204, description = "Gone"), (status = 409, description = "There is none", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn disable_totp(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let person = who.person()?;
    let body: TotpDisableBody = read(&state, &request, payload).await?;
    origin.accounts(&state).disable_totp((person.account, person.session), &SecretString::from(body.password), &body.code).await?;
    Ok(HttpResponse::NoContent().finish())
}
