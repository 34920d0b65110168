//! `POST /api/v1/appointments/{id}/cancel`.

use crate::domain::booking::Act;
use crate::http::HttpState;
use crate::http::api::v1::appointments::{AppointmentView, change, read_path};
use crate::http::api::v1::booking::read;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use serde::Deserialize;
use utoipa::ToSchema;

/// Why and what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelBody {
    /// A word of your own for why, of small letters, digits and `_`; `owner` if absent. Never what a customer said.
    reason: Option<String>,
    /// The version that you have seen; absent: whichever it is.
    version: Option<i64>,
}

/// Calls an appointment off, or gives a hold back. A repeat is a success.
///
/// # Errors
/// 404 for an absent one or another tenant's, 409 if it has ended or the version is another, 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/appointments/{id}/cancel", tag = "booking", request_body = CancelBody, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The appointment now", body = AppointmentView), (status = 409, description = "It cannot be cancelled; see code", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn cancel_appointment(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<AppointmentView>, Problem> {
    let id = read_path(&id)?;
    let CancelBody { reason, version } = read(&state, &request, payload).await?;
    let reason = reason.unwrap_or_else(|| "owner".to_owned());
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !(1..=40).contains(&reason.len()) || !reason.bytes().all(is_word) {
        return Err(Problem::field("reason", "must be a word of 1 to 40 small letters, digits and _"));
    }
    change(&state, &who, (id, Act::Cancel { id, version, reason }), None).await
}
