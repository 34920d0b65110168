//! Partners that fail every so often: a regular fault in front of a port that works.

use crate::ports::channel::{Account, Capabilities, ChannelSender, Scope, SendError, SendRequest, Sent};
use crate::ports::llm::{ChatReply, ChatRequest, Llm, LlmError};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Fails each n-th call before it reaches the partner.
pub struct Flaky<P: ?Sized> {
    inner: Arc<P>,
    every: u64,
    calls: AtomicU64,
}

impl<P: ?Sized> Flaky<P> {
    /// Fails each `every`-th call; zero: none.
    #[must_use]
    pub const fn every(every: u64, inner: Arc<P>) -> Self {
        Self { inner, every, calls: AtomicU64::new(0) }
    }

    fn fails(&self) -> bool {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        self.every > 0 && call.is_multiple_of(self.every)
    }
}

#[async_trait]
impl Llm for Flaky<dyn Llm> {
    async fn complete(&self, request: ChatRequest) -> Result<ChatReply, LlmError> {
        if self.fails() {
            return Err(LlmError::Broken("503".to_owned()));
        }
        self.inner.complete(request).await
    }
}

#[async_trait]
impl ChannelSender for Flaky<dyn ChannelSender> {
    fn capabilities(&self, account: &Account) -> Capabilities {
        self.inner.capabilities(account)
    }

    async fn send(&self, request: SendRequest) -> Result<Sent, SendError> {
        if self.fails() {
            return Err(SendError::Retry { after: None, scope: Scope::Recipient, code: "503".to_owned() });
        }
        self.inner.send(request).await
    }
}
