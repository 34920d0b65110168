//! `GET /api/v1/webhooks`.

use crate::http::HttpState;
use crate::http::api::v1::webhooks::WebhookView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json};

/// Lists the business's endpoints, oldest first; there are at most 20, so it is one page.
///
/// # Errors
/// 401 without a key.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks",
    responses((status = 200, description = "All of them", body = Page<WebhookView>)))]
pub async fn list_webhooks(who: AgentPrincipal, state: Data<HttpState>) -> Result<Json<Page<WebhookView>>, Problem> {
    let rows = state.models.admin.list_webhooks(who.tenant).await?;
    let seen = rows.into_iter().filter(|row| who.visibility.covers(&row.inboxes));
    Ok(Json(Page { data: seen.map(WebhookView::from).collect(), next: None }))
}
