//! `PUT /api/v1/views/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::saved_views::{SavedView, ViewBody, find, known, owner, shown};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};

/// Changes a saved view. Whose it is stays.
///
/// # Errors
/// 403 for a shared one that is not yours to change, 404 for an absent one or another member's, 409 for a name that is taken, 422 naming a wrong
/// field.
#[utoipa::path(put, path = "/api/v1/views/{id}", tag = "views", request_body = ViewBody, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The view now", body = SavedView), (status = 409, description = "The name is taken", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn replace_view(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<SavedView>, Problem> {
    let view = find(&state, &who, &id).await?;
    let owner = owner(&who, view.member.is_none())?;
    let form = read::<ViewBody>(&state, &request, payload).await?.form()?;
    known(&state, &who, &form).await?;
    shown(origin.scope(&state, &who).replace_view(owner, view.id, form).await?).map(Json)
}
