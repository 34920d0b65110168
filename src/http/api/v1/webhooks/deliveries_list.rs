//! `GET /api/v1/webhooks/{id}/deliveries`.

use crate::domain::ids::WebhookDeliveryId;
use crate::http::HttpState;
use crate::http::api::v1::webhooks::{WebhookDeliveryView, find};
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_moment_cursor};
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Where a delivery may stand.
const STATES: [&str; 5] = ["pending", "delivered", "failed", "expired", "dropped"];

/// Which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListWebhookDeliveries {
    /// Only those that stand so: `pending`, `delivered`, `failed`, `expired` or `dropped`.
    #[param(example = "pending")]
    state: Option<String>,
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists what an endpoint is, or was, told, newest first, with every try. What has ended is kept for 30 days.
///
/// # Errors
/// 404 for an absent endpoint or another tenant's, 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/deliveries", tag = "webhooks", params(("id" = Uuid, Path), ListWebhookDeliveries),
    responses((status = 200, description = "A page", body = Page<WebhookDeliveryView>)))]
pub async fn list_webhook_deliveries(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    query: Query<ListWebhookDeliveries>,
) -> Result<Json<Page<WebhookDeliveryView>>, Problem> {
    let known = find(&state, &who, &id).await?;
    let limit = limit(query.limit)?;
    let before = query.cursor.as_deref().map(read_moment_cursor).transpose()?;
    let before = before.map(|(at, id)| (at, WebhookDeliveryId(id)));
    if query.state.as_deref().is_some_and(|state| !STATES.contains(&state)) {
        return Err(Problem::field("state", format!("must be one of {}", STATES.join(", "))));
    }
    let rows = who.scope(&state.store).webhook_deliveries(known.id, query.state.clone(), before, limit + 1).await?;
    Ok(Json(page(rows, limit, |row| place_cursor(row.created_at.micros(), row.id.0), WebhookDeliveryView::from)))
}
