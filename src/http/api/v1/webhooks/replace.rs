//! `PUT /api/v1/webhooks/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::webhooks::{WebhookBody, WebhookView, find, may_hear};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};

/// Replaces what an endpoint is. Its secret stays, and what waits for it goes to the new address.
///
/// # Errors
/// 403 for whoever may not read the conversations of these inboxes himself, 404 for an absent one, 422 naming a wrong field.
#[utoipa::path(put, path = "/api/v1/webhooks/{id}", tag = "webhooks", request_body = WebhookBody, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The endpoint now", body = WebhookView)))]
pub async fn replace_webhook(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<WebhookView>, Problem> {
    let known = find(&state, &who, &id).await?;
    let body: WebhookBody = read(&state, &request, payload).await?;
    may_hear(&who, &body.visibility())?;
    let changed = origin.admin(&state, &who).replace_webhook(who.tenant, known.id, body.form()).await?;
    Ok(Json(changed.into()))
}
