//! `POST /api/v1/me/recovery-codes`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::me::RecoveryCodesView;
use crate::http::api::v1::me::totp_confirm::CodeBody;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};

/// Makes new recovery codes; all old ones are good no more.
///
/// # Errors
/// 401 for a wrong code, 409 if there is no second factor, 429 after too many wrong codes.
#[utoipa::path(post, path = "/api/v1/me/recovery-codes", tag = "me", request_body = CodeBody,
    responses((status = 200, description = "The codes", body = RecoveryCodesView), (status = 409, description = "There is no second factor", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn renew_recovery_codes(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<RecoveryCodesView>, Problem> {
    let person = who.person()?;
    let body: CodeBody = read(&state, &request, payload).await?;
    Ok(Json(origin.accounts(&state).renew_recovery_codes(person.account, &body.code).await?.into()))
}
