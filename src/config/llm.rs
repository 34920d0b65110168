//! The operator's own model, and how much the models of all tenants may take.

use crate::config::read::Reader;
use crate::domain::model::{Budget, Manner, ModelKind, Prices};
use crate::ports::models::ModelServer;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use url::Url;

/// Settings of the models; `default.toml` explains each.
#[derive(Clone, Debug)]
pub struct LlmConfig {
    /// The operator's model, if there is one.
    pub platform: Option<PlatformConfig>,
    /// Most calls of one tenant at once, where the tenant says nothing.
    pub tenant_parallel: u32,
    /// Most time for one provider.
    pub call_deadline: Duration,
    /// Most time until the first byte of an answer.
    pub first_byte: Duration,
}

/// The operator's own model, for tenants that bring none or have agreed.
#[derive(Clone, Debug)]
pub struct PlatformConfig {
    /// Whose server.
    pub kind: ModelKind,
    /// Where it is.
    pub base_url: Url,
    /// The operator's key.
    pub api_key: Option<SecretString>,
    /// The model asked for.
    pub model: String,
    /// What tokens cost.
    pub prices: Option<Prices>,
    /// Most calls at once, of all tenants together.
    pub parallel: u32,
    /// How it wants to be asked.
    pub manner: Manner,
    /// What each tenant may spend a day before this model is no longer asked for it.
    pub tenant_budget: Budget,
}

impl PlatformConfig {
    /// Describes the server as those who ask it want it.
    #[must_use]
    pub fn server(&self) -> ModelServer {
        ModelServer {
            kind: self.kind,
            base_url: self.base_url.as_str().trim_end_matches('/').to_owned(),
            model: self.model.clone(),
            key: self.api_key.clone(),
            prices: self.prices,
            parallel: self.parallel,
            manner: self.manner,
        }
    }
}

/// Reads the keys that begin with `llm_`.
pub(super) fn read(reader: &mut Reader) -> LlmConfig {
    LlmConfig {
        platform: platform(reader),
        tenant_parallel: reader.number("llm_tenant_parallel", 1, 10_000),
        call_deadline: reader.millis("llm_call_deadline_ms"),
        first_byte: reader.millis("llm_first_byte_ms"),
    }
}

fn platform(reader: &mut Reader) -> Option<PlatformConfig> {
    let base_url = reader.optional_url("llm_base_url");
    let api_key = reader.secret("llm_api_key");
    let model = reader.optional("llm_model");
    let kind = kind(reader, base_url.as_ref());
    let parallel = reader.number("llm_parallel", 1, 10_000);
    let manner = manner(reader);
    let tokens = bound(reader, "llm_tenant_tokens_per_day");
    let cost_micros = bound(reader, "llm_tenant_cost_micros_per_day");
    let input = u64::from(reader.number("llm_price_input_micros", 0, u32::MAX));
    let output = u64::from(reader.number("llm_price_output_micros", 0, u32::MAX));
    let prices = (input > 0 || output > 0).then_some(Prices { input, output });
    if api_key.as_ref().is_some_and(|key| !key.expose_secret().bytes().all(|byte| byte.is_ascii_graphic())) {
        reader.wrong("llm_api_key", "must be printable and without spaces");
    }
    let Some(base_url) = base_url else {
        for (key, set) in [("llm_api_key", api_key.is_some()), ("llm_model", model.is_some())] {
            if set {
                reader.wrong(key, "means nothing without llm_base_url");
            }
        }
        return None;
    };
    let Some(model) = model else {
        reader.wrong("llm_model", "must be set where llm_base_url is");
        return None;
    };
    let tenant_budget = Budget { tokens, cost_micros };
    Some(PlatformConfig { kind, base_url, api_key, model, prices, parallel, manner, tenant_budget })
}

fn kind(reader: &mut Reader, base_url: Option<&Url>) -> ModelKind {
    let told = base_url.map(|url| ModelKind::of_address(url.as_str())).unwrap_or_default();
    let Some(text) = reader.optional("llm_kind") else { return told };
    ModelKind::parse(&text).unwrap_or_else(|| {
        let known = ModelKind::ALL.map(ModelKind::as_str).join(", ");
        reader.wrong("llm_kind", &format!("must be one of {known}"));
        told
    })
}

fn manner(reader: &mut Reader) -> Manner {
    let max_output = reader.number("llm_max_output_tokens", 1, 1_000_000);
    let tools = reader.parsed("llm_tools", "must be true or false", true);
    let temperature = reader.optional("llm_temperature").and_then(|text| {
        let told = text.parse::<f64>().ok().filter(|degree| (0.0..=2.0).contains(degree));
        if told.is_none() {
            reader.wrong("llm_temperature", "must be from 0 to 2");
        }
        told
    });
    Manner { max_output, temperature, tools }
}

/// Reads a bound of a day; zero is none.
fn bound(reader: &mut Reader, key: &str) -> Option<u64> {
    Some(u64::from(reader.number(key, 0, u32::MAX))).filter(|bound| *bound > 0)
}
