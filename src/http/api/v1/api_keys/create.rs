//! `POST /api/v1/api-keys`.

use crate::domain::ids::ApiKeyId;
use crate::domain::membership::Refusal;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::command::{key_of, repeatable_id};
use crate::http::api::v1::members::read_grants;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::admin::api_keys::NewKey;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyBody {
    /// What you call it: 1 to 100 characters.
    name: String,
    /// What it may do: permissions such as `contacts:write`, or `*` for everything. Nothing that you may not.
    scopes: Vec<String>,
}

/// A key that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewApiKeyView {
    /// Its id.
    id: Uuid,
    /// What you call it.
    name: String,
    /// What it may do.
    scopes: Vec<String>,
    /// The key. It is shown this once.
    key: String,
}

/// Makes an API key. It is shown once: a repeat with the same `Idempotency-Key` makes no second one and answers 409.
///
/// # Errors
/// 403 for a scope that you do not hold, 409 for a repeat, 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "integrations", request_body = ApiKeyBody,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "The key", body = NewApiKeyView), (status = 409, description = "This request has made a key before", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_api_key(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let by = who.person()?.member;
    let repeat = key_of(&request)?.map(|key| ApiKeyId(repeatable_id(&format!("{}\n{by}\n{key}", who.tenant))));
    let ApiKeyBody { name, scopes } = read(&state, &request, payload).await?;
    if scopes.is_empty() {
        return Err(Problem::field("scopes", "must name at least one permission"));
    }
    let grants = read_grants("scopes", &scopes)?;
    // A key sees every inbox: whoever does not, makes none.
    if !who.grants.cover(grants) || !who.visibility.is_everything() {
        return Err(Refusal::MoreThanHeld.into());
    }
    let id = repeat.unwrap_or_else(|| ApiKeyId(state.ids.uuid()));
    let made = origin.admin(&state, &who).make_api_key(who.tenant, NewKey { id, name: name.clone(), scopes: scopes.clone() }).await?;
    let Some(made) = made else {
        return Err(Problem::conflict("this request has made a key before; it was shown then").with_code("repeated"));
    };
    let key = made.key.expose_secret().to_owned();
    Ok(HttpResponse::Created().json(NewApiKeyView { id: made.id.0, name: name.trim().to_owned(), scopes, key }))
}
