//! `POST /api/v1/teams`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::teams::{TeamBody, TeamView, at_desk, find, may_shape};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

/// Makes a team.
///
/// # Errors
/// 403 for somebody who is limited to teams, 409 for a name that is taken or one team too many, 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/teams", tag = "teams", request_body = TeamBody,
    responses((status = 201, description = "The team", body = TeamView), (status = 409, description = "The name is taken, or there are too many", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_team(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    may_shape(&who, None)?;
    let form = read::<TeamBody>(&state, &request, payload).await?.form()?;
    let id = at_desk(&state, origin.scope(&state, &who).create_team(form).await?)?;
    let made = find(&state, &who, id).await?;
    Ok(HttpResponse::Created().insert_header((LOCATION, format!("/api/v1/teams/{id}"))).json(made))
}
