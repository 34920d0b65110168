//! Refresh tokens: each is exchanged once for its successor. One that comes back was copied, and ends its session.

use crate::crypto::mac::hex;
use crate::crypto::random::random_bytes;
use crate::crypto::tokens;
use crate::domain::ids::{AccountId, MemberId, SessionId, TenantId};
use crate::domain::time::Timestamp;
use crate::store::accounts::notices::Happening;
use crate::store::accounts::opening::{REFRESH_LIFE, write_refresh};
use crate::store::accounts::sessions::{Which, end};
use crate::store::accounts::{AccountError, Accounts, Device, SignedIn, rows};
use crate::store::scope::{Role, read_as};
use crate::store::time::timestamp;
use entities::{account, member, refresh_token, session, tenant};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// How long a second use counts as another tab's, not as a thief's.
const GRACE: Duration = Duration::from_secs(10);

/// What an exchange came to.
pub type Refreshed = SignedIn;

enum Outcome {
    Rotated { tenant: TenantId, account: AccountId, member: MemberId, session: SessionId, version: i64 },
    JustUsed,
    Reused { session: SessionId },
    Nothing,
}

impl Accounts {
    /// Exchanges a refresh token for a new one and an access token.
    ///
    /// # Errors
    /// [`AccountError::Refused`], [`AccountError::RetryWithNew`] within ten seconds of its use, [`AccountError::Reused`] later: the session is
    /// over then.
    pub async fn refresh(&self, presented: &SecretString, device: &Device) -> Result<Refreshed, AccountError> {
        let token = presented.expose_secret();
        if !tokens::has_shape(tokens::REFRESH_PREFIX, token) {
            return Err(AccountError::Refused);
        }
        let (refresh, next) = tokens::mint_as(tokens::REFRESH_PREFIX, random_bytes()?);
        let exchange =
            Exchange { old: hex(&tokens::hash(token)), new: hex(&next), device: device.clone(), now: self.now(), accounts: self.clone() };
        let done = self.store().solo(Role::Engine, move |tx| Box::pin(async move { exchange.run(tx).await })).await?;
        match done {
            Outcome::Rotated { tenant, account, member, session, version } => {
                let access = self.access_token(tenant, account, session, version)?;
                Ok(SignedIn { tenant, account, member, session, access, refresh })
            }
            Outcome::JustUsed => Err(AccountError::RetryWithNew),
            Outcome::Nothing => Err(AccountError::Refused),
            Outcome::Reused { session } => {
                self.inner.holders.invalidate(&session).await;
                Err(AccountError::Reused)
            }
        }
    }

    /// Returns the session of a refresh token, whatever has become of either: whose requests are counted.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn session_of(&self, presented: &SecretString) -> Result<Option<SessionId>, AccountError> {
        if !tokens::has_shape(tokens::REFRESH_PREFIX, presented.expose_secret()) {
            return Ok(None);
        }
        let query = refresh_token::Entity::find_by_id(hex(&tokens::hash(presented.expose_secret())));
        let found = read_as(self.store(), Role::Engine, |tx| Box::pin(query.one(tx))).await?;
        Ok(found.map(|row| SessionId(row.session_id)))
    }

    /// Ends the session of a refresh token, whatever has become of the token.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn end_by_refresh(&self, presented: &SecretString) -> Result<(), AccountError> {
        let hash = hex(&tokens::hash(presented.expose_secret()));
        let (now, accounts) = (self.now(), self.clone());
        let write = self.store().solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let Some(token) = refresh_token::Entity::find_by_id(hash).one(tx).await? else { return Ok(None) };
                let Some(session) = session::Entity::find_by_id((token.tenant_id, token.session_id)).one(tx).await? else {
                    return Ok(None);
                };
                let (account, id) = (AccountId(session.account_id), SessionId(session.id));
                let ended = end(tx, account, Which::One(id), "logout", now).await?;
                if ended > 0
                    && let Some(row) = account::Entity::find_by_id(account.0).one(tx).await?
                {
                    let notice = accounts.notice_to(&row, Happening::SignedOut { session: id });
                    notice.of(TenantId(session.tenant_id)).write(tx).await?;
                }
                Ok(Some(id))
            })
        });
        if let Some(id) = write.await? {
            self.inner.holders.invalidate(&id).await;
        }
        Ok(())
    }
}

