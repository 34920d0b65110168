//! Signing in: the password, then perhaps a code, then a session.

use crate::crypto::jwt::{self, Audience, Subject};
use crate::crypto::mac::sha256;
use crate::crypto::password::Password;
use crate::domain::account::Email;
use crate::domain::account::lockout::{Factor, Failures};
use crate::domain::ids::AccountId;
use crate::ports::store::StoreError;
use crate::store::accounts::notices::Happening;
use crate::store::accounts::opening::Proof;
use crate::store::accounts::{AccountError, Accounts, Device, SignedIn, rows};
use crate::store::scope::{Role, read_as};
use entities::{account, member, session, tenant};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use secrecy::SecretString;
use std::time::Duration;

/// Seconds that a second step may take.
const STEP_SECONDS: i64 = 5 * 60;
/// How long an address counts as one where the account is at home.
const AT_HOME: Duration = Duration::from_hours(30 * 24);

/// Somebody who wants to sign in.
#[derive(Debug)]
pub struct Attempt {
    /// The address.
    pub email: String,
    /// The password.
    pub password: SecretString,
    /// The business, by its short name; `None`: the one used last.
    pub business: Option<String>,
    /// From where.
    pub device: Device,
}

/// The second step of signing in.
#[derive(Debug)]
pub struct SecondStep {
    /// What the first step returned.
    pub token: SecretString,
    /// A code of the app, or a recovery code.
    pub code: String,
    /// From where.
    pub device: Device,
}

/// What a right password came to.
#[derive(Debug)]
pub enum Login {
    /// A session.
    In(Box<SignedIn>),
    /// A token for the second step, which opens nothing by itself.
    NeedsCode(SecretString),
}

impl Accounts {
    /// Signs somebody in by a password.
    ///
    /// # Errors
    /// [`AccountError::Refused`], [`AccountError::Locked`], [`AccountError::NoBusiness`], [`AccountError::Busy`].
    pub async fn login(&self, attempt: Attempt) -> Result<Login, AccountError> {
        let this = self.clone();
        to_its_end(async move { this.login_now(attempt).await }).await
    }

    async fn login_now(&self, attempt: Attempt) -> Result<Login, AccountError> {
        let email = Email::parse(&attempt.email).ok_or(AccountError::Refused)?;
        let password = Password::presented(&attempt.password).ok_or(AccountError::Refused)?;
        let Some(row) = rows::by_email(self.store(), email.as_str()).await? else {
            return self.refuse_ghost(&email, password).await;
        };
        let id = AccountId(row.id);
        let at_home = self.is_at_home(id, &attempt.device).await?;
        let counted = self.count(row.clone(), Factor::Password, at_home).await?;
        let fits = self.fits(password.clone(), &row.password_hash).await;
        if !self.judge(&counted, fits).await? {
            return Err(AccountError::Refused);
        }
        let Some(member) = self.membership(id, attempt.business.as_deref()).await? else {
            self.take_back(&counted).await?;
            return Err(AccountError::NoBusiness);
        };
        if row.totp_state == "on" {
            // Wrong codes stay counted: the password alone must not buy more of them.
            self.take_back(&counted).await?;
            return self.ask_for_code(&row, &member).map(Login::NeedsCode);
        }
        let better = if self.is_outdated(&row.password_hash) { Some(self.hash(password).await?) } else { None };
        self.enter(&row, &member, &attempt.device, better).await.map(|done| Login::In(Box::new(done)))
    }

    /// Finishes signing in with a code of the app or a recovery code.
    ///
    /// # Errors
    /// [`AccountError::Refused`], also for a step that took too long; [`AccountError::Locked`].
    pub async fn login_with_code(&self, step: SecondStep) -> Result<SignedIn, AccountError> {
        let this = self.clone();
        to_its_end(async move { this.code_now(step).await }).await
    }

    async fn code_now(&self, step: SecondStep) -> Result<SignedIn, AccountError> {
        use secrecy::ExposeSecret;
        let claims = jwt::verify(self.platform(), Audience::Mfa, step.token.expose_secret(), self.now()).or(Err(AccountError::Refused))?;
        let row = rows::by_id(self.store(), AccountId(claims.sub)).await?.ok_or(AccountError::Refused)?;
        if row.totp_state != "on" || row.password_changed_at.micros() != claims.rv {
            return Err(AccountError::Refused);
        }
        let counted = self.count(row.clone(), Factor::Code, false).await?;
        let fits = self.code_fits(&row, &step.code).await;
        if !self.judge(&counted, fits).await? {
            return Err(AccountError::Refused);
        }
        let member = self.member(claims.tid, claims.sid).await?.ok_or(AccountError::Refused)?;
        self.enter(&row, &member, &step.device, None).await
    }

