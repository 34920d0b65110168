//! `POST /api/v1/webhooks`.

use crate::crypto::mac::sha256;
use crate::domain::ids::WebhookId;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::command::key_of;
use crate::http::api::v1::webhooks::{WebhookBody, WebhookSecretView, may_hear};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::ExposeSecret;

/// Adds an endpoint, which is told what happens from now on. Its secret is shown once: a repeat with the same `Idempotency-Key` makes no
/// second one and answers 409.
///
/// # Errors
/// 403 for whoever may not read the conversations of these inboxes himself, 409 for a repeat, 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks", request_body = WebhookBody,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "The endpoint", body = WebhookSecretView), (status = 409, description = "This request has made an endpoint before", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_webhook(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let repeat = key_of(&request)?.map(|key| id_of(&format!("webhook\n{}\n{}\n{key}", who.tenant, who.agent())));
    let body: WebhookBody = read(&state, &request, payload).await?;
    may_hear(&who, &body.visibility())?;
    let id = repeat.unwrap_or_else(|| WebhookId(state.ids.uuid()));
    let Some(made) = origin.admin(&state, &who).add_webhook(who.tenant, id, body.form()).await? else {
        return Err(Problem::conflict("this request has made a webhook before; its secret was shown then").with_code("repeated"));
    };
    let secret = made.secret.expose_secret().to_owned();
    let at = (LOCATION, format!("/api/v1/webhooks/{id}"));
    Ok(HttpResponse::Created().insert_header(at).json(WebhookSecretView { webhook: made.view.into(), secret }))
}

/// Returns the id of the endpoint that a repeatable request makes.
fn id_of(text: &str) -> WebhookId {
    let hash = sha256(text.as_bytes());
    let bytes = hash.first_chunk::<16>().copied().unwrap_or_default();
    WebhookId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}
