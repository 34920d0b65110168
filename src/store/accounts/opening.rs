//! Opening a session: its row, its first refresh token, its first access token.

use crate::crypto::jwt::{self, ACCESS_SECONDS, Audience, Subject};
use crate::crypto::mac::hex;
use crate::crypto::random::random_bytes;
use crate::crypto::tokens;
use crate::domain::ids::{AccountId, MemberId, SessionId, TenantId};
use crate::domain::time::Timestamp;
use crate::store::accounts::{AccountError, Accounts, rows, tries};
use entities::{account, member, refresh_token, session};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use secrecy::SecretString;
use std::time::Duration;

/// How long a refresh token lives.
pub const REFRESH_LIFE: Duration = Duration::from_hours(30 * 24);
/// Most live sessions of one account; the oldest gives way.
const MOST_SESSIONS: u64 = 50;
/// How long an account is new: its first sign-in is expected then.
const YOUNG: Duration = Duration::from_hours(30 * 24);
/// Longest name of a device that is kept, in characters.
const MOST_USER_AGENT: usize = 200;

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The address.
    pub ip: String,
    /// What the device calls itself; cut.
    pub user_agent: String,
}

impl Device {
    /// Takes what a request says.
    #[must_use]
    pub fn new(ip: impl Into<String>, user_agent: &str) -> Self {
        let user_agent = user_agent.chars().filter(|char| !char.is_control()).take(MOST_USER_AGENT).collect();
        Self { ip: ip.into(), user_agent }
    }
}

/// Somebody is signed in. The tokens can be shown this once.
#[derive(Debug)]
pub struct SignedIn {
    /// The business.
    pub tenant: TenantId,
    /// The account.
    pub account: AccountId,
    /// The member.
    pub member: MemberId,
    /// The session.
    pub session: SessionId,
    /// The access token; lives for [`ACCESS_SECONDS`].
    pub access: SecretString,
    /// The refresh token; lives for 30 days.
    pub refresh: SecretString,
}

/// A session to be opened.
pub(super) struct Opening {
    pub(super) tenant: TenantId,
    pub(super) account: AccountId,
    pub(super) member: MemberId,
    pub(super) session: SessionId,
    pub(super) version: i64,
    pub(super) refresh: SecretString,
    hash: String,
    device: Device,
    at: Timestamp,
}

impl Accounts {
    /// Draws the tokens of a session.
    pub(super) fn opening(
        &self,
        tenant: TenantId,
        account: AccountId,
        who: (MemberId, i64),
        device: &Device,
    ) -> Result<Opening, AccountError> {
        let (refresh, hash) = tokens::mint_as(tokens::REFRESH_PREFIX, random_bytes()?);
        let session = SessionId(self.store().inner.ids.uuid());
        let (device, hash, at) = (device.clone(), hex(&hash), self.now());
        Ok(Opening { tenant, account, member: who.0, session, version: who.1, refresh, hash, device, at })
    }

    /// Draws the tokens of a session of a member that is there already.
    pub(super) fn opening_for(&self, member: &member::Model, device: &Device) -> Result<Opening, AccountError> {
        let who = (MemberId(member.id), member.version);
        self.opening(TenantId(member.tenant_id), AccountId(member.account_id), who, device)
    }

    /// Issues the access token of a session that was opened.
    pub(super) fn signed_in(&self, opening: Opened) -> Result<SignedIn, AccountError> {
        let Opened { tenant, account, member, session, version, refresh } = opening;
        let access = self.access_token(tenant, account, session, version)?;
        Ok(SignedIn { tenant, account, member, session, access, refresh })
    }

    /// Issues an access token.
    pub(super) fn access_token(
        &self,
        tenant: TenantId,
        account: AccountId,
        session: SessionId,
        version: i64,
    ) -> Result<SecretString, AccountError> {
        let subject = Subject { account: account.0, tenant: tenant.0, session: session.0, version };
        let jti = self.store().inner.ids.uuid();
        Ok(jwt::issue(self.platform(), Audience::Console, subject, (self.now(), ACCESS_SECONDS), jti)?)
    }
}

#[cfg(test)]
impl Accounts {
    /// Opens a session of a member, as the right password would.
    pub async fn enter_unasked(&self, tenant: TenantId, member: MemberId) -> SignedIn {
        use crate::store::scope::{Role, read_as};
        use sea_orm::EntityTrait;
        let query = member::Entity::find_by_id((tenant.0, member.0));
        let row = read_as(self.store(), Role::Engine, |tx| Box::pin(query.one(tx))).await.unwrap().unwrap();
        let opening = self.opening_for(&row, &Device::new("192.0.2.1", "a test")).unwrap();
        let write = self.store().solo(Role::Engine, move |tx| Box::pin(async move { opening.write(tx).await }));
        self.signed_in(write.await.unwrap().0).unwrap()
    }
}

