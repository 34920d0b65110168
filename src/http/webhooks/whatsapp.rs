//! WhatsApp's webhooks: app-wide ones, routed by the account inside, and those of an inbox with a Meta app of its own.
//!
//! Any answer but 200 makes Meta repeat for up to seven days; so only what is not durable is refused.

use crate::channels::whatsapp::inbound::{ParseError, SignatureError, check_signature_header, parse, verify_handshake, verify_signature};
use crate::domain::delivery::{AccountUpdates, Update};
use crate::domain::ids::InboxId;
use crate::domain::inbox::ChannelKind;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::webhooks::deliver::{Delivery, Outcome, is_open, keep_strays};
use crate::http::{HttpState, body};
use crate::ports::directory::InboxEntry;
use crate::ports::store::StoreError;
use crate::store::people::unrouted::NewUnrouted;
use actix_web::web::{Bytes, Data, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::SecretString;
use std::sync::Arc;

/// From this size a body is parsed off the worker's thread.
const BIG: usize = 256 * 1024;

/// The pairs of a query, in order.
type Pairs = Query<Vec<(String, String)>>;

/// Answers Meta's handshake for the shared app.
///
/// # Errors
/// 403 if it is not Meta who asks; 404 for a channel without such an address.
#[utoipa::path(get, path = "/webhooks/{channel}", tag = "webhooks",
    params(("channel" = String, Path, description = "`whatsapp`"), ("hub.mode" = String, Query), ("hub.verify_token" = String, Query), ("hub.challenge" = String, Query)),
    responses((status = 200, description = "The challenge, verbatim", content_type = "text/plain", body = String)))]
pub async fn verify_app(state: Data<HttpState>, channel: Path<String>, query: Pairs) -> Result<HttpResponse, Problem> {
    require_whatsapp(&channel)?;
    handshake(&query, state.meta.verify_token.as_ref())
}

/// Answers Meta's handshake for an inbox with an app of its own.
///
/// # Errors
/// As [`verify_app`]; 404 for an unknown inbox.
#[utoipa::path(get, path = "/webhooks/{channel}/{inbox_id}", tag = "webhooks",
    params(("channel" = String, Path), ("inbox_id" = uuid::Uuid, Path), ("hub.mode" = String, Query), ("hub.verify_token" = String, Query), ("hub.challenge" = String, Query)),
    responses((status = 200, description = "The challenge, verbatim", content_type = "text/plain", body = String)))]
pub async fn verify_inbox(state: Data<HttpState>, path: Path<(String, String)>, query: Pairs) -> Result<HttpResponse, Problem> {
    let entry = inbox_of(&state, &path).await?;
    handshake(&query, entry.account.secrets.get("verify_token").or(state.meta.verify_token.as_ref()))
}

/// Takes a delivery for any inbox of the shared app.
///
/// # Errors
/// 401 and 403 for the signature, 400 for no JSON, 408, 413; 503 if something could not be made durable.
#[utoipa::path(post, path = "/webhooks/{channel}", tag = "webhooks", params(("channel" = String, Path)), request_body(content = Object),
    responses((status = 200, description = "Everything is durable")))]
pub async fn receive_app(
    state: Data<HttpState>,
    channel: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    require_whatsapp(&channel)?;
    let at = state.clock.now();
    let updates = read(&state, &request, payload, &state.meta.secrets).await?;
    let mut failed = None;
    for part in updates {
        // One account that cannot be read must not keep the delivery from the others.
        failed = route(&state, part, at).await.err().or(failed);
    }
    acknowledge(failed)
}

/// Takes a delivery for one inbox, signed with its own app's secret.
///
/// # Errors
/// As [`receive_app`]; 404 for an unknown inbox.
#[utoipa::path(post, path = "/webhooks/{channel}/{inbox_id}", tag = "webhooks", params(("channel" = String, Path), ("inbox_id" = uuid::Uuid, Path)), request_body(content = Object),
    responses((status = 200, description = "Everything is durable")))]
pub async fn receive_inbox(
    state: Data<HttpState>,
    path: Path<(String, String)>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let at = state.clock.now();
    let entry = inbox_of(&state, &path).await?;
    let own: Vec<SecretString> = entry.account.secrets.get("app_secret").cloned().into_iter().collect();
    let secrets = if own.is_empty() { &state.meta.secrets } else { &own };
    let account = entry.account.settings.get("phone_number_id").and_then(serde_json::Value::as_str);
    let mut failed = None;
    for part in read(&state, &request, payload, secrets).await? {
        // Its owner's secret proves nothing about other accounts.
        let foreign = part.account.as_deref().is_some_and(|named| Some(named) != account);
        let result = if foreign { keep(&state, part, Some(&entry), at).await } else { deliver(&state, &entry, part.updates, at).await };
        failed = result.err().or(failed);
    }
    acknowledge(failed)
}

