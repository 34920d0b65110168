//! `POST /api/v1/webhooks/{id}/test`.

use crate::http::HttpState;
use crate::http::api::v1::webhooks::{WebhookDeliveryView, find, find_delivery};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Sends a sample, an event `webhook.test`, whether or not the endpoint is enabled. It is tried once, within seconds: look at the
/// endpoint's deliveries for what came of it.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/test", tag = "webhooks", params(("id" = Uuid, Path)),
    responses((status = 202, description = "It will be sent", body = WebhookDeliveryView)))]
pub async fn test_webhook(who: AgentPrincipal, origin: Origin, state: Data<HttpState>, id: Path<String>) -> Result<HttpResponse, Problem> {
    let known = find(&state, &who, &id).await?;
    let delivery = origin.admin(&state, &who).test_webhook(who.tenant, known.id).await?;
    let row = find_delivery(&state, &who, known.id, &delivery.to_string()).await?;
    Ok(HttpResponse::Accepted().json(WebhookDeliveryView::from(row)))
}