/// What is left of an [`Opening`] when its rows are written.
pub(super) struct Opened {
    tenant: TenantId,
    account: AccountId,
    member: MemberId,
    session: SessionId,
    version: i64,
    refresh: SecretString,
}

impl Opening {
    /// Writes the rows; every wrong try is forgotten. Returns whether the account was ever seen on this device or at this address, and so on a
    /// first sign-in.
    pub(super) async fn write(self, tx: &DatabaseTransaction) -> Result<(Opened, bool), DbErr> {
        tries::forget(tx, self.account).await?;
        let known = is_known(tx, self.account, &self.device, self.at).await?;
        end_oldest(tx, self.account, self.at).await?;
        let ends = self.at.after(REFRESH_LIFE);
        use session::Column as S;
        let values = vec![
            (S::TenantId, Expr::val(self.tenant.0)),
            (S::Id, Expr::val(self.session.0)),
            (S::MemberId, Expr::val(self.member.0)),
            (S::AccountId, Expr::val(self.account.0)),
            (S::Ip, Expr::val(self.device.ip)),
            (S::UserAgent, Expr::val(self.device.user_agent)),
            (S::CreatedAt, Expr::val(rows::at(tx, self.at))),
            (S::LastSeenAt, Expr::val(rows::at(tx, self.at))),
            (S::ExpiresAt, Expr::val(rows::at(tx, ends))),
        ];
        rows::insert(tx, session::Entity, values).await?;
        write_refresh(tx, (self.tenant, self.session), self.hash, self.at).await?;
        let Self { tenant, account, member, session, version, refresh, .. } = self;
        Ok((Opened { tenant, account, member, session, version, refresh }, known))
    }
}

/// Writes a refresh token.
pub(super) async fn write_refresh(
    tx: &DatabaseTransaction,
    session: (TenantId, SessionId),
    hash: String,
    now: Timestamp,
) -> Result<(), DbErr> {
    use refresh_token::Column as R;
    let values = vec![
        (R::Hash, Expr::val(hash)),
        (R::TenantId, Expr::val(session.0.0)),
        (R::SessionId, Expr::val(session.1.0)),
        (R::IssuedAt, Expr::val(rows::at(tx, now))),
        (R::ExpiresAt, Expr::val(rows::at(tx, now.after(REFRESH_LIFE)))),
    ];
    rows::insert(tx, refresh_token::Entity, values).await
}

/// Returns true for a device at an address where the account was signed in before, and for the first session of a new account.
async fn is_known(tx: &DatabaseTransaction, account: AccountId, device: &Device, now: Timestamp) -> Result<bool, DbErr> {
    use session::Column as S;
    let own = session::Entity::find().filter(S::AccountId.eq(account.0));
    if own.clone().count(tx).await? == 0 {
        // Sessions go a month after their end: nobody signed in for long is no first sign-in.
        let young = account::Entity::find_by_id(account.0).filter(account::Column::CreatedAt.gt(rows::at(tx, now.before(YOUNG))));
        return Ok(young.count(tx).await? > 0);
    }
    let same = S::Ip.eq(device.ip.as_str()).and(S::UserAgent.eq(device.user_agent.as_str()));
    Ok(own.filter(same).count(tx).await? > 0)
}

/// Ends the oldest sessions of an account that has too many.
async fn end_oldest(tx: &DatabaseTransaction, account: AccountId, now: Timestamp) -> Result<(), DbErr> {
    use session::Column as S;
    let live = session::Entity::find().filter(S::AccountId.eq(account.0)).filter(S::EndedAt.is_null());
    let surplus = live.order_by_desc(S::CreatedAt).order_by_desc(S::Id).offset(MOST_SESSIONS - 1).limit(MOST_SESSIONS).all(tx).await?;
    let ids: Vec<_> = surplus.into_iter().map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let update = session::Entity::update_many()
        .col_expr(S::EndedAt, Expr::val(rows::at(tx, now)))
        .col_expr(S::EndReason, Expr::val("too_many"))
        .filter(S::AccountId.eq(account.0))
        .filter(S::Id.is_in(ids));
    update.exec(tx).await.map(drop)
}

/// What a password was held against, before the seconds that this takes.
pub(super) struct Proof {
    pub(super) account: AccountId,
    pub(super) hash: String,
    pub(super) totp_state: String,
    /// A better hash of the same password.
    pub(super) better: Option<String>,
}

impl Proof {
    /// Tells whether password and second factor are still those that were proved, locks the row, and writes the better hash.
    pub(super) async fn holds(self, tx: &DatabaseTransaction) -> Result<bool, DbErr> {
        use account::Column as A;
        let hash = self.better.unwrap_or_else(|| self.hash.clone());
        let update = account::Entity::update_many()
            .col_expr(A::PasswordHash, Expr::val(hash))
            .filter(A::Id.eq(self.account.0))
            .filter(A::PasswordHash.eq(self.hash))
            .filter(A::TotpState.eq(self.totp_state));
        Ok(update.exec(tx).await?.rows_affected == 1)
    }
}
