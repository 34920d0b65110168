//! Setting the second factor up and taking it away: pending until one code was right, gone only with password and code.

use crate::crypto::envelope::NONCE;
use crate::crypto::random::random_bytes;
use crate::crypto::totp::{SECRET, qr_svg};
use crate::domain::account::lockout::Factor;
use crate::domain::ids::{AccountId, SessionId};
use crate::domain::time::Timestamp;
use crate::store::accounts::code::{draw_codes, place, replace_codes};
use crate::store::accounts::notices::{Happening, Notice};
use crate::store::accounts::sessions::{Which, end};
use crate::store::accounts::{AccountError, Accounts, rows, tries};
use crate::store::scope::Role;
use entities::account;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use secrecy::SecretString;

/// What an app needs; shown this once.
#[derive(Debug)]
pub struct Enrolment {
    /// The secret as people type it.
    pub secret: SecretString,
    /// The address that apps read.
    pub address: SecretString,
    /// The address as a picture, in SVG.
    pub picture: String,
}

/// What becomes of the second factor.
struct Switch {
    account: AccountId,
    on: bool,
    keep: SessionId,
    codes: Vec<String>,
    now: Timestamp,
    notice: Notice,
}

impl Accounts {
    /// Begins: makes a secret that counts for nothing until a code was right.
    ///
    /// # Errors
    /// [`AccountError::Refused`] for a wrong password, [`AccountError::Conflict`] if there is a second factor.
    pub async fn begin_totp(&self, account: AccountId, password: &SecretString) -> Result<Enrolment, AccountError> {
        let mut row = self.proved(account, password).await?;
        if row.totp_state == "on" {
            return Err(AccountError::Conflict("there is a second factor already"));
        }
        let sealed = self.platform().seal(place(account), &random_bytes::<SECRET>()?, random_bytes::<NONCE>()?)?;
        let stored = sealed.clone();
        let write = self.store().solo(Role::Engine, move |tx| Box::pin(async move { write_pending(tx, account, stored).await }));
        if write.await? != 1 {
            return Err(AccountError::Conflict("there is a second factor already"));
        }
        row.totp_secret = Some(sealed);
        let factor = self.factor_of(&row)?;
        let address = factor.address()?;
        Ok(Enrolment { secret: factor.base32(), picture: qr_svg(&address)?, address })
    }

    /// Confirms with the first code; returns the recovery codes, shown this once, and ends all other sessions.
    ///
    /// # Errors
    /// [`AccountError::Refused`] for a wrong code, [`AccountError::Locked`], [`AccountError::Conflict`] if nothing was begun.
    pub async fn confirm_totp(&self, who: (AccountId, SessionId), code: &str) -> Result<Vec<SecretString>, AccountError> {
        let row = rows::by_id(self.store(), who.0).await?.ok_or(AccountError::Refused)?;
        if row.totp_state != "pending" {
            return Err(AccountError::Conflict("no second factor waits to be confirmed"));
        }
        self.spend_code(&row, code).await?;
        let (codes, hashes) = draw_codes()?;
        let notice = self.notice_to(&row, Happening::SecondFactorOn);
        self.switch(Switch { account: who.0, on: true, keep: who.1, codes: hashes, now: self.now(), notice }).await?;
        Ok(codes)
    }

    /// Takes the second factor away; ends all other sessions.
    ///
    /// # Errors
    /// [`AccountError::Refused`] for a wrong password or code, [`AccountError::Locked`], [`AccountError::Conflict`] if there is none.
    pub async fn disable_totp(&self, who: (AccountId, SessionId), password: &SecretString, code: &str) -> Result<(), AccountError> {
        let row = self.proved(who.0, password).await?;
        if row.totp_state != "on" {
            return Err(AccountError::Conflict("there is no second factor"));
        }
        self.spend_code(&row, code).await?;
        let notice = self.notice_to(&row, Happening::SecondFactorOff);
        self.switch(Switch { account: who.0, on: false, keep: who.1, codes: Vec::new(), now: self.now(), notice }).await
    }

    /// Makes new recovery codes in the place of all others; shown this once.
    ///
    /// # Errors
    /// As [`Accounts::disable_totp`].
    pub async fn renew_recovery_codes(&self, account: AccountId, code: &str) -> Result<Vec<SecretString>, AccountError> {
        let row = rows::by_id(self.store(), account).await?.ok_or(AccountError::Refused)?;
        if row.totp_state != "on" {
            return Err(AccountError::Conflict("there is no second factor"));
        }
        self.spend_code(&row, code).await?;
        let (codes, hashes) = draw_codes()?;
        let (notice, now) = (self.notice_to(&row, Happening::RecoveryCodesMade), self.now());
        let write = self.store().solo(Role::Engine, move |tx| {
            Box::pin(async move {
                replace_codes(tx, account, hashes, now).await?;
                notice.write(tx).await
            })
        });
        write.await?;
        Ok(codes)
    }

    /// Uses up a code, or counts a wrong one.
    async fn spend_code(&self, row: &account::Model, code: &str) -> Result<(), AccountError> {
        let row = rows::by_id(self.store(), AccountId(row.id)).await?.ok_or(AccountError::Refused)?;
        let counted = self.count(row.clone(), Factor::Code, false).await?;
        let fits = self.code_fits(&row, code).await;
        if !self.judge(&counted, fits).await? {
            return Err(AccountError::Refused);
        }
        let account = AccountId(row.id);
        Ok(self.store().solo(Role::Engine, move |tx| Box::pin(async move { tries::forget(tx, account).await })).await?)
    }

    async fn switch(&self, switch: Switch) -> Result<(), AccountError> {
        self.store().solo(Role::Engine, move |tx| Box::pin(async move { switch.write(tx).await })).await?;
        self.forget_holders();
        Ok(())
    }
}

impl Switch {
    async fn write(self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        use account::Column as A;
        let mut update = account::Entity::update_many()
            .col_expr(A::TotpState, Expr::val(if self.on { "on" } else { "off" }))
            .col_expr(A::UpdatedAt, Expr::val(rows::at(tx, self.now)))
            .filter(A::Id.eq(self.account.0));
        if !self.on {
            // The last step stays: a code that was used does not come back with a new secret's state.
            update = update.col_expr(A::TotpSecret, Expr::val(Option::<Vec<u8>>::None));
        }
        update.exec(tx).await?;
        replace_codes(tx, self.account, self.codes, self.now).await?;
        end(tx, self.account, Which::AllBut(self.keep), "second_factor", self.now).await?;
        self.notice.write(tx).await
    }
}

async fn write_pending(tx: &DatabaseTransaction, account: AccountId, sealed: Vec<u8>) -> Result<u64, DbErr> {
    use account::Column as A;
    let update = account::Entity::update_many()
        .col_expr(A::TotpState, Expr::val("pending"))
        .col_expr(A::TotpSecret, Expr::val(sealed))
        .filter(A::Id.eq(account.0))
        .filter(A::TotpState.ne("on"));
    Ok(update.exec(tx).await?.rows_affected)
}
