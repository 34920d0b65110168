//! Passwords that are forgotten, chosen anew or changed. Each of these ends the other sessions of the account.

use crate::crypto::mac::hex;
use crate::crypto::password::Password;
use crate::crypto::random::random_bytes;
use crate::crypto::tokens;
use crate::domain::account::Email;
use crate::domain::account::lockout::Factor;
use crate::domain::ids::{AccountId, SessionId};
use crate::domain::time::Timestamp;
use crate::store::accounts::notices::{Happening, Notice};
use crate::store::accounts::sessions::{Which, end};
use crate::store::accounts::{AccountError, Accounts, rows, tries};
use crate::store::scope::{Role, read_as};
use entities::{account, account_token};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, UpdateMany};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// How long a link for a new password is good.
pub(super) const LINK_LIFE: Duration = Duration::from_mins(30);
/// Most links of one account in an hour; further wishes are heard and come to nothing.
pub(super) const MOST_LINKS: u64 = 3;
pub(super) const HOUR: Duration = Duration::from_hours(1);
const RESET: &str = "reset";

impl Accounts {
    /// Sends a link for a new password, if the address is somebody's. Answers at once and always the same; the work is done beside, so that
    /// neither the answer nor its time tells whether there is such an account.
    ///
    /// # Errors
    /// [`AccountError::Busy`] if too many are under way.
    pub fn forgot(&self, email: &str) -> Result<(), AccountError> {
        let Ok(place) = std::sync::Arc::clone(&self.inner.forgotten).try_acquire_owned() else {
            return Err(AccountError::Busy(crate::crypto::hashing::HashingBusy));
        };
        let (accounts, email) = (self.clone(), Email::parse(email));
        tokio::spawn(async move {
            if let Some(email) = email
                && let Err(error) = accounts.send_link(&email).await
            {
                tracing::error!(error = %error, "a link for a new password was not made");
            }
            drop(place);
        });
        Ok(())
    }

    async fn send_link(&self, email: &Email) -> Result<(), AccountError> {
        let Some(row) = rows::by_email(self.store(), email.as_str()).await? else { return Ok(()) };
        let (id, now) = (AccountId(row.id), self.now());
        let (token, hash) = tokens::mint_as(tokens::RESET_PREFIX, random_bytes()?);
        let mut link = self.settings().public_url.clone();
        link.set_path("/reset-password");
        link.set_fragment(Some(&format!("token={}", token.expose_secret())));
        let link = SecretString::from(link.to_string());
        if self.links_of(id, RESET, now.before(HOUR)).await? >= MOST_LINKS {
            return Ok(());
        }
        let notice = self.notice_to(&row, Happening::ResetWanted { link });
        let hash = hex(&hash);
        self.store().solo(Role::Engine, move |tx| Box::pin(async move { write_link(tx, id, hash, now, &notice).await })).await?;
        Ok(())
    }

    /// Counts the links of one purpose that were made lately.
    pub(super) async fn links_of(&self, account: AccountId, purpose: &'static str, since: Timestamp) -> Result<u64, AccountError> {
        use account_token::Column as T;
        let own = account_token::Entity::find().filter(T::AccountId.eq(account.0)).filter(T::Purpose.eq(purpose));
        let count = read_as(self.store(), Role::Engine, move |tx| {
            Box::pin(async move { own.filter(T::CreatedAt.gt(rows::at(tx, since))).count(tx).await })
        });
        Ok(count.await?)
    }

    /// Sets the password of whoever has the token of a link; ends every session. Opens a door that wrong tries had shut.
    ///
    /// # Errors
    /// [`AccountError::Refused`] for a token that is unknown, used or too old; [`AccountError::Invalid`] for the password.
    pub async fn reset(&self, token: &SecretString, password: &SecretString) -> Result<(), AccountError> {
        if !tokens::has_shape(tokens::RESET_PREFIX, token.expose_secret()) {
            return Err(AccountError::Refused);
        }
        let hash = hex(&tokens::hash(token.expose_secret()));
        let found = account_token::Entity::find_by_id(hash.as_str()).filter(account_token::Column::Purpose.eq(RESET));
        let found = read_as(self.store(), Role::Engine, |tx| Box::pin(found.one(tx))).await?.ok_or(AccountError::Refused)?;
        let now = self.now();
        if found.used_at.is_some() || crate::store::time::timestamp(found.expires_at) <= now {
            return Err(AccountError::Refused);
        }
        let row = rows::by_id(self.store(), AccountId(found.account_id)).await?.ok_or(AccountError::Refused)?;
        let new = self.hash(Self::judged("password", password, &row.email)?).await?;
        let notice = self.notice_to(&row, Happening::PasswordReset);
        let change = Change { account: AccountId(row.id), seen: None, hash: new, keep: None, now, notice };
        let write = self.store().solo(Role::Engine, move |tx| {
            Box::pin(async move {
                if use_link(tx, &hash, now).await? != 1 {
                    return Ok(false);
                }
                change.write(tx).await
            })
        });
        let done = write.await?;
        self.forget_holders();
        if done { Ok(()) } else { Err(AccountError::Refused) }
    }

