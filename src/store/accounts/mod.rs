//! People who sign in: accounts, sessions, tokens, the second factor. The one place that checks a password.
//!
//! Acts as the engine: who signs in is found before the tenant is known. Every token is stored as its hash, every one-use thing is used by an
//! `UPDATE` that only one of many can win. Never returns a stored secret, never tells a wrong address from a wrong password.

mod code;
mod confirm;
mod forgotten;
mod joining;
mod login;
mod notices;
mod opening;
mod profile;
mod refresh;
mod rows;
mod second_factor;
mod sessions;
mod sign_up;
mod trail;
mod tries;
mod users;

pub use confirm::Confirmed;
pub use joining::{Joined, Joining};
pub use login::{Attempt, Login, SecondStep};
pub use opening::{Device, SignedIn};
pub use profile::{BusinessView, ProfileChange, ProfileView};
pub use refresh::Refreshed;
pub use second_factor::Enrolment;
pub use sessions::{Holder, SessionView};
pub use sign_up::NewBusiness;
pub use users::{NewUser, UserView};

use crate::crypto::envelope::EnvelopeError;
use crate::crypto::hashing::{HashingBusy, HashingPool};
use crate::crypto::jwt::JwtError;
use crate::crypto::password::{self, HashError, Password, PasswordError, Pepper};
use crate::crypto::platform::Platform;
use crate::crypto::random::{RandomError, random_bytes};
use crate::crypto::totp::TotpError;
use crate::domain::account::lockout::Failures;
use crate::domain::audit::Caller;
use crate::domain::ids::SessionId;
use crate::domain::limits::LimitReached;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::admin::platform_keys::platform;
use crate::store::admin::{Admin, AdminError};
use crate::store::mail::MailSeal;
use moka::future::Cache;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Semaphore;
use url::Url;

/// What an operator sets about signing in.
#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// The cost of bcrypt.
    pub bcrypt_cost: u32,
    /// Whether anybody may make a business.
    pub sign_up_open: bool,
    /// The address for the world: links begin with it, whatever a request says.
    pub public_url: Url,
    /// Whether mails leave: an SMTP server is set.
    pub mails: bool,
    /// The version of the terms that whoever makes an account must accept.
    pub terms_version: String,
}