/// Takes one account's part to its inbox, or keeps it if there is none that is open.
async fn route(state: &HttpState, part: AccountUpdates, at: Timestamp) -> Result<(), StoreError> {
    let entry = match &part.account {
        Some(account) => state.directory.by_account(ChannelKind::Whatsapp, account).await?,
        None => None,
    };
    match entry.filter(|entry| is_open(entry)) {
        Some(entry) => deliver(state, &entry, part.updates, at).await,
        None => keep(state, part, None, at).await,
    }
}

fn require_whatsapp(channel: &str) -> Result<(), Problem> {
    match ChannelKind::parse(channel) {
        Some(ChannelKind::Whatsapp) => Ok(()),
        Some(ChannelKind::Generic) | None => Err(Problem::not_found()),
    }
}

async fn inbox_of(state: &HttpState, (channel, inbox): &(String, String)) -> Result<Arc<InboxEntry>, Problem> {
    require_whatsapp(channel)?;
    let id: InboxId = inbox.parse().ok().ok_or_else(Problem::not_found)?;
    let entry = state.directory.inbox(id).await?;
    let usable = |entry: &Arc<InboxEntry>| entry.inbox.channel == ChannelKind::Whatsapp && is_open(entry);
    entry.filter(usable).ok_or_else(Problem::not_found)
}

fn handshake(query: &Pairs, expected: Option<&SecretString>) -> Result<HttpResponse, Problem> {
    let pairs = query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let challenge = expected.and_then(|expected| verify_handshake(pairs, expected).ok());
    let challenge = challenge.ok_or_else(|| Problem::forbidden("the handshake does not fit"))?;
    Ok(HttpResponse::Ok().content_type("text/plain").body(challenge))
}

/// Looks at the signature's header, reads, believes, then parses; never in another order. Without a signature that could be one nothing
/// of the body is read.
async fn read(
    state: &HttpState,
    request: &HttpRequest,
    payload: Payload,
    secrets: &[SecretString],
) -> Result<Vec<AccountUpdates>, Problem> {
    let header = request.headers().get("x-hub-signature-256").and_then(|value| value.to_str().ok());
    check_signature_header(header, secrets).map_err(disbelief)?;
    let limits = state.limits.body(state.limits.webhook_bytes);
    let bytes = body::read(request, payload, limits, state.clock.as_ref()).await?;
    verify_signature(header, &bytes, secrets).map_err(disbelief)?;
    parse_bytes(bytes).await?.map_err(|error| match error {
        ParseError::Json(_) => Problem::bad_request("the body is not JSON that can be read"),
        ParseError::NotAnObject => Problem::bad_request("the body is not a JSON object"),
    })
}

fn disbelief(error: SignatureError) -> Problem {
    match error {
        SignatureError::Missing | SignatureError::Malformed => Problem::unauthorized(error.to_string()),
        SignatureError::Wrong => Problem::forbidden(error.to_string()),
    }
}

async fn parse_bytes(bytes: Bytes) -> Result<Result<Vec<AccountUpdates>, ParseError>, Problem> {
    if bytes.len() <= BIG {
        return Ok(parse(&bytes));
    }
    web::block(move || parse(&bytes)).await.map_err(|error| {
        tracing::error!(error = %error, "the blocking pool did not parse a delivery");
        Problem::unavailable()
    })
}

async fn deliver(state: &HttpState, entry: &InboxEntry, updates: Vec<Update>, at: Timestamp) -> Result<(), StoreError> {
    let outcomes = Delivery { state, entry, at }.deliver(updates).await;
    let failure = outcomes.into_iter().find_map(|outcome| match outcome {
        Outcome::Failed(error) => Some(error),
        Outcome::Accepted | Outcome::Duplicate | Outcome::Kept => None,
    });
    failure.map_or(Ok(()), Err)
}

/// Keeps a part whose account we do not know, or which its sender may not speak for.
async fn keep(state: &HttpState, part: AccountUpdates, by: Option<&InboxEntry>, at: Timestamp) -> Result<(), StoreError> {
    let inbox = by.map(|entry| (entry.inbox.tenant.id, entry.inbox.id));
    let missing = match (&part.account, by.is_some()) {
        (Some(_), true) => "foreign_account",
        (Some(_), false) => "unknown_account",
        (None, _) => "no_account",
    };
    let rows = part.updates.into_iter().map(|update| {
        let (reason, raw) = match update {
            Update::Item(item) => (missing, serde_json::to_string(&item).unwrap_or_default()),
            Update::Status(status) => (missing, serde_json::to_string(&status).unwrap_or_default()),
            Update::Unrouted { reason, raw } => (reason, raw.to_string()),
        };
        NewUnrouted { id: None, channel: ChannelKind::Whatsapp.as_str(), account: part.account.clone(), inbox, reason, raw }
    });
    keep_strays(state, rows.collect(), at).await.map(drop)
}

fn acknowledge(failed: Option<StoreError>) -> Result<HttpResponse, Problem> {
    match failed {
        None => Ok(HttpResponse::Ok().finish()),
        Some(error) => {
            tracing::warn!(error = %error, "a delivery was not taken whole; the provider will repeat it");
            Err(Problem::unavailable())
        }
    }
}
