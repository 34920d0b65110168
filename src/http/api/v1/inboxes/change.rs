//! `PATCH /api/v1/inboxes/{id}`.

use crate::domain::membership::Refusal;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::inboxes::{KeptInboxView, find, refused};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::admin::inboxes::InboxChange;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What is to be another way; what is left out stays. Never shown by Debug: the configuration holds secrets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Web", "config": {"gathering_ms": 1500}}))]
pub struct InboxPatch {
    /// What you call it: 1 to 100 characters.
    name: Option<String>,
    /// Settings and secrets by their keys; null takes one away, what is not named stays. `away_text` (`{"es", "en", "pt"}`, each 1 to 4000
    /// characters, replaced as a whole) is said by itself to whoever writes outside the inbox's hours; `{{next_opening}}` in it is when people
    /// are back.
    #[schema(value_type = Option<Object>)]
    config: Option<Value>,
    /// True: messages are taken, but none leaves until it is false again. False also lets an inbox go on that Recado has stopped because its
    /// account needed attention.
    paused: Option<bool>,
}

/// Changes an inbox. A generic adapter whose secret is taken away gets a new one, which is shown this once.
///
/// # Errors
/// 403 for a `config` by somebody who sees only some teams' conversations; 404 for an absent one, another tenant's, or one that you do not see; 409 for an account that is connected already; 422 naming every key that
/// does not fit.
#[utoipa::path(patch, path = "/api/v1/inboxes/{id}", tag = "inboxes", request_body = InboxPatch, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The inbox now", body = KeptInboxView), (status = 409, description = "The account is connected already", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn change_inbox(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<KeptInboxView>, Problem> {
    let id = find(&state, &who, &id).await?.id;
    let InboxPatch { name, config, paused } = read(&state, &request, payload).await?;
    // It says where the replies of every team go.
    if config.is_some() && who.visibility.teams().is_some() {
        let why = "this says where the replies of every team go, and you see only some: ask somebody who sees all teams";
        return Err(Problem::forbidden(why).with_code(Refusal::MoreThanHeld.code()));
    }
    let change = InboxChange { name, config, paused };
    let changed = origin.admin(&state, &who).change_inbox(who.tenant, id, change).await.map_err(refused)?;
    state.directory.refresh().await?;
    Ok(Json(changed.into()))
}
