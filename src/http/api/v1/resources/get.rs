//! `GET /api/v1/resources/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::resources::{CalendarView, ResourceView, find};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::ports::calendar::{CalendarJobs, Owner};
use actix_web::web::{Data, Json, Path};

/// Shows a resource.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/resources/{id}", tag = "booking", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The resource", body = ResourceView)))]
pub async fn get_resource(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<ResourceView>, Problem> {
    let found = find(&state, &who, &id).await?;
    let owner = Owner { tenant: who.tenant, resource: found.0 };
    let calendar = if found.1.what.outside_calendar { state.store.calendar_state(owner).await? } else { None };
    Ok(Json(ResourceView { calendar: calendar.map(CalendarView::from), ..found.into() }))
}
