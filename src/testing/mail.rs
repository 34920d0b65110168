//! A mailer that follows a script, and an SMTP server on loopback that checks what real ones check and can be busy, unwilling, silent or gone.
//!
//! It never repairs what it is sent: what breaks a rule becomes a complaint, which every test that uses it asks for.

mod wire;

use crate::domain::mail::Answer;
use crate::ports::mail::{Mail, Mailer};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the server does once instead of what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpFault {
    /// Greets with 421 and closes.
    GreetBusy,
    /// Says nothing when somebody connects.
    GreetNothing,
    /// Refuses the recipient with this code.
    Recipient(u16),
    /// Closes after the recipient was taken.
    CloseBeforeData,
    /// Answers the mail with this code and does not keep it.
    Answer(u16),
    /// Keeps the mail and closes without an answer.
    CloseAfterData,
    /// Keeps the mail and says nothing.
    HangAfterData,
}

/// A mail that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The sender of the envelope.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// The message, without the stuffed dots.
    pub message: String,
    /// Whether the server said so.
    pub acknowledged: bool,
}

impl Received {
    /// Returns a header's value, unfolded.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.message.split("\r\n\r\n").next()?.replace("\r\n ", " ").replace("\r\n\t", " ");
        let found = head.split("\r\n").find_map(|line| line.split_once(": ").filter(|(known, _)| known.eq_ignore_ascii_case(name)));
        found.map(|(_, value)| value.to_owned())
    }

    /// Returns the `Message-ID`.
    #[must_use]
    pub fn message_id(&self) -> String {
        self.header("message-id").unwrap_or_default()
    }
}

#[derive(Default)]
pub(in crate::testing) struct State {
    received: Vec<Received>,
    complaints: Vec<String>,
    faults: VecDeque<SmtpFault>,
    connections: u64,
    quits: u64,
}

/// The server. It ends when this is dropped.
pub struct SmtpServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl SmtpServer {
    /// Starts it without a login.
    ///
    /// # Errors
    /// No free port.
    pub async fn start() -> std::io::Result<Self> {
        Self::start_with(None).await
    }

    /// Starts it; `login` is the name and password that it asks for.
    ///
    /// # Errors
    /// No free port.
    pub async fn start_with(login: Option<(&str, &str)>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let (address, state) = (listener.local_addr()?, Arc::<Mutex<State>>::default());
        let login = login.map(|(name, password)| (name.to_owned(), password.to_owned()));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(wire::serve(stream, Arc::clone(&shared), login.clone()));
            }
        });
        Ok(Self { address, state, task })
    }

    /// Returns its address as the setting spells it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Returns its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets something go wrong once.
    pub fn then(&self, fault: SmtpFault) {
        self.state().faults.push_back(fault);
    }

    /// Returns what was taken.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.state().received.clone()
    }

    /// Returns what broke the rules.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.state().complaints.clone()
    }

    /// Returns how often somebody connected.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.state().connections
    }

    /// Returns how often somebody said goodbye.
    #[must_use]
    pub fn quits(&self) -> u64 {
        self.state().quits
    }

    /// Waits until so many mails were taken, for tests against a real process.
    pub async fn has(&self, many: usize) {
        while self.received().len() < many {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A mailer that answers by a script, and accepts where the script ends.
#[derive(Default)]
pub struct ScriptedMailer {
    script: Mutex<VecDeque<Play>>,
    sent: Mutex<Vec<Mail>>,
}

/// What the mailer does with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Play {
    /// Answers.
    Say(Answer),
    /// Never answers.
    Hang,
}

impl ScriptedMailer {
    /// Adds to the script.
    pub fn then(&self, play: Play) {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).push_back(play);
    }

    /// Returns what it was handed, whatever it said of it.
    #[must_use]
    pub fn handed(&self) -> Vec<Mail> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Mailer for ScriptedMailer {
    async fn send(&self, mail: &Mail) -> Answer {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(mail.clone());
        let play = self.script.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match play {
            None => Answer::Accepted,
            Some(Play::Say(answer)) => answer,
            Some(Play::Hang) => std::future::pending().await,
        }
    }
}
