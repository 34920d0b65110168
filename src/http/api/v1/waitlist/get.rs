//! `GET /api/v1/waitlist/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::waitlist::{WaitlistEntryView, find};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows an entry of the waiting list.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/waitlist/{id}", tag = "booking", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The entry", body = WaitlistEntryView)))]
pub async fn get_entry(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<WaitlistEntryView>, Problem> {
    Ok(Json(find(&state, &who, &id).await?.into()))
}
