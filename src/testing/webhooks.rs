//! Endpoints of businesses' own systems that answer by a script and remember what they were told.

use crate::crypto::standard_webhooks::sign;
use crate::domain::webhook::Answer;
use crate::ports::webhooks::{WebhookCall, WebhookSender};
use async_trait::async_trait;
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// What an endpoint does with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Answers.
    Say(Answer),
    /// Says nothing until the test lets it, then it is well.
    Hang,
    /// Is well, and repeats the message that it was told.
    Repeat,
}

impl Reply {
    /// Answers with a status.
    #[must_use]
    pub const fn status(code: u16) -> Self {
        Self::Say(Answer::Status { code, retry_after: None })
    }

    /// Answers with a status and asks to be left alone.
    #[must_use]
    pub const fn asking(code: u16, seconds: u64) -> Self {
        Self::Say(Answer::Status { code, retry_after: Some(Duration::from_secs(seconds)) })
    }
}

/// A call that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The address.
    pub url: String,
    /// `webhook-id`.
    pub name: String,
    /// The signatures, one for each secret.
    pub signatures: Vec<String>,
    /// The body.
    pub body: Value,
    /// It was taken.
    pub taken: bool,
}

#[derive(Default)]
struct State {
    told: Vec<Told>,
    once: HashMap<String, VecDeque<Reply>>,
    always: HashMap<String, Reply>,
    busy: HashMap<String, usize>,
    busiest: usize,
}

/// The endpoints. Well unless told otherwise.
#[derive(Default)]
pub struct ScriptedCaller {
    state: Mutex<State>,
    open: Arc<Notify>,
}

impl ScriptedCaller {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers the next call of an address like this.
    pub fn then(&self, url: &str, reply: Reply) {
        self.state().once.entry(url.to_owned()).or_default().push_back(reply);
    }

    /// Answers every call of an address like this from now on; `None`: well.
    pub fn always(&self, url: &str, reply: Option<Reply>) {
        match reply {
            Some(reply) => self.state().always.insert(url.to_owned(), reply),
            None => self.state().always.remove(url),
        };
    }

    /// Lets those who hang go on.
    pub fn release(&self) {
        self.open.notify_waiters();
    }

    /// Returns every call so far.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        self.state().told.clone()
    }

    /// Returns the calls of an address so far.
    #[must_use]
    pub fn told_at(&self, url: &str) -> Vec<Told> {
        self.state().told.iter().filter(|told| told.url == url).cloned().collect()
    }

    /// Returns the most calls of one address that were ever under way at once.
    #[must_use]
    pub fn busiest(&self) -> usize {
        self.state().busiest
    }

    fn message(&self, place: usize) -> String {
        let state = self.state();
        let message = state.told.get(place).and_then(|told| told.body.pointer("/data/message/content"));
        message.map(Value::to_string).unwrap_or_default()
    }

    fn begin(&self, call: &WebhookCall<'_>) -> (Reply, usize) {
        let seconds = call.now.micros().div_euclid(1_000_000);
        let signed = call.secrets.iter().map(|secret| sign(secret, call.name, seconds, call.body.as_bytes()).unwrap_or_default());
        let body = serde_json::from_str(call.body).unwrap_or_default();
        let told = Told { url: call.url.to_owned(), name: call.name.to_owned(), signatures: signed.collect(), body, taken: false };
        let mut state = self.state();
        let once = state.once.get_mut(call.url).and_then(VecDeque::pop_front);
        let reply = once.or_else(|| state.always.get(call.url).copied()).unwrap_or(Reply::status(200));
        state.told.push(told);
        let busy = state.busy.entry(call.url.to_owned()).or_default();
        *busy += 1;
        state.busiest = state.busiest.max(*state.busy.get(call.url).unwrap_or(&0));
        (reply, state.told.len() - 1)
    }
}

/// A call that is under way, until it ends in whatever way.
struct Busy<'a>(&'a ScriptedCaller, &'a str);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        if let Some(busy) = self.0.state().busy.get_mut(self.1) {
            *busy = busy.saturating_sub(1);
        }
    }
}

#[async_trait]
impl WebhookSender for ScriptedCaller {
    async fn call(&self, call: WebhookCall<'_>) -> (Answer, String) {
        let open = self.open.notified();
        let (reply, place) = self.begin(&call);
        let _busy = Busy(self, call.url);
        let answer = match reply {
            Reply::Say(answer) => answer,
            Reply::Hang => {
                open.await;
                Answer::Status { code: 200, retry_after: None }
            }
            Reply::Repeat => Answer::Status { code: 200, retry_after: None },
        };
        let said = if reply == Reply::Repeat { self.message(place) } else { "the answer's words".to_owned() };
        if let (Answer::Status { code: 200..300, .. }, Some(told)) = (answer, self.state().told.get_mut(place)) {
            told.taken = true;
        }
        (answer, said)
    }
}