    /// Opens the session, and tells of a device that was never seen.
    async fn enter(
        &self,
        row: &account::Model,
        member: &member::Model,
        device: &Device,
        better: Option<String>,
    ) -> Result<SignedIn, AccountError> {
        let opening = self.opening_for(member, device)?;
        let proof = Proof { account: AccountId(row.id), hash: row.password_hash.clone(), totp_state: row.totp_state.clone(), better };
        let mut notice = self.notice_to(row, Happening::SignedIn { session: opening.session, known: true }).of(opening.tenant);
        let write = self.store().solo(Role::Engine, move |tx| {
            Box::pin(async move {
                if !proof.holds(tx).await? {
                    return Ok(None);
                }
                let session = opening.session;
                let (opened, known) = opening.write(tx).await?;
                notice.happening = Happening::SignedIn { session, known };
                notice.write(tx).await?;
                Ok(Some(opened))
            })
        });
        self.signed_in(write.await?.ok_or(AccountError::Refused)?)
    }

    fn ask_for_code(&self, row: &account::Model, member: &member::Model) -> Result<SecretString, AccountError> {
        let version = row.password_changed_at.micros();
        let subject = Subject { account: row.id, tenant: member.tenant_id, session: member.id, version };
        let jti = self.store().inner.ids.uuid();
        Ok(jwt::issue(self.platform(), Audience::Mfa, subject, (self.now(), STEP_SECONDS), jti)?)
    }

    /// Treats an address that nobody has as one that somebody has: the same work, the same lock-out.
    async fn refuse_ghost(&self, email: &Email, password: Password) -> Result<Login, AccountError> {
        let key = sha256(email.as_str().as_bytes());
        let failures: Failures = self.inner.ghosts.get(&key).await.unwrap_or_default();
        let now = self.now();
        if let Some(wait) = failures.wait(now, false) {
            return Err(AccountError::Locked(wait));
        }
        self.inner.ghosts.insert(key, failures.and_one_more(now, Factor::Password)).await;
        self.pretend(password).await?;
        Err(AccountError::Refused)
    }

    /// Returns true if the account has a session, or had one lately, at this address. One ended for a stolen token does not count.
    async fn is_at_home(&self, account: AccountId, device: &Device) -> Result<bool, StoreError> {
        use session::Column as S;
        let since = self.now().before(AT_HOME);
        let query = session::Entity::find().filter(S::AccountId.eq(account.0)).filter(S::Ip.eq(device.ip.as_str()));
        let honest = S::EndReason.is_null().or(S::EndReason.ne("reused"));
        let count = read_as(self.store(), Role::Engine, move |tx| {
            Box::pin(async move { query.filter(honest).filter(S::LastSeenAt.gte(rows::at(tx, since))).count(tx).await })
        });
        Ok(count.await? > 0)
    }

    /// Finds the business to sign in to: the named one, else the one used last.
    async fn membership(&self, account: AccountId, business: Option<&str>) -> Result<Option<member::Model>, StoreError> {
        use member::Column as M;
        let mine = member::Entity::find().filter(M::AccountId.eq(account.0)).filter(M::State.eq("active"));
        let mut served = mine.inner_join(tenant::Entity).filter(tenant::Column::State.eq("active"));
        if let Some(slug) = business {
            served = served.filter(tenant::Column::Slug.eq(slug));
        }
        let members = served.order_by_asc(M::CreatedAt).order_by_asc(M::TenantId);
        let last = session::Entity::find().filter(session::Column::AccountId.eq(account.0)).order_by_desc(session::Column::CreatedAt);
        read_as(self.store(), Role::Engine, move |tx| {
            Box::pin(async move {
                let mut members = members.all(tx).await?;
                if members.len() < 2 {
                    return Ok(members.pop());
                }
                let last = last.one(tx).await?.map(|row| row.tenant_id);
                let at = members.iter().position(|one| Some(one.tenant_id) == last).unwrap_or_default();
                Ok(members.into_iter().nth(at))
            })
        })
        .await
    }

    /// Finds a member of a business that is served.
    async fn member(&self, tenant: uuid::Uuid, id: uuid::Uuid) -> Result<Option<member::Model>, StoreError> {
        use member::Column as M;
        let one = member::Entity::find().filter(M::TenantId.eq(tenant)).filter(M::Id.eq(id)).filter(M::State.eq("active"));
        let served = one.inner_join(tenant::Entity).filter(tenant::Column::State.eq("active"));
        read_as(self.store(), Role::Engine, |tx| Box::pin(served.one(tx))).await
    }
}

/// Carries a try on to its end even if whoever made it hangs up: what must be told of it is told.
async fn to_its_end<T: Send + 'static>(work: impl Future<Output = Result<T, AccountError>> + Send + 'static) -> Result<T, AccountError> {
    tokio::spawn(work).await.unwrap_or(Err(AccountError::Store(StoreError::Unknown)))
}
