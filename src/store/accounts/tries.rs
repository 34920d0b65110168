//! Tries of passwords and codes, counted before they are looked at: of many at once no more are looked at than the lock-out allows.

use crate::domain::account::lockout::{Factor, Failures};
use crate::domain::ids::AccountId;
use crate::store::accounts::notices::{Happening, Notice};
use crate::store::accounts::{AccountError, Accounts, rows};
use crate::store::scope::Role;
use entities::account::{Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};

/// Most times that a try is counted anew because another was faster.
const MOST_RACES: usize = 16;

/// A try that has been counted as wrong.
pub(super) struct Try {
    account: AccountId,
    factor: Factor,
    before: Failures,
    after: Failures,
}

impl Accounts {
    /// Counts a try; refuses it while the door is shut.
    pub(super) async fn count(&self, mut row: Model, factor: Factor, at_home: bool) -> Result<Try, AccountError> {
        let account = AccountId(row.id);
        for _ in 0..MOST_RACES {
            let (now, before) = (self.now(), rows::failures(&row, factor));
            if let Some(wait) = before.wait(now, at_home) {
                return Err(AccountError::Locked(wait));
            }
            let after = before.and_one_more(now, factor);
            if self.set_failures((account, factor), before, after).await? {
                return Ok(Try { account, factor, before, after });
            }
            row = rows::by_id(self.store(), account).await?.ok_or(AccountError::Refused)?;
        }
        Err(AccountError::Busy(crate::crypto::hashing::HashingBusy))
    }

    /// Takes a try back: it was right, or was never looked at.
    pub(super) async fn take_back(&self, done: &Try) -> Result<(), AccountError> {
        self.set_failures((done.account, done.factor), done.after, done.before).await.map(drop)
    }

    /// Leaves a try counted; tells the account when that shuts the door.
    pub(super) async fn leave_counted(&self, done: &Try) -> Result<(), AccountError> {
        if done.after.until.is_none() || done.before.until.is_some() {
            return Ok(());
        }
        let notice = self.notice(done.account, Happening::LockedOut).await?;
        Ok(self.store().solo(Role::Engine, move |tx| Box::pin(async move { notice.write(tx).await })).await?)
    }

    /// Looks at a counted password; returns whether it fits. The try stays counted if it does not.
    pub(super) async fn judge(&self, done: &Try, fits: Result<bool, AccountError>) -> Result<bool, AccountError> {
        match fits {
            Ok(true) => Ok(true),
            Ok(false) => {
                self.leave_counted(done).await?;
                Ok(false)
            }
            // Nothing was looked at: nobody is to wait for that.
            Err(error) => {
                self.take_back(done).await?;
                Err(error)
            }
        }
    }

    async fn set_failures(&self, of: (AccountId, Factor), from: Failures, to: Failures) -> Result<bool, AccountError> {
        Ok(self.store().solo(Role::Engine, move |tx| Box::pin(async move { write(tx, of, from, to).await })).await? == 1)
    }

    /// Makes a notice for an account.
    pub(super) async fn notice(&self, account: AccountId, happening: Happening) -> Result<Notice, AccountError> {
        let row = rows::by_id(self.store(), account).await?.ok_or(AccountError::Refused)?;
        Ok(self.notice_to(&row, happening))
    }

    /// Makes a notice for an account whose row is at hand.
    pub(super) fn notice_to(&self, row: &Model, happening: Happening) -> Notice {
        Notice {
            account: AccountId(row.id),
            tenant: None,
            email: row.email.clone(),
            name: row.name.clone(),
            locale: row.locale.clone(),
            happening,
            by: self.by.clone(),
            at: self.now(),
            ids: std::sync::Arc::clone(&self.store().inner.ids),
            seal: self.mail_seal(),
        }
    }
}

/// Where wrong tries of a factor stand. Each has its own: wrong passwords from outside must not shut the second step.
const fn columns(factor: Factor) -> (Column, Column, Column) {
    match factor {
        Factor::Password => (Column::Failures, Column::FailedAt, Column::LockedUntil),
        Factor::Code => (Column::CodeFailures, Column::CodeFailedAt, Column::CodeLockedUntil),
    }
}

async fn write(tx: &DatabaseTransaction, (account, factor): (AccountId, Factor), from: Failures, to: Failures) -> Result<u64, DbErr> {
    let (count, last, until) = columns(factor);
    let update = Entity::update_many()
        .col_expr(count, Expr::val(to.count))
        .col_expr(last, Expr::val(rows::maybe(tx, to.last)))
        .col_expr(until, Expr::val(rows::maybe(tx, to.until)))
        .filter(Column::Id.eq(account.0))
        .filter(count.eq(from.count));
    Ok(update.exec(tx).await?.rows_affected)
}

/// Forgets every wrong try.
pub(super) async fn forget(tx: &DatabaseTransaction, account: AccountId) -> Result<(), DbErr> {
    for factor in [Factor::Password, Factor::Code] {
        let (count, last, until) = columns(factor);
        let update = Entity::update_many()
            .col_expr(count, Expr::val(0_i64))
            .col_expr(last, Expr::val(rows::maybe(tx, None)))
            .col_expr(until, Expr::val(rows::maybe(tx, None)))
            .filter(Column::Id.eq(account.0));
        update.exec(tx).await?;
    }
    Ok(())
}
