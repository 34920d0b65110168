//! `PUT /api/v1/teams/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::teams::{TeamBody, TeamView, at_desk, find, may_shape, read_path};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};

/// Replaces a team and its members. Conversations keep their people; those that wait go at once to members who are free.
///
/// # Errors
/// 403 for somebody who is limited to other teams, 404 for an absent one or another tenant's, 409 for a name that is taken, 422 naming a wrong field.
#[utoipa::path(put, path = "/api/v1/teams/{id}", tag = "teams", request_body = TeamBody, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The team now", body = TeamView), (status = 409, description = "The name is taken", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn replace_team(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<TeamView>, Problem> {
    let id = read_path(&id)?;
    may_shape(&who, Some(id))?;
    let form = read::<TeamBody>(&state, &request, payload).await?.form()?;
    at_desk(&state, origin.scope(&state, &who).replace_team(id, form).await?)?;
    find(&state, &who, id).await.map(Json)
}
