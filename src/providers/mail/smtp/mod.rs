//! Mail by SMTP: one try each over a few kept connections. Never tries again by itself and never logs an address, a text or a password.
//!
//! The conversation is led here and not by the library's transport, because one thing decides what may be repeated: whether the whole mail
//! had been handed over when the connection broke. Before that it was surely not taken; after it nobody knows.

mod compose;
mod server;

pub use compose::Sender;
pub use server::{Encryption, ServerError, SmtpServer};

use crate::domain::mail::Answer;
use crate::ports::clock::{Clock, Moment};
use crate::ports::mail::{Mail as OutgoingMail, Mailer};
use async_trait::async_trait;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use thiserror::Error as ThisError;
use tokio::time::timeout;

/// Connections that are kept for the next mail.
const KEPT: usize = 4;

/// How long the parts of a try may take.
#[derive(Clone, Copy, Debug)]
pub struct SmtpLimits {
    /// To connect, encrypt and log in.
    pub open: Duration,
    /// To name sender and recipient.
    pub envelope: Duration,
    /// To hand the mail over and hear the answer: servers look for spam before they answer.
    pub body: Duration,
    /// How long a connection is kept idle; servers close theirs after minutes.
    pub idle: Duration,
}

impl Default for SmtpLimits {
    fn default() -> Self {
        let secs = Duration::from_secs;
        Self { open: secs(15), envelope: secs(15), body: secs(60), idle: secs(20) }
    }
}

/// Why the server cannot be used. Shows no password.
#[derive(Debug, ThisError)]
pub enum SmtpError {
    /// It does not answer, or not in time.
    #[error("the SMTP server does not answer")]
    Unreachable,
    /// The encrypted connection cannot be made.
    #[error("the SMTP server's certificate is not good, or it speaks no TLS")]
    Encryption,
    /// It answers, and refuses.
    #[error("the SMTP server refuses with {0}")]
    Refused(u16),
    /// It lacks what is asked of it.
    #[error("the SMTP server offers no STARTTLS, or no login that we know")]
    Lacking,
}

/// Sends mails through one server.
pub struct SmtpMailer {
    server: SmtpServer,
    tls: Option<TlsParameters>,
    sender: Sender,
    clock: Arc<dyn Clock>,
    limits: SmtpLimits,
    idle: Mutex<Vec<(AsyncSmtpConnection, Moment)>>,
}

impl SmtpMailer {
    /// Makes it; nothing is connected before the first mail.
    ///
    /// # Errors
    /// [`SmtpError::Encryption`] if the system's roots cannot be read.
    pub fn new(server: SmtpServer, sender: Sender, clock: Arc<dyn Clock>, limits: SmtpLimits) -> Result<Self, SmtpError> {
        let tls = match server.encryption {
            Encryption::None => None,
            Encryption::StartTls | Encryption::IfOffered | Encryption::Wrapped => {
                Some(TlsParameters::new(server.host.clone()).map_err(|error| reason_of(&error))?)
            }
        };
        Ok(Self { server, tls, sender, clock, limits, idle: Mutex::default() })
    }

    /// Connects, encrypts and logs in as for a mail, and sends nothing.
    ///
    /// # Errors
    /// [`SmtpError`].
    pub async fn check(&self) -> Result<(), SmtpError> {
        match timeout(self.limits.open, self.connect()).await {
            Ok(Ok(connection)) => {
                part(connection).await;
                Ok(())
            }
            Ok(Err(error)) => Err(reason_of(&error)),
            Err(_) => Err(SmtpError::Unreachable),
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let server = &self.server;
        let wrapped = self.tls.clone().filter(|_| server.encryption == Encryption::Wrapped);
        let hello = server.hello.clone().unwrap_or_else(|| self.sender.hello());
        let address = (server.host.as_str(), server.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(address, Some(self.limits.open), &hello, wrapped, None).await?;
        if let Some(tls) = &self.tls {
            let asked = match server.encryption {
                Encryption::StartTls => true,
                Encryption::IfOffered => connection.can_starttls(),
                Encryption::None | Encryption::Wrapped => false,
            };
            if asked {
                connection.starttls(tls.clone(), &hello).await?;
            }
        }
        if let Some(login) = server.login() {
            connection.auth(DEFAULT_MECHANISMS, &login).await?;
        }
        Ok(connection)
    }

    /// Returns a kept connection that still answers, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Error> {
        while let Some((mut kept, until)) = self.take_idle() {
            if until > self.clock.moment() && kept.test_connected().await {
                return Ok(kept);
            }
        }
        self.connect().await
    }

    fn take_idle(&self) -> Option<(AsyncSmtpConnection, Moment)> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let until = self.clock.moment().after(self.limits.idle);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push((connection, until));
        }
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &OutgoingMail) -> Answer {
        let Ok(message) = compose::compose(&self.sender, mail) else { return refused("unsendable") };
        let mut connection = match timeout(self.limits.open, self.connection()).await {
            Ok(Ok(connection)) => connection,
            // A refused login or certificate is the operator's to mend: no mail is lost over it.
            Ok(Err(error)) => return again(&error),
            Err(_) => return unreachable(),
        };
        match timeout(self.limits.envelope, announce(&mut connection, message.envelope())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                part(connection).await;
                return answer(&error).unwrap_or_else(|| again(&error));
            }
            Err(_) => return unreachable(),
        }
        match timeout(self.limits.body, connection.message(&message.formatted())).await {
            Ok(Ok(_)) => {
                self.keep(connection);
                Answer::Accepted
            }
            Ok(Err(error)) => answer(&error).unwrap_or(Answer::Unknown),
            Err(_) => Answer::Unknown,
        }
    }
}

/// Names sender and recipient and asks to hand over: until this has succeeded nothing can have been taken.
async fn announce(connection: &mut AsyncSmtpConnection, envelope: &Envelope) -> Result<(), Error> {
    connection.command(Mail::new(envelope.from().cloned(), Vec::new())).await?;
    for recipient in envelope.to() {
        connection.command(Rcpt::new(recipient.clone(), Vec::new())).await?;
    }
    connection.command(Data).await.map(drop)
}

/// Says goodbye, briefly: whoever does not hear it notices the closed connection.
async fn part(mut connection: AsyncSmtpConnection) {
    let _goodbye = timeout(Duration::from_secs(1), connection.command(Quit)).await;
}

/// Reads what the server said; `None`: it said nothing.
fn answer(error: &Error) -> Option<Answer> {
    let code = error.status()?;
    let reason = format!("smtp_{code}");
    Some(if error.is_permanent() { Answer::Refused { reason } } else { Answer::Again { after: None, reason } })
}

/// Whatever it was, it was before the mail: a later try is sure to be the first.
fn again(error: &Error) -> Answer {
    match error.status() {
        Some(code) => Answer::Again { after: None, reason: format!("smtp_{code}") },
        None if error.is_tls() => Answer::Again { after: None, reason: "tls".to_owned() },
        None => unreachable(),
    }
}

fn unreachable() -> Answer {
    Answer::Again { after: None, reason: "unreachable".to_owned() }
}

fn refused(reason: &str) -> Answer {
    Answer::Refused { reason: reason.to_owned() }
}

fn reason_of(error: &Error) -> SmtpError {
    match error.status() {
        Some(code) => SmtpError::Refused(u16::from(code)),
        None if error.is_tls() => SmtpError::Encryption,
        None if error.is_client() => SmtpError::Lacking,
        None => SmtpError::Unreachable,
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests;
