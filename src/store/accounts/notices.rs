//! What an account is told, and what the audit log keeps: the one place through which everything passes that happens to an account.
//!
//! Called inside the transaction of its cause. Never logs an address, a name or a link.

use crate::domain::account::letters::{About, letter};
use crate::domain::audit::Caller;
use crate::domain::consent::Consent;
use crate::domain::ids::{AccountId, SessionId, TenantId};
use crate::domain::language::Language;
use crate::domain::mail::{Address, MailKind, TRIED_FOR};
use crate::domain::time::Timestamp;
use crate::ports::ids::IdSource;
use crate::ports::mail::{Content, Letter, Link, NewMail};
use crate::store::accounts::forgotten::LINK_LIFE;
use crate::store::consents::record_consents;
use crate::store::mail::{MailSeal, queue, queue_sealed};
use crate::store::rows::Tx;
use entities::member;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// What happened.
#[derive(Clone)]
pub(super) enum Happening {
    /// A business was made; the person has accepted this version of the terms, and said to be of age and entitled to.
    SignedUp {
        /// The version of the text.
        terms: String,
    },
    /// A session began.
    SignedIn {
        /// The session.
        session: SessionId,
        /// Whether the account had used the device or the address before.
        known: bool,
    },
    /// Somebody signed out.
    SignedOut {
        /// The session.
        session: SessionId,
    },
    /// A session was ended by hand.
    SessionEnded {
        /// The session.
        session: SessionId,
    },
    /// All other sessions were ended by hand.
    SessionsEnded {
        /// How many.
        count: u64,
    },
    /// A used refresh token came back: perhaps stolen. The session was ended.
    TokenReused {
        /// The session.
        session: SessionId,
    },
    /// Somebody asked for a way to choose a new password.
    ResetWanted {
        /// The link; its token stands in the fragment, which no server sees.
        link: SecretString,
    },
    /// The password was chosen anew by such a link.
    PasswordReset,
    /// The password is another one.
    PasswordChanged,
    /// The mail address is another one; told to the old one.
    AddressChanged,
    /// A second factor was added.
    SecondFactorOn,
    /// The second factor was taken away.
    SecondFactorOff,
    /// New recovery codes were made.
    RecoveryCodesMade,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// So many tries were wrong that the door is shut for a while.
    LockedOut,
    /// The operator opened the door.
    Unlocked,
}

impl Happening {
    /// Returns what the person is told by mail, with its link; `None`: only the log keeps it.
    const fn told(&self) -> Option<(About, Option<&SecretString>)> {
        match self {
            Self::SignedUp { .. }
            | Self::SignedIn { known: true, .. }
            | Self::SignedOut { .. }
            | Self::SessionEnded { .. }
            | Self::SessionsEnded { .. }
            | Self::RecoveryCodesMade
            | Self::Unlocked => None,
            Self::SignedIn { known: false, .. } => Some((About::NewDevice, None)),
            Self::ResetWanted { link } => Some((About::ResetWanted, Some(link))),
            Self::PasswordReset | Self::PasswordChanged => Some((About::PasswordChanged, None)),
            Self::AddressChanged => Some((About::AddressChanged, None)),
            Self::SecondFactorOn => Some((About::SecondFactorOn, None)),
            Self::SecondFactorOff => Some((About::SecondFactorOff, None)),
            Self::RecoveryCodeUsed => Some((About::RecoveryCodeUsed, None)),
            Self::TokenReused { .. } => Some((About::TokenReused, None)),
            Self::LockedOut => Some((About::LockedOut, None)),
        }
    }
}

/// What happened to whom.
#[derive(Clone)]
pub(super) struct Notice {
    /// The account.
    pub(super) account: AccountId,
    /// The business, where one is concerned.
    pub(super) tenant: Option<TenantId>,
    /// Where to tell it.
    pub(super) email: String,
    /// What the person is called.
    pub(super) name: String,
    /// In which language.
    pub(super) locale: String,
    /// What.
    pub(super) happening: Happening,
    /// From where.
    pub(super) by: Caller,
    /// When.
    pub(super) at: Timestamp,
    /// Ids for what is written.
    pub(super) ids: Arc<dyn IdSource>,
    /// Seals the mail, if it has a link.
    pub(super) seal: MailSeal,
}

impl Notice {
    /// Says which business is concerned.
    #[must_use]
    pub(super) fn of(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// Writes it down, as the last thing that a transaction does: a mail in the queue for what the person should know, what a sign-up agrees
    /// to, and a row in the log of each business that it concerns.
    pub(super) async fn write(&self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        tracing::info!(event = self.happening.action().as_str(), account.id = %self.account, "something happened to an account");
        if let (Happening::SignedUp { terms }, Some(tenant)) = (&self.happening, self.tenant) {
            let consents = Consent::of_new_account(self.account.0, terms, "sign_up", self.by.ip.as_deref());
            record_consents(tx, self.ids.as_ref(), tenant, &consents, self.at).await?;
        }
        self.tell(tx).await?;
        self.record(tx).await
    }

    async fn tell(&self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        let Some((about, link)) = self.happening.told() else { return Ok(()) };
        let Some(tenant) = self.concerned(tx).await? else { return Ok(()) };
        let Ok(to) = Address::parse(&self.email) else { return Ok(()) };
        let language = Language::of_locale(&self.locale).unwrap_or(Language::Es);
        let link = link.map(ExposeSecret::expose_secret);
        let (subject, text) = letter(about, language, &self.name, link);
        let letter = Letter { subject, text, html: None, from_name: Some("Recado".to_owned()), reply_to: None, attachments: Vec::new() };
        let mail = NewMail {
            tenant,
            kind: if link.is_some() { MailKind::PasswordReset } else { MailKind::Notice },
            to,
            contact: None,
            content: Content::Letter(Box::new(letter)),
            reference: format!("{}:{}:{}", self.happening.action().as_str(), self.account, self.at.micros()),
            expires: self.at.after(if link.is_some() { LINK_LIFE } else { TRIED_FOR }),
        };
        let tx = Tx::new(tx, self.ids.as_ref());
        match link {
            Some(link) => queue_sealed(tx, &self.seal, (&mail, &Link(link.to_owned())), self.at).await,
            None => queue(tx, &[mail], self.at).await,
        }
    }

    /// Returns the business in whose name the mail leaves: the one concerned, else the account's first.
    async fn concerned(&self, tx: &DatabaseTransaction) -> Result<Option<TenantId>, DbErr> {
        if self.tenant.is_some() {
            return Ok(self.tenant);
        }
        use member::Column as M;
        let mine = member::Entity::find()
            .filter(M::AccountId.eq(self.account.0))
            .filter(M::State.eq("active"))
            .order_by_asc(M::CreatedAt)
            .order_by_asc(M::TenantId);
        Ok(mine.one(tx).await?.map(|row| TenantId(row.tenant_id)))
    }
}
