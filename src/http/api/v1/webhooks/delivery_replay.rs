//! `POST /api/v1/webhooks/{id}/deliveries/{delivery_id}/replay`.

use crate::http::HttpState;
use crate::http::api::v1::webhooks::{WebhookDeliveryView, find, find_delivery, may_hear};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Sends one delivery again, with all its tries before it, under the same `webhook-id`.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/deliveries/{delivery_id}/replay", tag = "webhooks",
    params(("id" = Uuid, Path), ("delivery_id" = Uuid, Path)),
    responses((status = 202, description = "It will be sent again", body = WebhookDeliveryView)))]
pub async fn replay_webhook_delivery(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (id, delivery) = ids.into_inner();
    let known = find(&state, &who, &id).await?;
    may_hear(&who, &known.inboxes)?;
    let row = find_delivery(&state, &who, known.id, &delivery).await?;
    if !origin.admin(&state, &who).replay_delivery(who.tenant, known.id, row.id).await? {
        return Err(Problem::not_found());
    }
    let row = find_delivery(&state, &who, known.id, &delivery).await?;
    Ok(HttpResponse::Accepted().json(WebhookDeliveryView::from(row)))
}