    /// Changes the password of somebody who is signed in and knows the old one; ends all other sessions.
    ///
    /// # Errors
    /// [`AccountError::Refused`] for a wrong old password, [`AccountError::Locked`], [`AccountError::Invalid`] for the new one.
    pub async fn change_password(
        &self,
        (account, session): (AccountId, SessionId),
        old: &SecretString,
        new: &SecretString,
    ) -> Result<(), AccountError> {
        let row = self.proved(account, old).await?;
        let hash = self.hash(Self::judged("password", new, &row.email)?).await?;
        let notice = self.notice_to(&row, Happening::PasswordChanged);
        let change = Change { account, seen: Some(row.password_hash), hash, keep: Some(session), now: self.now(), notice };
        let done = self.store().solo(Role::Engine, move |tx| Box::pin(async move { change.write(tx).await })).await?;
        self.forget_holders();
        if done { Ok(()) } else { Err(AccountError::Refused) }
    }

    /// Makes sure that somebody who is signed in knows the password; returns the account.
    pub(super) async fn proved(&self, account: AccountId, password: &SecretString) -> Result<account::Model, AccountError> {
        self.proved_at(account, password, true).await
    }

    /// Makes sure that somebody knows the password; `at_home`: the caller is signed in already.
    pub(super) async fn proved_at(
        &self,
        account: AccountId,
        password: &SecretString,
        at_home: bool,
    ) -> Result<account::Model, AccountError> {
        let row = rows::by_id(self.store(), account).await?.ok_or(AccountError::Refused)?;
        let password = Password::presented(password).ok_or(AccountError::Refused)?;
        let counted = self.count(row.clone(), Factor::Password, at_home).await?;
        let fits = self.fits(password, &row.password_hash).await;
        if !self.judge(&counted, fits).await? {
            return Err(AccountError::Refused);
        }
        self.take_back(&counted).await?;
        Ok(row)
    }
}

/// A new password.
struct Change {
    account: AccountId,
    /// The hash that the old password was held against; `None`: a link stands for it.
    seen: Option<String>,
    hash: String,
    keep: Option<SessionId>,
    now: Timestamp,
    notice: Notice,
}

impl Change {
    /// Returns false, and writes nothing, if the password is another one by now than the one that was proved.
    async fn write(self, tx: &DatabaseTransaction) -> Result<bool, DbErr> {
        use account::Column as A;
        let mut update = account::Entity::update_many()
            .col_expr(A::PasswordHash, Expr::val(self.hash))
            .col_expr(A::PasswordChangedAt, Expr::val(rows::at(tx, self.now)))
            .col_expr(A::UpdatedAt, Expr::val(rows::at(tx, self.now)))
            .filter(A::Id.eq(self.account.0));
        if let Some(seen) = self.seen {
            update = update.filter(A::PasswordHash.eq(seen));
        }
        if update.exec(tx).await?.rows_affected != 1 {
            return Ok(false);
        }
        tries::forget(tx, self.account).await?;
        end_links(tx, self.account, self.now).await?;
        end(tx, self.account, self.keep.map_or(Which::All, Which::AllBut), "password", self.now).await?;
        self.notice.write(tx).await?;
        Ok(true)
    }
}

/// Writes a link; the ones before it are good no more.
async fn write_link(tx: &DatabaseTransaction, account: AccountId, hash: String, now: Timestamp, notice: &Notice) -> Result<(), DbErr> {
    use account_token::Column as T;
    // Only these: anybody may ask for one, and must not take away what the person has under way.
    end_links_for(tx, account, RESET, now).await?;
    let values = vec![
        (T::Hash, Expr::val(hash)),
        (T::AccountId, Expr::val(account.0)),
        (T::Purpose, Expr::val(RESET)),
        (T::CreatedAt, Expr::val(rows::at(tx, now))),
        (T::ExpiresAt, Expr::val(rows::at(tx, now.after(LINK_LIFE)))),
    ];
    rows::insert(tx, account_token::Entity, values).await?;
    notice.write(tx).await
}

/// Ends every link of an account that is still good.
pub(super) async fn end_links(tx: &DatabaseTransaction, account: AccountId, now: Timestamp) -> Result<(), DbErr> {
    ending(tx, account, now).exec(tx).await.map(drop)
}

/// Ends the links of an account for one purpose.
pub(super) async fn end_links_for(
    tx: &DatabaseTransaction,
    account: AccountId,
    purpose: &'static str,
    now: Timestamp,
) -> Result<(), DbErr> {
    ending(tx, account, now).filter(account_token::Column::Purpose.eq(purpose)).exec(tx).await.map(drop)
}

fn ending(tx: &DatabaseTransaction, account: AccountId, now: Timestamp) -> UpdateMany<account_token::Entity> {
    use account_token::Column as T;
    let update = account_token::Entity::update_many().col_expr(T::UsedAt, Expr::val(rows::at(tx, now)));
    update.filter(T::AccountId.eq(account.0)).filter(T::UsedAt.is_null())
}

/// Uses a link; of many at once one succeeds.
pub(super) async fn use_link(tx: &DatabaseTransaction, hash: &str, now: Timestamp) -> Result<u64, DbErr> {
    use account_token::Column as T;
    let update = account_token::Entity::update_many()
        .col_expr(T::UsedAt, Expr::val(rows::at(tx, now)))
        .filter(T::Hash.eq(hash))
        .filter(T::UsedAt.is_null())
        .filter(T::ExpiresAt.gt(rows::at(tx, now)));
    Ok(update.exec(tx).await?.rows_affected)
}
