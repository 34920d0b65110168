//! `PUT /api/v1/members/{id}/capacity`.

use crate::domain::ids::MemberId;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::presence::{PresenceView, show};
use crate::http::api::v1::teams::{at_desk, read_limit};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use serde::Deserialize;
use utoipa::ToSchema;

/// How many open conversations a member takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCapacity {
    /// 1 to 1000; null: as many as the business says. Must be given.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(minimum = 1, maximum = 1000, required = true)]
    max_open: Option<u32>,
}

/// Sets how many open conversations are given to a member by themselves. A higher limit is used at once for what waits.
///
/// # Errors
/// 404 for an absent one or another tenant's, 422 for a wrong limit.
#[utoipa::path(put, path = "/api/v1/members/{id}/capacity", tag = "presence", request_body = SetCapacity, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The member now", body = PresenceView)))]
pub async fn set_capacity(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<PresenceView>, Problem> {
    let member: MemberId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let SetCapacity { max_open } = read(&state, &request, payload).await?;
    let limit = max_open.map(read_limit).transpose()?;
    at_desk(&state, origin.scope(&state, &who).set_capacity(member, limit).await?)?;
    show(&state, &who, member).await.map(Json)
}
