//! Webhooks to the business's own systems: endpoints, what they were told, telling it again. A secret is shown once, when it is made.
//!
//! An endpoint hears what people of its inboxes hear, of every team: nobody makes one who may not hear that himself, and whoever does not see
//! an inbox, or not every team's conversations in it, sees none of its endpoints.

pub mod create;
pub mod deliveries_list;
pub mod delivery_replay;
pub mod enable;
pub mod get;
pub mod list;
pub mod remove;
pub mod replace;
pub mod replay;
pub mod secret;
pub mod test;
#[cfg(test)]
mod tests;

use crate::domain::ids::{InboxId, WebhookDeliveryId, WebhookId};
use crate::domain::membership::{Refusal, Visibility};
use crate::domain::permission::{Area, Permission};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Attempt;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::store::admin::webhooks::{WebhookForm, WebhookView as Row};
use crate::store::people::webhooks::DeliveryRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An endpoint as it shall be. What is left out gets its default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookBody {
    /// Where events are sent: `https://`, and public.
    #[schema(example = "https://hooks.example.com/recado")]
    url: String,
    /// What you call it: at most 200 characters.
    #[serde(default)]
    description: String,
    /// The kinds of events that it gets, or `*` for all, those too that will be.
    #[schema(example = json!(["message.created", "conversation.standing"]))]
    events: Vec<String>,
    /// The inboxes whose events it gets; absent: all.
    inboxes: Option<Vec<Uuid>>,
    /// Private notes of your people too.
    #[serde(default)]
    include_notes: bool,
    /// False: kept, but told nothing. What happens meanwhile waits, for seven days.
    #[serde(default = "yes")]
    enabled: bool,
}

const fn yes() -> bool {
    true
}

impl WebhookBody {
    fn form(self) -> WebhookForm {
        WebhookForm {
            url: self.url,
            description: self.description,
            events: self.events,
            inboxes: self.inboxes.map(|list| list.into_iter().map(InboxId).collect()),
            notes: self.include_notes,
            enabled: self.enabled,
        }
    }

    /// What an endpoint of this form sees.
    fn visibility(&self) -> Visibility {
        self.inboxes.as_ref().map(|list| Visibility::of(list.iter().copied().map(InboxId))).unwrap_or_default()
    }
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WebhookView {
    /// Its id.
    id: Uuid,
    /// Where events are sent.
    url: String,
    /// What you call it.
    description: String,
    /// The kinds of events that it gets; `*`: all.
    events: Vec<String>,
    /// The inboxes whose events it gets; null: all.
    inboxes: Option<Vec<Uuid>>,
    /// Private notes too.
    include_notes: bool,
    /// False: told nothing.
    enabled: bool,
    /// Why we gave it up: `gone` (it answered 410) or `failing` (it did nothing but fail for 120 hours). Null: we did not.
    disabled_reason: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
    /// Since when it does nothing but fail; null: it is well.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// When it last took an event.
    #[schema(value_type = Option<String>, format = DateTime)]
    succeeded_at: Option<Timestamp>,
    /// Until when it is left alone, since it did not answer or asked for it.
    #[schema(value_type = Option<String>, format = DateTime)]
    rests_until: Option<Timestamp>,
    /// Until when the secret before the last change signs too.
    #[schema(value_type = Option<String>, format = DateTime)]
    old_secret_until: Option<Timestamp>,
    /// The number of the last event that it was asked about.
    last_number: i64,
    /// Events that were older than seven days when their turn came, and were not sent.
    expired: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Row> for WebhookView {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            url: row.url,
            description: row.description,
            events: row.kinds.spelled(),
            inboxes: row.inboxes.inboxes().map(|list| list.map(|id| id.0).collect()),
            include_notes: row.notes,
            enabled: row.enabled,
            disabled_reason: row.disabled_reason,
            disabled_at: row.disabled_at,
            failing_since: row.failing_since,
            succeeded_at: row.succeeded_at,
            rests_until: row.rests_until,
            old_secret_until: row.old_secret_until,
            last_number: row.cursor,
            expired: row.expired,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// An endpoint with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookSecretView {
    /// The endpoint.
    #[serde(flatten)]
    webhook: WebhookView,
    /// What signs: `whsec_` and Base64. It is shown this once.
    secret: String,
}

/// One try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AttemptView {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// How long it took, in milliseconds.
    duration_ms: u64,
    /// The status that was answered.
    status: Option<u16>,
    /// What was wrong: `status`, `redirect`, `gone`, `timeout`, `unreachable`, `broken`, `blocked` (the address is not allowed) or
    /// `no_secret`. Null: nothing.
    error: Option<String>,
    /// The beginning of the answer: at most 1024 bytes.
    answer: Option<String>,
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        let Attempt { at, duration_ms, status, error, answer } = attempt;
        Self { at, duration_ms, status, error, answer }
    }
}

/// That an endpoint is told of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WebhookDeliveryView {
    /// Its id.
    id: Uuid,
    /// The value of `webhook-id`, the same for all tries and replays.
    message_id: String,
    /// What happened.
    event: String,
    /// The number of the event; null: a sample.
    number: Option<i64>,
    /// The conversation.
    conversation_id: Option<Uuid>,
    /// `pending`, `delivered`, `failed` (ten times), `expired` (older than seven days) or `dropped` (what it tells of is gone, or was skipped).
    state: String,
    /// Tries so far, since it was made or asked for anew.
    tries: i64,
    /// The newest ten tries, oldest first.
    attempts: Vec<AttemptView>,
    /// When it is tried next.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_try_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl From<DeliveryRow> for WebhookDeliveryView {
    fn from(row: DeliveryRow) -> Self {
        Self {
            id: row.id.0,
            message_id: row.name,
            event: row.kind,
            number: row.number,
            conversation_id: row.conversation.map(|id| id.0),
            state: row.state,
            tries: row.attempt,
            attempts: row.attempts.into_iter().map(AttemptView::from).collect(),
            next_try_at: row.due_at,
            created_at: row.created_at,
            ended_at: row.ended_at,
        }
    }
}

/// Refuses whoever would hear by an endpoint what he may not hear himself.
fn may_hear(who: &AgentPrincipal, seen: &Visibility) -> Result<(), Problem> {
    let reads = who.grants.allow(Permission::read(Area::Conversations));
    if reads && who.visibility.covers(seen) { Ok(()) } else { Err(Refusal::MoreThanHeld.into()) }
}

/// Finds an endpoint by the id in a path; what is no id names nothing, and one that hears more than the caller is absent for him.
async fn find(state: &HttpState, who: &AgentPrincipal, id: &str) -> Result<Row, Problem> {
    let id: WebhookId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let found = state.models.admin.find_webhook(who.tenant, id).await?;
    found.filter(|row| who.visibility.covers(&row.inboxes)).ok_or_else(Problem::not_found)
}

/// Finds a delivery of an endpoint by the id in a path.
async fn find_delivery(state: &HttpState, who: &AgentPrincipal, webhook: WebhookId, id: &str) -> Result<DeliveryRow, Problem> {
    let id: WebhookDeliveryId = id.parse().ok().ok_or_else(Problem::not_found)?;
    who.scope(&state.store).webhook_delivery(webhook, id).await?.ok_or_else(Problem::not_found)
}
