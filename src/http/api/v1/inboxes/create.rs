//! `POST /api/v1/inboxes`.

use crate::domain::ids::InboxId;
use crate::domain::inbox::ChannelKind;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::command::{key_of, repeatable_id};
use crate::http::api::v1::inboxes::{KeptInboxView, refused};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::admin::inboxes::NewInbox;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An inbox to be made. Never shown by Debug: the configuration holds secrets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"channel": "generic", "name": "Web", "config": {"url": "https://adapter.example.com/recado"}}))]
pub struct InboxBody {
    /// `whatsapp` or `generic`.
    channel: String,
    /// What you call it: 1 to 100 characters.
    name: String,
    /// The channel's settings and secrets by their keys: `phone_number_id`, `waba_id`, `access_token`, `app_secret`, `verify_token` of
    /// WhatsApp; `url`, `secret` of a generic adapter; and those that every channel knows, such as `assistant` and `gathering_ms`.
    #[schema(value_type = Object)]
    config: Value,
}

/// Makes an inbox. Secrets are sealed and never shown; a generic adapter without one gets one, which is shown this once. A repeat with the same
/// `Idempotency-Key` makes no second inbox and answers 409.
///
/// # Errors
/// 403 for somebody who does not see everything, 409 for an account that is connected already, a repeat, or a plan that is full, 422 naming
/// every key that does not fit.
#[utoipa::path(post, path = "/api/v1/inboxes", tag = "inboxes", request_body = InboxBody,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "The inbox", body = KeptInboxView), (status = 409, description = "The account is connected already, the plan is full, or this request has made an inbox before", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_inbox(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    // Whoever sees some inboxes only could not see what he made, and whoever sees some teams' only would say where all replies go.
    who.sees_everything()?;
    let repeat = key_of(&request)?.map(|key| repeatable_id(&format!("inbox\n{}\n{}\n{key}", who.tenant, who.agent())));
    let InboxBody { channel, name, config } = read(&state, &request, payload).await?;
    let channel = ChannelKind::parse(&channel).ok_or_else(|| Problem::field("channel", "must be whatsapp or generic"))?;
    let id = InboxId(repeat.unwrap_or_else(|| state.ids.uuid()));
    let made = origin.admin(&state, &who).create_inbox_as(who.tenant, id, NewInbox { channel, name, config }).await.map_err(refused)?;
    let made = made.ok_or_else(|| Problem::conflict("this request has made an inbox before").with_code("repeated"))?;
    state.directory.refresh().await?;
    Ok(HttpResponse::Created().json(KeptInboxView::from(made)))
}
