//! `DELETE /api/v1/webhooks/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::webhooks::find;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Forgets an endpoint with its secret and its deliveries. What waits for it is not sent.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "webhooks", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is gone")))]
pub async fn remove_webhook(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let known = find(&state, &who, &id).await?;
    origin.admin(&state, &who).remove_webhook(who.tenant, known.id).await?;
    Ok(HttpResponse::NoContent().finish())
}
