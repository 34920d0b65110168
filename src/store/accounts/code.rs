//! Codes: of the app, each time step accepted once; recovery codes, each used once. The database decides among many at once.

use crate::crypto::mac::hex;
use crate::crypto::random::random_bytes;
use crate::crypto::tokens;
use crate::crypto::totp::SecondFactor;
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::store::accounts::notices::Happening;
use crate::store::accounts::{AccountError, Accounts, rows};
use crate::store::scope::Role;
use entities::{account, recovery_code};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use secrecy::SecretString;

/// What apps show beside the account.
const ISSUER: &str = "Recado";
/// How many recovery codes an account has.
pub(super) const CODES: usize = 10;
/// Longest code that is looked at, in bytes.
const MOST_CODE: usize = 64;

impl Accounts {
    /// Uses up a code of the app or a recovery code; returns false if it does not fit or was used before.
    pub(super) async fn code_fits(&self, row: &account::Model, code: &str) -> Result<bool, AccountError> {
        if code.len() > MOST_CODE {
            return Ok(false);
        }
        let id = AccountId(row.id);
        if let Some(step) = self.factor_of(row)?.step_of(code, self.now()) {
            if row.totp_last_step.is_some_and(|last| last > step + 2) {
                tracing::warn!(account.id = %id, "clock_regression: codes are refused until the clock has caught up");
            }
            return Ok(self.store().solo(Role::Engine, move |tx| Box::pin(async move { use_step(tx, id, step).await })).await? == 1);
        }
        let hash = hex(&tokens::hash_recovery(code));
        let now = self.now();
        let notice = self.notice_to(row, Happening::RecoveryCodeUsed);
        let write = self.store().solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let used = use_recovery(tx, id, hash, now).await? == 1;
                if used {
                    notice.write(tx).await?;
                }
                Ok(used)
            })
        });
        Ok(write.await?)
    }

    /// Opens the second factor of an account.
    pub(super) fn factor_of(&self, row: &account::Model) -> Result<SecondFactor, AccountError> {
        let sealed = row.totp_secret.as_deref().ok_or(AccountError::Refused)?;
        let secret = self.platform().open(place(AccountId(row.id)), sealed)?;
        Ok(SecondFactor::new(&secret, ISSUER, &row.email)?)
    }
}

/// Names the place of a sealed second factor.
pub(super) fn place(account: AccountId) -> (&'static str, &'static str, String) {
    ("account", "totp_secret", account.to_string())
}

/// Draws recovery codes; returns them with what is stored.
pub(super) fn draw_codes() -> Result<(Vec<SecretString>, Vec<String>), AccountError> {
    let mut drawn = (Vec::with_capacity(CODES), Vec::with_capacity(CODES));
    for _ in 0..CODES {
        let (code, hash) = tokens::mint_recovery(random_bytes()?);
        drawn.0.push(code);
        drawn.1.push(hex(&hash));
    }
    Ok(drawn)
}

/// Puts new recovery codes in the place of all others.
pub(super) async fn replace_codes(tx: &DatabaseTransaction, account: AccountId, hashes: Vec<String>, now: Timestamp) -> Result<(), DbErr> {
    use recovery_code::Column as C;
    recovery_code::Entity::delete_many().filter(C::AccountId.eq(account.0)).exec(tx).await?;
    for hash in hashes {
        let values = vec![(C::AccountId, Expr::val(account.0)), (C::Hash, Expr::val(hash)), (C::CreatedAt, Expr::val(rows::at(tx, now)))];
        rows::insert(tx, recovery_code::Entity, values).await?;
    }
    Ok(())
}

/// Uses a time step; none is used twice, and none after a later one.
async fn use_step(tx: &DatabaseTransaction, account: AccountId, step: i64) -> Result<u64, DbErr> {
    use account::Column as A;
    let update = account::Entity::update_many()
        .col_expr(A::TotpLastStep, Expr::val(step))
        .filter(A::Id.eq(account.0))
        .filter(A::TotpLastStep.is_null().or(A::TotpLastStep.lt(step)));
    Ok(update.exec(tx).await?.rows_affected)
}

async fn use_recovery(tx: &DatabaseTransaction, account: AccountId, hash: String, now: Timestamp) -> Result<u64, DbErr> {
    use recovery_code::Column as C;
    let update = recovery_code::Entity::update_many()
        .col_expr(C::UsedAt, Expr::val(rows::at(tx, now)))
        .filter(C::AccountId.eq(account.0))
        .filter(C::Hash.eq(hash))
        .filter(C::UsedAt.is_null());
    Ok(update.exec(tx).await?.rows_affected)
}
