//! A channel that records what it is given, recognises repeats by the idempotency key as the real ones do, and can be made to fail.

use crate::domain::content::{Attachment, Button};
use crate::domain::file::Media;
use crate::ports::channel::{Account, Capabilities, ChannelSender, Outgoing, SendError, SendRequest, Sent, TextUnit};
use crate::testing::gate::Gates;
use async_trait::async_trait;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Semaphore;

/// One message that the customer received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The address it went to.
    pub to: String,
    /// Its text.
    pub text: String,
    /// The id we gave it.
    pub external_id: String,
    /// The idempotency key.
    pub key: String,
    /// Its buttons.
    pub buttons: Vec<Button>,
    /// Its files.
    pub attachments: Vec<Attachment>,
}

/// What the channel does next instead of succeeding.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Refuses.
    Refuse(SendError),
    /// Takes the message, but the answer is lost.
    TakeButLoseAnswer,
    /// Never takes it and never answers.
    Hang,
}

/// One call as it began, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The address it went to.
    pub to: String,
    /// Its text.
    pub text: String,
    /// The idempotency key.
    pub key: String,
    /// The customer's message that it answers.
    pub in_reply_to: Option<String>,
}

/// Records messages.
#[derive(Debug)]
pub struct RecordingChannel {
    can: Capabilities,
    received: Mutex<Vec<Received>>,
    by_key: Mutex<HashMap<String, String>>,
    faults: Mutex<VecDeque<Fault>>,
    begun: Mutex<Vec<Begun>>,
    /// Gates by recipient, passed by every call after it has begun.
    pub gates: Gates,
    /// Gates by recipient, passed after the message was taken and before that is said.
    pub answers: Gates,
    gate: Semaphore,
    gated: std::sync::atomic::AtomicBool,
}

impl RecordingChannel {
    /// Makes a channel that recognises repeats.
    #[must_use]
    pub fn idempotent() -> Self {
        Self::with(Capabilities {
            max_text: 4096,
            text_unit: TextUnit::Chars,
            buttons: None,
            typing: false,
            read_receipts: false,
            window: None,
            templates: false,
            idempotent: true,
            echoes_reference: false,
            echoes_own_sends: false,
            media: Media::default(),
        })
    }

    /// Makes a channel with other capabilities.
    #[must_use]
    pub fn with(can: Capabilities) -> Self {
        Self {
            can,
            received: Mutex::default(),
            by_key: Mutex::default(),
            faults: Mutex::default(),
            begun: Mutex::default(),
            gates: Gates::default(),
            answers: Gates::default(),
            gate: Semaphore::new(0),
            gated: std::sync::atomic::AtomicBool::new(false),
        }
    }

    /// Lets the next call fail.
    pub fn then(&self, fault: Fault) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
    }

    /// Makes every call wait for a [`RecordingChannel::release`] before it is answered.
    pub fn hold(&self) {
        self.gated.store(true, std::sync::atomic::Ordering::Release);
    }

    /// Lets `calls` calls pass.
    pub fn release(&self, calls: usize) {
        self.gate.add_permits(calls);
    }

    /// Returns what the customers received, in order.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns every call in the order in which they began, repeats too.
    #[must_use]
    pub fn begun(&self) -> Vec<Begun> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns how many calls have begun.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn note(&self, request: &SendRequest, text: &str) {
        let (to, key) = (request.to.value.clone(), request.idempotency_key.clone());
        let begun = Begun { to, text: text.to_owned(), key, in_reply_to: request.in_reply_to.clone() };
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).push(begun);
    }

    fn take(&self, request: &SendRequest, text: &str) -> String {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        if self.can.idempotent
            && let Some(known) = by_key.get(&request.idempotency_key)
        {
            return known.clone();
        }
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let (buttons, attachments) = match &request.what {
            Outgoing::Message(content) => (content.buttons.clone(), content.attachments.clone()),
            Outgoing::ReadReceipt { .. } => (Vec::new(), Vec::new()),
        };
        let external_id = format!("out-{}", received.len() + 1);
        by_key.insert(request.idempotency_key.clone(), external_id.clone());
        received.push(Received {
            to: request.to.value.clone(),
            text: text.to_owned(),
            external_id: external_id.clone(),
            key: request.idempotency_key.clone(),
            buttons,
            attachments,
        });
        external_id
    }
}

#[async_trait]
impl ChannelSender for RecordingChannel {
    fn capabilities(&self, _: &Account) -> Capabilities {
        self.can.clone()
    }

    async fn send(&self, request: SendRequest) -> Result<Sent, SendError> {
        let text = match &request.what {
            Outgoing::Message(content) => content.text.clone(),
            Outgoing::ReadReceipt { .. } => return Ok(Sent { external_id: String::new() }),
        };
        self.note(&request, &text);
        self.gates.pass(&request.to.value).await;
        if self.gated.load(std::sync::atomic::Ordering::Acquire)
            && let Ok(permit) = self.gate.acquire().await
        {
            permit.forget();
        }
        let fault = self.faults.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match fault {
            Some(Fault::Refuse(error)) => Err(error),
            Some(Fault::TakeButLoseAnswer) => {
                self.take(&request, &text);
                Err(SendError::Unknown { code: "lost".into() })
            }
            Some(Fault::Hang) => std::future::pending().await,
            None => {
                let external_id = self.take(&request, &text);
                self.answers.pass(&request.to.value).await;
                Ok(Sent { external_id })
            }
        }
    }
}
