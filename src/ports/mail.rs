//! Outgoing mail: what a mail is, who sends it, and the queue in which it waits. No implementation lives here.
//!
//! A mail is queued in the transaction of its cause, under a reference that is unique in its tenant: the same cause queues it once. From the
//! reference its `Message-ID` is derived, so that every try bears the same one.

use crate::domain::booking::letters::AppointmentLetter;
use crate::domain::ids::{AppointmentId, ContactId, ConversationId, TenantId};
use crate::domain::language::Language;
use crate::domain::mail::{Address, Answer, MailKind, Next};
use crate::domain::time::Timestamp;
use crate::ports::prompts::PromptError;
use crate::ports::store::StoreError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;
use uuid::Uuid;

/// A file that comes with a mail.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its media type with its parameters, such as `text/calendar; method=PUBLISH; charset=utf-8`.
    pub media_type: String,
    /// What it holds.
    #[serde(with = "as_base64")]
    pub bytes: Vec<u8>,
}

/// Bytes in the queue's JSON.
mod as_base64 {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}

/// A finished text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Its subject: line ends in it become blanks.
    pub subject: String,
    /// It as plain text.
    pub text: String,
    /// It as HTML, for programs that show that.
    pub html: Option<String>,
    /// The name beside our address, such as the business's.
    pub from_name: Option<String>,
    /// Where answers go; none: to our address.
    pub reply_to: Option<Address>,
    /// Files.
    pub attachments: Vec<Attachment>,
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Letter(…)")
    }
}

/// A mail as it is handed to whoever sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: Address,
    /// What.
    pub letter: Letter,
    /// The part of its `Message-ID` before the `@`: hex digits, the same for every try.
    pub message_id: String,
    /// When it was asked for: its `Date`.
    pub date: Timestamp,
}

/// Sends mails: one try each, no retries of its own.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Tries to hand a mail over. Comes back within a minute or two, whatever the server does.
    async fn send(&self, mail: &Mail) -> Answer;
}

/// What a mail in the queue says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum Content {
    /// A finished text.
    Letter(Box<Letter>),
    /// An appointment, told from its row as it stands when the mail leaves.
    Appointment {
        /// Which.
        id: AppointmentId,
        /// The version that it speaks of; of another one it says nothing,
        version: i64,
        /// unless that starts when this one did: what customers do not see may have changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<Timestamp>,
    },
}

/// A link that opens something to whoever has it. Debug shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Link(pub String);

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(…)")
    }
}

/// What is said, and the link for which it is said, where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// What it says.
    pub content: Content,
    /// A link in it that the log of `recado demo` may show where nothing can be sent. Never shown by `recado serve`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub link: Option<Link>,
}

/// What a mail says, as the queue keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Kept {
    /// Under the installation's key, bound to its row: it bears a link that opens something. See [`MailSeals`].
    Sealed {
        /// The sealed bytes.
        #[serde(with = "as_base64")]
        sealed: Vec<u8>,
    },
    /// As it is. Releases before sealing kept mails with links so.
    Clear(Said),
}

/// A sealed mail does not open: another key, another row, or changed bytes. Says nothing of what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("what a mail says does not open")]
pub struct Unopened;

/// Opens what the queue keeps sealed, just before it is written.
pub trait MailSeals: Send + Sync {
    /// Opens what one mail says.
    ///
    /// # Errors
    /// [`Unopened`]: no later try would do better.
    fn open(&self, tenant: TenantId, id: Uuid, sealed: &[u8]) -> Result<Said, Unopened>;
}

/// A mail for the queue. One that bears a link which opens something is queued sealed, by whoever holds the seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMail {
    /// The business.
    pub tenant: TenantId,
    /// What it is for.
    pub kind: MailKind,
    /// To whom.
    pub to: Address,
    /// The customer whom it is about, if it is about one.
    pub contact: Option<ContactId>,
    /// What it says.
    pub content: Content,
    /// Names its cause, such as `invitation:ID`: unique in the tenant, at most 200 characters.
    pub reference: String,
    /// Until when it is of use; see [`TRIED_FOR`](crate::domain::mail::TRIED_FOR).
    pub expires: Timestamp,
}

/// A mail that is ours until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenMail {
    /// The business.
    pub tenant: TenantId,
    /// The row.
    pub id: Uuid,
    /// What it is for.
    pub kind: MailKind,
    /// To whom.
    pub to: Address,
    /// Whether it goes to a customer, not to a member of the business.
    pub to_customer: bool,
    /// What it says.
    pub kept: Kept,
    /// As [`Mail::message_id`].
    pub message_id: String,
    /// The number of this try, from 1; names the lease.
    pub attempt: i64,
    /// How many tries before this one ended without an answer.
    pub doubtful: i64,
    /// Until when it is of use.
    pub expires: Timestamp,
    /// When it was asked for.
    pub created: Timestamp,
}

/// A rendered template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedLetter {
    /// The subject, in one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
}

/// The templates of mails.
pub trait Letters: Send + Sync {
    /// Renders the mail of an appointment.
    ///
    /// # Errors
    /// [`PromptError`]: a mistake in a template.
    fn appointment(&self, language: Language, values: &AppointmentLetter) -> Result<RenderedLetter, PromptError>;
}

/// Makes the secret addresses of public pages.
pub trait Links: Send + Sync {
    /// Returns the address of an appointment's page: the same whenever it is asked for.
    fn appointment(&self, tenant: TenantId, id: AppointmentId) -> String;

    /// Returns the address of an appointment's calendar file: the page's, with `.ics` behind it.
    fn calendar_file(&self, tenant: TenantId, id: AppointmentId) -> String {
        format!("{}.ics", self.appointment(tenant, id))
    }

    /// Returns the e-mail address that calendar files name as the organizer's: the same in all of them.
    fn organizer(&self) -> &str;

    /// Returns the address of the page on which a customer says how a stretch of a conversation was: the same whenever it is asked for.
    fn survey(&self, tenant: TenantId, conversation: ConversationId, cycle: i64) -> String;
}

/// The queue of mails.
#[async_trait]
pub trait MailQueue: Send + Sync {
    /// Puts a mail into the queue, in a transaction of its own; one of the same reference is there already. Causes that write something
    /// themselves queue it in their own transaction instead.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn add_mail(&self, mail: NewMail) -> Result<(), StoreError>;

    /// Takes due mails, oldest first: nobody else gets them before `until`. One that was being sent when its sender died counts as doubtful.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn take_mails(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<TakenMail>, StoreError>;

    /// Notes that a taken mail is being handed over from now on. False: it is not ours any more, and must not be sent.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn begin_mail(&self, mail: &TakenMail, now: Timestamp) -> Result<bool, StoreError>;

    /// Writes what a try came to; nothing happens if another has taken the mail meanwhile. What has ended keeps neither text nor link.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn end_mail(&self, mail: &TakenMail, next: Next, now: Timestamp) -> Result<(), StoreError>;

    /// Gives back what a sender that is surely dead had taken.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn release_mails(&self) -> Result<(), StoreError>;
}