/// Why something was not done.
#[derive(Debug, Error)]
pub enum AccountError {
    /// A field does not fit.
    #[error("{field} {problem}")]
    Invalid {
        /// The field as the API calls it.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Wrong address, password, code or token: never says which.
    #[error("what was shown does not fit")]
    Refused,
    /// Too many wrong tries.
    #[error("too many wrong tries: wait")]
    Locked(Duration),
    /// The address belongs to an account.
    #[error("there is already an account with this address")]
    Taken,
    /// Nobody may sign up by himself here.
    #[error("signing up is closed")]
    Closed,
    /// The account is a member of no business that is served.
    #[error("the account belongs to no business")]
    NoBusiness,
    /// A refresh token that was used a moment ago: another tab has its successor.
    #[error("the token was just used: take its successor")]
    RetryWithNew,
    /// A used refresh token came back: its session is over.
    #[error("a used token came back: the session is over")]
    Reused,
    /// There is no such thing.
    #[error("there is no such thing")]
    Absent,
    /// Not in this state.
    #[error("{0}")]
    Conflict(&'static str),
    /// The plan allows no more members.
    #[error(transparent)]
    Limit(#[from] LimitReached),
    /// Too many passwords are being hashed.
    #[error(transparent)]
    Busy(#[from] HashingBusy),
    /// A stored hash cannot be read.
    #[error("a stored password cannot be compared")]
    Hash(#[from] HashError),
    /// A secret cannot be sealed or opened.
    #[error("a secret cannot be sealed or opened")]
    Sealing(#[from] EnvelopeError),
    /// A token cannot be made.
    #[error("a token cannot be made")]
    Token(#[from] JwtError),
    /// The second factor cannot be set up.
    #[error(transparent)]
    Totp(#[from] TotpError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The database.
    #[error("the database did not answer or refused")]
    Store(#[from] StoreError),
}

impl AccountError {
    /// Names a field that does not fit.
    fn invalid(field: &'static str, problem: impl ToString) -> Self {
        Self::Invalid { field, problem: problem.to_string() }
    }
}

/// The door to accounts. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    inner: Arc<Inner>,
    by: Caller,
}

struct Inner {
    store: Store,
    admin: Admin,
    platform: Arc<Platform>,
    pool: HashingPool,
    settings: AccountSettings,
    /// Sessions found lately.
    holders: Cache<SessionId, Holder>,
    /// Wrong tries with addresses that nobody has, so that these are shut out like others.
    ghosts: Cache<[u8; 32], Failures>,
    /// Requests for a new password under way.
    forgotten: Arc<Semaphore>,
}

/// How long a session is trusted without asking the database.
const TRUSTED: Duration = Duration::from_secs(30);
/// Most requests for a new password under way at once.
const FORGOTTEN: usize = 32;

impl Accounts {
    /// Opens the door; makes the platform's key if there is none yet.
    ///
    /// # Errors
    /// [`AdminError`] if the key of the installation does not open what is stored, or the database is away.
    pub async fn open(admin: &Admin, settings: AccountSettings) -> Result<Self, AdminError> {
        let inner = Inner {
            store: admin.store().clone(),
            admin: admin.clone(),
            platform: Arc::new(platform(admin.store(), admin.ring()).await?),
            pool: HashingPool::default(),
            settings,
            holders: Cache::builder().max_capacity(20_000).time_to_live(TRUSTED).build(),
            ghosts: Cache::builder().max_capacity(20_000).time_to_live(Duration::from_hours(24)).build(),
            forgotten: Arc::new(Semaphore::new(FORGOTTEN)),
        };
        Ok(Self { inner: Arc::new(inner), by: Caller::default() })
    }

    /// Says from where somebody acts; the log keeps it. Who acts follows from what happens, but for the operator, who is named here.
    #[must_use]
    pub fn acting(self, by: Caller) -> Self {
        Self { by, ..self }
    }

    /// Returns what seals mails with links.
    #[must_use]
    pub fn mail_seal(&self) -> MailSeal {
        MailSeal::new(Arc::clone(&self.inner.platform))
    }

    /// Returns what the operator has set.
    #[must_use]
    pub fn settings(&self) -> &AccountSettings {
        &self.inner.settings
    }

    /// Returns the installation's keys.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.inner.platform
    }

    fn now(&self) -> Timestamp {
        self.inner.store.inner.clock.now()
    }

    fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Hashes a new password, off the caller's thread.
    async fn hash(&self, password: Password) -> Result<String, AccountError> {
        let salt = random_bytes()?;
        let (id, cost) = (self.inner.platform.newest().id(), self.inner.settings.bcrypt_cost);
        let pepper = self.inner.platform.pepper(id).ok_or(HashError::UnknownKey(id))?;
        let work = move || password::hash(&password, &Pepper { id, key: pepper.expose_secret() }, cost, salt);
        Ok(self.inner.pool.run(work).await??)
    }

    /// Compares a password with a stored hash, off the caller's thread.
    async fn fits(&self, password: Password, stored: &str) -> Result<bool, AccountError> {
        let (id, bcrypted) = password::parts(stored)?;
        let pepper = self.inner.platform.pepper(id).ok_or(HashError::UnknownKey(id))?;
        let bcrypted = bcrypted.to_owned();
        Ok(self.inner.pool.run(move || password::verify(&password, pepper.expose_secret(), &bcrypted)).await??)
    }

    /// Takes as long as comparing a password that is somebody's.
    async fn pretend(&self, password: Password) -> Result<(), AccountError> {
        let dots = ".".repeat(53);
        let nobodys = format!("p{}$2b${:02}${dots}", self.inner.platform.newest().id(), self.inner.settings.bcrypt_cost);
        self.fits(password, &nobodys).await.map(drop)
    }

    /// Makes sure that the terms that somebody accepts are those that count now.
    fn accepted(&self, terms: &str) -> Result<(), AccountError> {
        let now = &self.inner.settings.terms_version;
        if terms == now { Ok(()) } else { Err(AccountError::invalid("terms", format!("must be the version that counts now: {now}"))) }
    }

    /// Judges a new password.
    fn judged(field: &'static str, text: &SecretString, email: &str) -> Result<Password, AccountError> {
        Password::chosen(text, email).map_err(|error: PasswordError| AccountError::invalid(field, error))
    }

    /// Returns true if a stored hash should be made anew.
    fn is_outdated(&self, stored: &str) -> bool {
        password::is_outdated(stored, self.inner.platform.newest().id(), self.inner.settings.bcrypt_cost)
    }
}
