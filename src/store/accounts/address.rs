//! Another mail address. It counts once somebody has followed the link that was sent to it: a password alone, perhaps one that was left
//! in an open session, moves no account to an address that nobody has, or that is somebody else's.

use crate::crypto::mac::hex;
use crate::crypto::random::random_bytes;
use crate::crypto::tokens;
use crate::domain::account::Email;
use crate::domain::ids::{AccountId, SessionId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::accounts::forgotten::{HOUR, MOST_LINKS, end_links, end_links_for, use_link};
use crate::store::accounts::notices::{Happening, Notice};
use crate::store::accounts::sessions::{Which, end};
use crate::store::accounts::{AccountError, Accounts, rows};
use crate::store::scope::{Role, read_as};
use crate::store::time::timestamp;
use entities::account_token::{Column as T, Entity, Model};
use entities::{account, member};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// How long a link to another address is good.
pub(super) const ADDRESS_LIFE: Duration = Duration::from_hours(24);
/// What such a link is for, as it is stored.
pub(super) const VERIFY: &str = "verify";

/// A wish for another address, whose link is written and mailed.
pub(super) struct Wanted {
    account: AccountId,
    session: SessionId,
    email: String,
    hash: String,
    now: Timestamp,
    notice: Notice,
}

impl Accounts {
    /// Makes the link for another address; the account stays as it is until the link is followed.
    ///
    /// # Errors
    /// [`AccountError::Taken`]; [`AccountError::Conflict`] if too many were asked for.
    pub(super) async fn want_address(&self, row: &account::Model, session: SessionId, email: Email) -> Result<Wanted, AccountError> {
        let (account, now) = (AccountId(row.id), self.now());
        if rows::by_email(self.store(), email.as_str()).await?.is_some() {
            return Err(AccountError::Taken);
        }
        // Whose address it is nobody knows yet: it must not be filled with mails.
        if self.links_of(account, VERIFY, now.before(HOUR)).await? >= MOST_LINKS {
            return Err(AccountError::Conflict("too many changes of the address were asked for: wait an hour"));
        }
        let (token, hash) = tokens::mint_as(tokens::ADDRESS_PREFIX, random_bytes()?);
        let mut link = self.settings().public_url.clone();
        link.set_path("/confirm-email");
        link.set_fragment(Some(&format!("token={}", token.expose_secret())));
        let (link, to) = (SecretString::from(link.to_string()), email.as_str().to_owned());
        let notice = self.notice_to(row, Happening::AddressWanted { link, to: to.clone() });
        Ok(Wanted { account, session, email: to, hash: hex(&hash), now, notice })
    }

    /// Returns the address whose link waits to be followed.
    pub(super) async fn pending_address(&self, account: AccountId) -> Result<Option<String>, StoreError> {
        let now = self.now();
        let waiting = Entity::find().filter(T::AccountId.eq(account.0)).filter(T::Purpose.eq(VERIFY)).filter(T::UsedAt.is_null());
        let found = read_as(self.store(), Role::Engine, move |tx| {
            Box::pin(async move { waiting.filter(T::ExpiresAt.gt(rows::at(tx, now))).order_by_desc(T::CreatedAt).one(tx).await })
        });
        Ok(found.await?.and_then(|row| row.email))
    }

    /// Moves an account to the address at which the link with this token was found. Ends every link of the account, and every session but
    /// the one in which the change was asked for. Wrong tries stay counted: nobody has shown a password.
    ///
    /// # Errors
    /// [`AccountError::Refused`] for a token that is unknown, used or too old; [`AccountError::Taken`] if somebody else has the address by
    /// now: the link stays good.
    pub async fn confirm_address(&self, token: &SecretString) -> Result<(), AccountError> {
        if !tokens::has_shape(tokens::ADDRESS_PREFIX, token.expose_secret()) {
            return Err(AccountError::Refused);
        }
        let hash = hex(&tokens::hash(token.expose_secret()));
        let found = Entity::find_by_id(hash.as_str()).filter(T::Purpose.eq(VERIFY));
        let link = read_as(self.store(), Role::Engine, |tx| Box::pin(found.one(tx))).await?.ok_or(AccountError::Refused)?;
        let now = self.now();
        if link.used_at.is_some() || timestamp(link.expires_at) <= now {
            return Err(AccountError::Refused);
        }
        let row = rows::by_id(self.store(), AccountId(link.account_id)).await?.ok_or(AccountError::Refused)?;
        // Told to the address that it was.
        let notice = self.notice_to(&row, Happening::AddressChanged);
        let moving = Moving { account: AccountId(row.id), link, now, notice };
        let done = self.store().solo(Role::Engine, move |tx| Box::pin(async move { moving.write(tx).await })).await;
        self.forget_holders();
        match done {
            Ok(true) => Ok(()),
            Ok(false) => Err(AccountError::Refused),
            Err(StoreError::Refused(kind)) if kind == "unique" => Err(AccountError::Taken),
            Err(error) => Err(error.into()),
        }
    }
}

impl Wanted {
    /// Writes the link; those of earlier wishes are good no more.
    pub(super) async fn write(self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        end_links_for(tx, self.account, VERIFY, self.now).await?;
        let values = vec![
            (T::Hash, Expr::val(self.hash)),
            (T::AccountId, Expr::val(self.account.0)),
            (T::Purpose, Expr::val(VERIFY)),
            (T::Email, Expr::val(self.email)),
            (T::SessionId, Expr::val(self.session.0)),
            (T::CreatedAt, Expr::val(rows::at(tx, self.now))),
            (T::ExpiresAt, Expr::val(rows::at(tx, self.now.after(ADDRESS_LIFE)))),
        ];
        rows::insert(tx, Entity, values).await?;
        self.notice.write(tx).await
    }
}

/// An account on its way to another address.
struct Moving {
    account: AccountId,
    link: Model,
    now: Timestamp,
    notice: Notice,
}

impl Moving {
    /// Returns false, and writes nothing, if the link is good no more.
    async fn write(self, tx: &DatabaseTransaction) -> Result<bool, DbErr> {
        use account::Column as A;
        use member::Column as M;
        let Some(email) = self.link.email else { return Ok(false) };
        if use_link(tx, &self.link.hash, self.now).await? != 1 {
            return Ok(false);
        }
        let at = rows::at(tx, self.now);
        let own = account::Entity::update_many()
            .col_expr(A::Email, Expr::val(email.as_str()))
            .col_expr(A::UpdatedAt, Expr::val(at.clone()))
            .filter(A::Id.eq(self.account.0));
        own.exec(tx).await?;
        let seen = member::Entity::update_many()
            .col_expr(M::Email, Expr::val(email))
            .col_expr(M::UpdatedAt, Expr::val(at))
            .filter(M::AccountId.eq(self.account.0));
        seen.exec(tx).await?;
        end_links(tx, self.account, self.now).await?;
        let keep = self.link.session_id.map_or(Which::All, |session| Which::AllBut(SessionId(session)));
        end(tx, self.account, keep, "address", self.now).await?;
        self.notice.write(tx).await?;
        Ok(true)
    }
}
