//! A partner whose calls are counted. Changes nothing of what it says; a partner that counts its own calls must not stand in here.

use crate::ports::clock::{Clock, Moment};
use crate::ports::llm::{ChatReply, ChatRequest, Llm, LlmError};
use crate::ports::metrics::{ModelCall, ModelMeters, ModelOutcome};
use async_trait::async_trait;
use std::sync::Arc;

/// One partner with its meters.
pub struct Metered {
    inner: Arc<dyn Llm>,
    provider: &'static str,
    meters: ModelMeters,
    clock: Arc<dyn Clock>,
}

impl Metered {
    /// Counts the calls of `inner` under the fixed word `provider`.
    #[must_use]
    pub const fn new(inner: Arc<dyn Llm>, provider: &'static str, meters: ModelMeters, clock: Arc<dyn Clock>) -> Self {
        Self { inner, provider, meters, clock }
    }
}

#[async_trait]
impl Llm for Metered {
    async fn complete(&self, request: ChatRequest) -> Result<ChatReply, LlmError> {
        let mut call = CallUnderWay { metered: self, began: self.clock.moment(), ended: false };
        let reply = self.inner.complete(request).await;
        match &reply {
            Ok(answer) => call.end(&answer.model, ModelOutcome::Answered, answer.tokens),
            Err(error) => call.end("", ModelOutcome::from(error), (0, 0)),
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
    fn end(&mut self, model: &str, outcome: ModelOutcome, tokens: (u32, u32)) {
        self.ended = true;
        let spent = self.metered.clock.moment().0.saturating_sub(self.began.0);
        self.metered.meters.called(ModelCall { provider: self.metered.provider, model, outcome, spent, tokens });
    }
}

impl Drop for CallUnderWay<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.end("", ModelOutcome::Cancelled, (0, 0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::net::clock::SystemClock;
    use crate::ports::llm::{Drafts, Origin, Purpose};
    use prometheus::{Registry, TextEncoder};
    use std::time::Duration;

    /// Answers what it was told to, or nothing.
    struct Says(Option<Result<ChatReply, LlmError>>);

    #[async_trait]
    impl Llm for Says {
        async fn complete(&self, _request: ChatRequest) -> Result<ChatReply, LlmError> {
            match &self.0 {
                Some(said) => said.clone(),
                None => std::future::pending().await,
            }
        }
    }

    fn request() -> ChatRequest {
        let nobody = uuid::Uuid::nil();
        ChatRequest {
            origin: Origin { tenant: nobody.into(), inbox: nobody.into(), conversation: nobody.into() },
            purpose: Purpose::Answer,
            language: Language::Es,
            business: "Acme".into(),
            first_answer: false,
            messages: Vec::new(),
            tools: Vec::new(),
            format: None,
            deadline: Duration::from_secs(2),
            drafts: Drafts::none(),
        }
    }

    #[tokio::test]
    async fn every_call_is_counted_also_one_that_nobody_waits_for_and_a_tenants_words_are_not_shown() {
        let registry = Registry::new();
        let meters = ModelMeters::register(&registry).unwrap();
        meters.allow("small-1");
        let reply = |model: &str| Ok(ChatReply { model: model.into(), tokens: (9, 4), ..ChatReply::default() });
        for said in [Some(reply("small-1")), Some(reply("acme-private")), Some(Err(LlmError::Deadline)), None] {
            let metered = Metered::new(Arc::new(Says(said)), "openai", meters.clone(), Arc::new(SystemClock::new()));
            let call = metered.complete(request());
            // Nobody waits for what does not come at once.
            let _answer = futures::FutureExt::now_or_never(call);
        }
        let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        for line in [
            r#"recado_model_duration_seconds_count{model="small-1",outcome="answered",provider="openai"} 1"#,
            r#"recado_model_duration_seconds_count{model="other",outcome="answered",provider="openai"} 1"#,
            r#"recado_model_duration_seconds_count{model="other",outcome="deadline",provider="openai"} 1"#,
            r#"recado_model_duration_seconds_count{model="other",outcome="cancelled",provider="openai"} 1"#,
            r#"recado_model_tokens_total{direction="in",model="small-1",provider="openai"} 9"#,
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} in {text}");
        }
        assert!(!text.contains("acme"), "{text}");
    }
}
