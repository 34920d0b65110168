//! The model providers that a tenant brings. A key goes in and never comes out.

pub mod check;
pub mod create;
pub mod get;
pub mod list;
pub mod remove;
pub mod replace;
#[cfg(test)]
mod tests;

use crate::domain::ids::{InboxId, ModelProviderId};
use crate::domain::model::Prices;
use crate::domain::time::Timestamp;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::http::{HttpState, body};
use crate::ports::models::Standing;
use crate::store::admin::models::{KeyChange, ProviderForm, ProviderView};
use actix_web::HttpRequest;
use actix_web::web::Payload;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a million tokens cost, in millionths of a currency of your choice: 0.15 dollars are 150000.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PricesBody {
    /// A million tokens in.
    input: u64,
    /// A million tokens out.
    output: u64,
}

impl From<Prices> for PricesBody {
    fn from(Prices { input, output }: Prices) -> Self {
        Self { input, output }
    }
}

/// A provider as it shall be. What is left out gets its default; only the key, and the place of a provider that is there, stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderBody {
    /// Your name for it, shown in traces; unique among yours.
    name: String,
    /// `openai`, `openrouter`, `anthropic`, `gemini`, `groq`, `ollama`, `vllm`, `llamacpp`, `litellm` or `compatible`; absent: told by the
    /// address.
    kind: Option<String>,
    /// The address up to `/chat/completions`; absent: that of the kind.
    base_url: Option<String>,
    /// The model asked for.
    model: String,
    /// The key; never shown again. Absent: stays; null: is forgotten. With another `base_url` it must be given again.
    #[serde(default, deserialize_with = "key_change")]
    #[schema(value_type = Option<String>, write_only)]
    api_key: KeyChange,
    /// The inbox that it answers for alone, before all others; absent: all inboxes.
    inbox_id: Option<Uuid>,
    /// Its place, lowest first; absent: the last, or where it is.
    position: Option<i64>,
    /// What tokens cost, if the server does not say it.
    prices: Option<PricesBody>,
    /// Most calls at once; absent: 16.
    parallel: Option<u32>,
    /// False: kept, but never asked.
    #[serde(default = "yes")]
    enabled: bool,
}

const fn yes() -> bool {
    true
}

/// Reads a key without ever quoting it.
fn key_change<'de, D: Deserializer<'de>>(deserializer: D) -> Result<KeyChange, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(KeyChange::Remove),
        Value::String(key) => Ok(KeyChange::Set(SecretString::from(key.trim()))),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Err(serde::de::Error::custom("must be a text or null")),
    }
}

impl ProviderBody {
    /// Reads the body of a request.
    async fn read(state: &HttpState, request: &HttpRequest, payload: Payload) -> Result<ProviderForm, Problem> {
        body::require_json(request)?;
        let bytes = body::read(request, payload, state.limits.body(state.limits.api_bytes), state.clock.as_ref()).await?;
        Ok(body::json::<Self>(&bytes)?.form())
    }

    fn form(self) -> ProviderForm {
        ProviderForm {
            name: self.name,
            kind: self.kind,
            base_url: self.base_url,
            model: self.model,
            api_key: self.api_key,
            inbox_id: self.inbox_id.map(InboxId),
            position: self.position,
            prices: self.prices.map(|PricesBody { input, output }| Prices { input, output }),
            parallel: self.parallel,
            enabled: self.enabled,
        }
    }
}

/// Whether a provider is asked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StandingView {
    /// `well`, `resting` (not asked until then) or `trying` (one call finds out).
    state: &'static str,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Why it rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<Standing> for StandingView {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Well => Self { state: "well", until: None, reason: None },
            Standing::Resting { until, reason } => Self { state: "resting", until: Some(until), reason: Some(reason) },
            Standing::Trying => Self { state: "trying", until: None, reason: None },
        }
    }
}

/// A provider.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ModelProviderView {
    /// Its id.
    id: Uuid,
    /// Its name.
    name: String,
    /// Whose server.
    kind: String,
    /// Where it is.
    base_url: String,
    /// The model asked for.
    model: String,
    /// True if a key is stored.
    has_key: bool,
    /// The inbox that it answers for alone.
    inbox_id: Option<Uuid>,
    /// Its place, lowest first.
    position: i64,
    /// What tokens cost.
    prices: Option<PricesBody>,
    /// Most calls at once.
    parallel: Option<u32>,
    /// False: never asked.
    enabled: bool,
    /// How it stands on this server.
    standing: StandingView,
}

fn show(state: &HttpState, who: &AgentPrincipal, view: ProviderView) -> ModelProviderView {
    let standing = state.models.desk.standing(who.tenant, view.id, view.revision).into();
    ModelProviderView {
        id: view.id.0,
        name: view.name,
        kind: view.kind,
        base_url: view.base_url,
        model: view.model,
        has_key: view.has_key,
        inbox_id: view.inbox_id.map(|inbox| inbox.0),
        position: view.position,
        prices: view.prices.map(PricesBody::from),
        parallel: view.parallel,
        enabled: view.enabled,
        standing,
    }
}

/// Reads the id in a path; what is no id names nothing.
fn read_id(id: &str) -> Result<ModelProviderId, Problem> {
    id.parse().ok().ok_or_else(Problem::not_found)
}
