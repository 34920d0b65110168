//! Proving once more who one is, before something that a session left open must not allow.

use crate::domain::ids::{AccountId, SessionId, TenantId};
use crate::store::accounts::{AccountError, Accounts};
use crate::store::scope::{Role, read_as};
use crate::store::time::timestamp;
use entities::session;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use secrecy::SecretString;
use std::time::Duration;

/// How long a sign-in stands for the password. Where there is a second factor, signing in has asked for it.
const JUST_NOW: Duration = Duration::from_mins(5);

/// Whether somebody has proved once more who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// The password is right, or the sign-in is fresh.
    Yes,
    /// The password is wrong.
    Wrong,
    /// There is no password, and the sign-in is old.
    Missing,
}

impl Accounts {
    /// Asks for a proof: the password, or a sign-in of the last minutes. A password that is shown must be right, however fresh the sign-in is.
    ///
    /// # Errors
    /// [`AccountError::Locked`] after too many wrong passwords; [`AccountError::Store`].
    pub async fn confirm(
        &self,
        (tenant, account, id): (TenantId, AccountId, SessionId),
        password: Option<&SecretString>,
    ) -> Result<Confirmed, AccountError> {
        use session::Column as S;
        if let Some(password) = password {
            return match self.proved(account, password).await {
                Ok(_) => Ok(Confirmed::Yes),
                Err(AccountError::Refused) => Ok(Confirmed::Wrong),
                Err(error) => Err(error),
            };
        }
        let own = session::Entity::find().filter(S::TenantId.eq(tenant.0)).filter(S::Id.eq(id.0)).filter(S::AccountId.eq(account.0));
        let found = read_as(self.store(), Role::Engine, |tx| Box::pin(own.one(tx))).await?;
        let fresh = found.is_some_and(|row| self.now().since(timestamp(row.created_at)) < JUST_NOW);
        Ok(if fresh { Confirmed::Yes } else { Confirmed::Missing })
    }
}
