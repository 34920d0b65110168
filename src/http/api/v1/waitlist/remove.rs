//! `DELETE /api/v1/waitlist/{id}`.

use crate::domain::booking::Act;
use crate::http::HttpState;
use crate::http::api::v1::booking::act;
use crate::http::api::v1::waitlist::{WaitlistEntryView, find, listed};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Takes a customer off the waiting list; a time that was held for them is free again. A repeat is a success.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(delete, path = "/api/v1/waitlist/{id}", tag = "booking", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The entry as it ended", body = WaitlistEntryView)))]
pub async fn remove_entry(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<WaitlistEntryView>, Problem> {
    let entry = find(&state, &who, &id).await?;
    let (entry, _) = listed(act(&state, &who, Act::Leave { id: entry.id }).await?)?;
    Ok(Json(entry.into()))
}
