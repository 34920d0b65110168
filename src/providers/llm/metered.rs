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
