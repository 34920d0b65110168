//! `POST /api/v1/labels`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::labels::{LabelBody, LabelView, shown};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

/// Makes a label. Titles are unique, so a repeat doubles nothing.
///
/// # Errors
/// 409 for a title that is taken, 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/labels", tag = "labels", request_body = LabelBody,
    responses((status = 201, description = "The label", body = LabelView), (status = 409, description = "The title is taken, or there are too many", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_label(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body: LabelBody = read(&state, &request, payload).await?;
    let label = shown(origin.scope(&state, &who).create_label(body.form()?).await?)?;
    Ok(HttpResponse::Created().insert_header((LOCATION, format!("/api/v1/labels/{}", label.id))).json(label))
}