/// One exchange.
struct Exchange {
    old: String,
    new: String,
    device: Device,
    now: Timestamp,
    accounts: Accounts,
}

impl Exchange {
    async fn run(self, tx: &DatabaseTransaction) -> Result<Outcome, DbErr> {
        use refresh_token::Column as R;
        let update = refresh_token::Entity::update_many()
            .col_expr(R::RotatedAt, Expr::val(rows::at(tx, self.now)))
            .col_expr(R::Successor, Expr::val(self.new.as_str()))
            .filter(R::Hash.eq(self.old.as_str()))
            .filter(R::RotatedAt.is_null())
            .filter(R::ExpiresAt.gt(rows::at(tx, self.now)));
        let won = update.exec(tx).await?.rows_affected == 1;
        let Some(token) = refresh_token::Entity::find_by_id(self.old.as_str()).one(tx).await? else { return Ok(Outcome::Nothing) };
        let Some(session) = session::Entity::find_by_id((token.tenant_id, token.session_id)).one(tx).await? else {
            return Ok(Outcome::Nothing);
        };
        let over = session.ended_at.is_some() || timestamp(session.expires_at) <= self.now;
        if won {
            return if over { Ok(Outcome::Nothing) } else { self.succeed(tx, session).await };
        }
        // A token that nobody used has only grown too old.
        let Some(used) = token.rotated_at.map(timestamp) else { return Ok(Outcome::Nothing) };
        if over {
            return Ok(Outcome::Nothing);
        }
        if self.now.since(used) <= GRACE {
            return Ok(Outcome::JustUsed);
        }
        let (tenant, account, session) = (TenantId(session.tenant_id), AccountId(session.account_id), SessionId(session.id));
        end(tx, account, Which::One(session), "reused", self.now).await?;
        if let Some(row) = account::Entity::find_by_id(account.0).one(tx).await? {
            self.accounts.notice_to(&row, Happening::TokenReused { session }).of(tenant).write(tx).await?;
        }
        Ok(Outcome::Reused { session })
    }

    /// Puts the successor in place.
    async fn succeed(self, tx: &DatabaseTransaction, session: session::Model) -> Result<Outcome, DbErr> {
        use session::Column as S;
        let served = tenant::Entity::find_by_id(session.tenant_id).filter(tenant::Column::State.eq("active")).one(tx).await?;
        let member =
            member::Entity::find_by_id((session.tenant_id, session.member_id)).filter(member::Column::State.eq("active")).one(tx).await?;
        let (Some(_), Some(member)) = (served, member) else { return Ok(Outcome::Nothing) };
        let id = (TenantId(session.tenant_id), SessionId(session.id));
        write_refresh(tx, id, self.new, self.now).await?;
        let update = session::Entity::update_many()
            .col_expr(S::Ip, Expr::val(self.device.ip))
            .col_expr(S::UserAgent, Expr::val(self.device.user_agent))
            .col_expr(S::LastSeenAt, Expr::val(rows::at(tx, self.now)))
            .col_expr(S::ExpiresAt, Expr::val(rows::at(tx, self.now.after(REFRESH_LIFE))))
            .filter(S::TenantId.eq(session.tenant_id))
            .filter(S::Id.eq(session.id));
        update.exec(tx).await?;
        Ok(Outcome::Rotated {
            tenant: id.0,
            account: AccountId(session.account_id),
            member: MemberId(member.id),
            session: id.1,
            version: member.version,
        })
    }
}
