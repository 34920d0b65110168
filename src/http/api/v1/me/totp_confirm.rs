//! `POST /api/v1/me/totp/confirm`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::me::RecoveryCodesView;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};
use serde::Deserialize;
use utoipa::ToSchema;

/// A code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeBody {
    /// Six digits of the app, or, where there is a second factor already, a recovery code.
    pub(super) code: String,
}

/// Confirms the second factor with the app's first code; returns recovery codes and ends all your other sessions.
///
/// # Errors
/// 401 for a wrong code, 409 if nothing was begun, 429 after too many wrong codes.
#[utoipa::path(post, path = "/api/v1/me/totp/confirm", tag = "me", request_body = CodeBody,
    responses((status = 200, description = "It counts now", body = RecoveryCodesView), (status = 409, description = "Nothing was begun", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn confirm_totp(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<RecoveryCodesView>, Problem> {
    let person = who.person()?;
    let body: CodeBody = read(&state, &request, payload).await?;
    let codes = origin.accounts(&state).confirm_totp((person.account, person.session), &body.code).await?;
    Ok(Json(codes.into()))
}
