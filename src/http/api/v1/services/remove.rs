//! `DELETE /api/v1/services/{id}`.

use crate::domain::ids::ServiceId;
use crate::http::HttpState;
use crate::http::api::v1::services::{ServiceView, find};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use crate::store::admin::bookings::Removed;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Deletes a service. One that appointments refer to is only no longer offered, and shown as it is then.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(delete, path = "/api/v1/services/{id}", tag = "booking", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is gone"), (status = 200, description = "It is no longer offered: appointments refer to it", body = ServiceView)))]
pub async fn remove_service(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let known: ServiceId = id.parse().ok().ok_or_else(Problem::not_found)?;
    match origin.admin(&state, &who).remove_service(who.tenant, known).await? {
        Removed::Gone => Ok(HttpResponse::NoContent().finish()),
        Removed::Retired => Ok(HttpResponse::Ok().json(ServiceView::from(find(&state, &who, &id).await?))),
    }
}
