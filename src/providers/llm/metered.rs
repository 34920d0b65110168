//! A partner whose calls are counted, by the tries that it tells of. Changes nothing of what it says.

use crate::ports::clock::{Clock, Moment};
use crate::ports::llm::{ChatReply, ChatRequest, Llm, LlmError};
use crate::ports::metrics::{ModelCall, ModelMeters, ModelOutcome};
use crate::providers::llm::offline;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// Stands for a partner that does not tell whom it asked.
const MODEL: &str = "model";

/// One partner with its meters.
pub struct Metered {
    inner: Arc<dyn Llm>,
    meters: ModelMeters,
    clock: Arc<dyn Clock>,
}

impl Metered {
    /// Counts the calls of `inner`.
    #[must_use]
    pub const fn new(inner: Arc<dyn Llm>, meters: ModelMeters, clock: Arc<dyn Clock>) -> Self {
        Self { inner, meters, clock }
    }

    fn answered(&self, reply: &ChatReply, spent: Duration) {
        let (outcome, cost_micros) = (ModelOutcome::Answered, reply.cost_micros.unwrap_or(0));
        let Some((last, before)) = reply.attempts.split_last() else {
            let provider = if reply.model == offline::MODEL { offline::MODEL } else { MODEL };
            return self.meters.called(ModelCall { provider, model: &reply.model, outcome, spent, tokens: reply.tokens, cost_micros });
        };
        for attempt in before {
            let outcome = if attempt.failure.is_some() { ModelOutcome::Failed } else { outcome };
            let spent = Duration::from_millis(attempt.millis);
            self.meters.called(ModelCall {
                provider: &attempt.provider,
                model: &attempt.model,
                outcome,
                spent,
                tokens: (0, 0),
                cost_micros: 0,
            });
        }
        let spent = Duration::from_millis(last.millis);
        self.meters.called(ModelCall { provider: &last.provider, model: &last.model, outcome, spent, tokens: reply.tokens, cost_micros });
    }
}

#[async_trait]
impl Llm for Metered {
    async fn complete(&self, request: ChatRequest) -> Result<ChatReply, LlmError> {
        let mut call = CallUnderWay { metered: self, began: self.clock.moment(), ended: false };
        let reply = self.inner.complete(request).await;
        call.ended = true;
        match &reply {
            Ok(reply) => self.answered(reply, call.spent()),
            Err(error) => call.failed(ModelOutcome::from(error)),
        }
        reply
    }
}

/// A call that is counted even when its caller goes away.
struct CallUnderWay<'a> {
    metered: &'a Metered,
    began: Moment,
    ended: bool,
}

impl CallUnderWay<'_> {
    fn spent(&self) -> Duration {
        self.metered.clock.moment().0.saturating_sub(self.began.0)
    }

    fn failed(&self, outcome: ModelOutcome) {
        self.metered.meters.called(ModelCall { provider: MODEL, model: "", outcome, spent: self.spent(), tokens: (0, 0), cost_micros: 0 });
    }
}

impl Drop for CallUnderWay<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.failed(ModelOutcome::Cancelled);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::conversation::Attempt;
    use crate::net::clock::SystemClock;
    use prometheus::{Registry, TextEncoder};

    /// Answers what it was told to.
    struct Says(Result<ChatReply, LlmError>);

    #[async_trait]
    impl Llm for Says {
        async fn complete(&self, _request: ChatRequest) -> Result<ChatReply, LlmError> {
            self.0.clone()
        }
    }

    fn attempt(provider: &str, failure: Option<&str>) -> Attempt {
        Attempt { provider: provider.into(), model: "small-1".into(), failure: failure.map(Into::into), millis: 1_500 }
    }

    #[tokio::test]
    async fn every_try_is_counted_and_a_tenants_words_are_not_shown() {
        let registry = Registry::new();
        let meters = ModelMeters::register(&registry).unwrap();
        meters.allow("small-1");
        let attempts = vec![attempt("acme-private", Some("busy")), attempt("model", None)];
        let chain = ChatReply { model: "small-1".into(), tokens: (9, 4), cost_micros: Some(5), attempts, ..ChatReply::default() };
        let alone = ChatReply { model: "offline".into(), ..ChatReply::default() };
        for said in [Ok(chain), Ok(alone), Err(LlmError::Deadline)] {
            let metered = Metered::new(Arc::new(Says(said)), meters.clone(), Arc::new(SystemClock::new()));
            let _answer = metered.complete(ChatRequest::for_tests(Vec::new(), Duration::from_secs(2))).await;
        }
        let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        for line in [
            r#"recado_model_duration_seconds_count{model="small-1",outcome="failed",provider="other"} 1"#,
            r#"recado_model_duration_seconds_sum{model="small-1",outcome="answered",provider="model"} 1.5"#,
            r#"recado_model_duration_seconds_count{model="offline",outcome="answered",provider="offline"} 1"#,
            r#"recado_model_duration_seconds_count{model="other",outcome="deadline",provider="model"} 1"#,
            r#"recado_model_tokens_total{direction="in",model="small-1",provider="model"} 9"#,
            r#"recado_model_cost_micros_total{model="small-1",provider="model"} 5"#,
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} in {text}");
        }
        assert!(!text.contains("acme"), "{text}");
    }
}
