//! `PUT /api/v1/labels/{id}`.

use crate::domain::ids::LabelId;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::labels::{LabelBody, LabelView, shown};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};

/// Changes a label; conversations that have it show it as it is now.
///
/// # Errors
/// 404 for an absent one or another tenant's, 409 for a title that is taken, 422 naming a wrong field.
#[utoipa::path(put, path = "/api/v1/labels/{id}", tag = "labels", request_body = LabelBody, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The label now", body = LabelView), (status = 409, description = "The title is taken", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn replace_label(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<LabelView>, Problem> {
    let id: LabelId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let body: LabelBody = read(&state, &request, payload).await?;
    shown(origin.scope(&state, &who).replace_label(id, body.form()?).await?).map(Json)
}
