//! `POST|DELETE /api/v1/resources/{id}/feed`: the secret address of a resource's calendar.

use crate::domain::ids::ResourceId;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

/// The secret address of a calendar: shown once.
#[derive(Serialize, ToSchema)]
pub struct FeedView {
    /// Below the server's public address: `/calendar/cal_….ics`. Whoever has it reads the calendar.
    path: String,
}

/// Makes the secret address of a resource's calendar, to be subscribed to in any calendar program. The address that there was ends at once.
///
/// # Errors
/// 403 for somebody who does not see everything, 404 for an absent resource or another tenant's.
#[utoipa::path(post, path = "/api/v1/resources/{id}/feed", tag = "booking", params(("id" = Uuid, Path)),
    responses((status = 201, description = "The address, shown this once", body = FeedView)))]
pub async fn create_feed(who: AgentPrincipal, origin: Origin, state: Data<HttpState>, id: Path<String>) -> Result<HttpResponse, Problem> {
    let id: ResourceId = id.parse().ok().ok_or_else(Problem::not_found)?;
    who.sees_everything()?;
    let token = origin.admin(&state, &who).make_feed(who.tenant, id).await?;
    Ok(HttpResponse::Created().json(FeedView { path: format!("/calendar/{}.ics", token.expose_secret()) }))
}

/// Ends the secret address of a resource's calendar. A repeat is a success.
///
/// # Errors
/// 403 for somebody who does not see everything, 404 for an absent resource or another tenant's.
#[utoipa::path(delete, path = "/api/v1/resources/{id}/feed", tag = "booking", params(("id" = Uuid, Path)),
    responses((status = 204, description = "There is no address any more")))]
pub async fn remove_feed(who: AgentPrincipal, origin: Origin, state: Data<HttpState>, id: Path<String>) -> Result<HttpResponse, Problem> {
    let id: ResourceId = id.parse().ok().ok_or_else(Problem::not_found)?;
    who.sees_everything()?;
    origin.admin(&state, &who).end_feed(who.tenant, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
