//! What calls of models cost in time and tokens, for every room that makes them.
//!
//! A tenant may use a provider and a model of its own, whose names may be its secret: only words that the operator has allowed become
//! labels, every other one is `other`.

use crate::ports::llm::LlmError;
use crate::ports::metrics::MetricsError;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// Most words that become labels.
const MOST: usize = 32;
/// Longest word that becomes a label, in bytes.
const LONGEST: usize = 64;
/// The label of every other provider and model.
const OTHER: &str = "other";

/// What a call of a model came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelOutcome {
    /// It answered.
    Answered,
    /// It may work later.
    Retry,
    /// It refused.
    Failed,
    /// It was too slow.
    Deadline,
    /// Nobody waited for the answer any more.
    Cancelled,
}

impl ModelOutcome {
    /// Returns the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Retry => "retry",
            Self::Failed => "failed",
            Self::Deadline => "deadline",
            Self::Cancelled => "cancelled",
        }
    }
}

impl From<&LlmError> for ModelOutcome {
    fn from(error: &LlmError) -> Self {
        match error {
            LlmError::Deadline => Self::Deadline,
            error if error.may_pass() => Self::Retry,
            LlmError::Unreachable(_)
            | LlmError::Busy { .. }
            | LlmError::Broken(_)
            | LlmError::Rejected(_)
            | LlmError::Credentials(_)
            | LlmError::Spent(_)
            | LlmError::Declined => Self::Failed,
        }
    }
}

/// One call, as it is counted.
#[derive(Clone, Copy, Debug)]
pub struct ModelCall<'a> {
    /// Who was asked, as the operator names it.
    pub provider: &'a str,
    /// The model that answered or was asked.
    pub model: &'a str,
    /// What it came to.
    pub outcome: ModelOutcome,
    /// From the request to the last byte of the answer.
    pub spent: Duration,
    /// Tokens in and out, as the provider counts them.
    pub tokens: (u32, u32),
    /// What it cost, in millionths of the currency, where a price is known.
    pub cost_micros: u64,
}

/// The meters of calls of models. Cheap to clone: every clone counts for the same numbers.
#[derive(Clone, Debug)]
pub struct ModelMeters {
    seconds: HistogramVec,
    tokens: IntCounterVec,
    cost: IntCounterVec,
    allowed: Arc<RwLock<BTreeSet<String>>>,
}

impl ModelMeters {
    /// Makes the meters and registers them.
    ///
    /// # Errors
    /// [`MetricsError`] if the registry has them already.
    pub fn register(registry: &Registry) -> Result<Self, MetricsError> {
        let seconds = HistogramOpts::new("recado_model_duration_seconds", "Time of a call of a model.")
            .buckets(vec![0.001, 0.05, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 45.0]);
        let seconds = HistogramVec::new(seconds, &["provider", "model", "outcome"])?;
        let tokens = Opts::new("recado_model_tokens_total", "Tokens of calls of models.");
        let tokens = IntCounterVec::new(tokens, &["provider", "model", "direction"])?;
        let cost =
            Opts::new("recado_model_cost_micros_total", "Cost of calls of models in millionths of the currency, where a price is known.");
        let cost = IntCounterVec::new(cost, &["provider", "model"])?;
        registry.register(Box::new(seconds.clone()))?;
        registry.register(Box::new(tokens.clone()))?;
        registry.register(Box::new(cost.clone()))?;
        let meters = Self { seconds, tokens, cost, allowed: Arc::default() };
        let _shown = meters.cost.with_label_values(&["offline", "offline"]);
        meters.allow("offline");
        meters.allow("model");
        meters.allow("platform");
        for direction in ["in", "out"] {
            let _shown = meters.tokens.with_label_values(&["offline", "offline", direction]);
        }
        Ok(meters)
    }

    /// Lets the name of a provider or a model that the operator has set become a label. Too many, too long or odd ones stay `other`.
    pub fn allow(&self, word: &str) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
        let mut allowed = self.allowed.write().unwrap_or_else(PoisonError::into_inner);
        if allowed.len() < MOST && (1..=LONGEST).contains(&word.len()) && word.bytes().all(plain) {
            allowed.insert(word.to_owned());
        }
    }

    /// Counts one call.
    pub fn called(&self, call: ModelCall<'_>) {
        let ModelCall { provider, model, outcome, spent, tokens, cost_micros } = call;
        let allowed = self.allowed.read().unwrap_or_else(PoisonError::into_inner);
        let shown = |word| if allowed.contains(word) { word } else { OTHER };
        let (provider, model) = (shown(provider), shown(model));
        self.seconds.with_label_values(&[provider, model, outcome.as_str()]).observe(spent.as_secs_f64());
        if cost_micros > 0 {
            self.cost.with_label_values(&[provider, model]).inc_by(cost_micros);
        }
        for (direction, count) in [("in", tokens.0), ("out", tokens.1)] {
            if count > 0 {
                self.tokens.with_label_values(&[provider, model, direction]).inc_by(u64::from(count));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::TextEncoder;

    fn call(model: &str) -> ModelCall<'_> {
        ModelCall {
            provider: if model == "ft:acme-secret" { "acme" } else { "openai" },
            model,
            outcome: ModelOutcome::Answered,
            spent: Duration::from_millis(300),
            tokens: (7, 2),
            cost_micros: 11,
        }
    }

    #[test]
    fn only_names_that_the_operator_allowed_become_labels() {
        let registry = Registry::new();
        let meters = ModelMeters::register(&registry).unwrap();
        meters.allow("small-1");
        meters.allow("openai");
        meters.allow("name with \"quotes\"");
        meters.allow(&"x".repeat(LONGEST + 1));
        (0..100).for_each(|number| meters.allow(&format!("m{number}")));
        for model in ["small-1", "ft:acme-secret", "name with \"quotes\"", "m99", "m0"] {
            meters.called(call(model));
        }
        let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        for line in [
            r#"recado_model_tokens_total{direction="in",model="small-1",provider="openai"} 7"#,
            r#"recado_model_tokens_total{direction="out",model="other",provider="openai"} 4"#,
            r#"recado_model_tokens_total{direction="out",model="other",provider="other"} 2"#,
            r#"recado_model_cost_micros_total{model="small-1",provider="openai"} 11"#,
            r#"recado_model_cost_micros_total{model="other",provider="other"} 11"#,
            r#"recado_model_duration_seconds_count{model="m0",outcome="answered",provider="openai"} 1"#,
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} in {text}");
        }
        assert!(!text.contains("acme") && !text.contains("quotes") && !text.contains("m99"), "{text}");
    }
}
