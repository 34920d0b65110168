//! `POST /api/v1/webhooks/{id}/enable`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::webhooks::{WebhookView, find, may_hear};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use serde::Deserialize;
use utoipa::ToSchema;

/// How an endpoint goes on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnableBody {
    /// True: it hears of what happens from now on, and what waits for it is dropped. False: it goes on where it stood, as far back as seven
    /// days.
    #[serde(default)]
    skip_missed: bool,
}

/// Lets a disabled endpoint go on.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/enable", tag = "webhooks", request_body = EnableBody, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The endpoint now", body = WebhookView)))]
pub async fn enable_webhook(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<WebhookView>, Problem> {
    let known = find(&state, &who, &id).await?;
    may_hear(&who, &known.inboxes)?;
    let EnableBody { skip_missed } = read(&state, &request, payload).await?;
    let changed = origin.admin(&state, &who).enable_webhook(who.tenant, known.id, skip_missed).await?;
    Ok(Json(changed.into()))
}
