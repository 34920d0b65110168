//! What an operator does with accounts: makes them, lists them, opens a door that wrong tries have shut.

use crate::domain::account::Email;
use crate::domain::audit::{Action, Deed};
use crate::domain::ids::{AccountId, MemberId, TenantId};
use crate::domain::limits::Counted;
use crate::domain::permission::Role as MemberRole;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::accounts::notices::Happening;
use crate::store::accounts::sign_up::{NewAccount, NewMember, language, person_name, write_account, write_member};
use crate::store::accounts::{AccountError, Accounts, rows, tries};
use crate::store::admin::{bump, limits};
use crate::store::audit;
use crate::store::scope::{Role, read_as};
use crate::store::time::{instant, timestamp};
use entities::{account, member};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use secrecy::SecretString;

/// A person to be made a member of a business.
#[derive(Debug)]
pub struct NewUser {
    /// The business.
    pub tenant: TenantId,
    /// The address.
    pub email: String,
    /// The name.
    pub name: String,
    /// The language of pages and mails.
    pub locale: String,
    /// What the person is there.
    pub role: MemberRole,
    /// The password; not looked at if the account is there already.
    pub password: SecretString,
    /// Whether an account that is there already may become a member: whoever made it claimed the address, and perhaps never proved it.
    pub existing: bool,
}

/// A member of a business as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UserView {
    /// The member.
    pub id: MemberId,
    /// The account.
    pub account_id: AccountId,
    /// The address.
    pub email: String,
    /// The name.
    pub name: String,
    /// What the person is.
    pub role: String,
    /// `active` or `removed`.
    pub state: String,
    /// Whether there is a second factor.
    pub second_factor: bool,
    /// Until when wrong tries keep the door shut.
    pub locked_until: Option<Timestamp>,
}

impl Accounts {
    /// Makes a person a member of a business, with an account if there is none with this address. Returns true if an account was made.
    ///
    /// # Errors
    /// [`AccountError::Invalid`]; [`AccountError::Taken`] if the person is a member already; [`AccountError::Limit`].
    pub async fn create_user(&self, new: NewUser) -> Result<bool, AccountError> {
        let email = Email::parse(&new.email).ok_or_else(|| AccountError::invalid("email", "must be a mail address"))?;
        let name = person_name("name", &new.name)?;
        let (at, ids) = (self.now(), &self.store().inner.ids);
        let found = rows::by_email(self.store(), email.as_str()).await?;
        let mut fresh = None;
        let account = match found {
            Some(_) if !new.existing => {
                let problem = "has an account already: say that you mean that account (--existing), or invite the person";
                return Err(AccountError::invalid("email", problem));
            }
            Some(row) => AccountId(row.id),
            None => {
                let hash = self.hash(Self::judged("password", &new.password, email.as_str())?).await?;
                let (id, locale) = (AccountId(ids.uuid()), language(&new.locale)?);
                fresh = Some(NewAccount { id, email: email.clone(), name: name.clone(), phone: None, locale, hash, at });
                id
            }
        };
        let made = fresh.is_some();
        let (id, email) = (MemberId(ids.uuid()), email.as_str().to_owned());
        let (tenant, by) = (new.tenant, self.by.clone());
        let member = NewMember { tenant, id, account, role: new.role, name, email, at };
        let deed = Deed::new(Action::MemberAdded, id).after("role", new.role.name());
        let write = self.store().solo(Role::Engine, move |tx| {
            Box::pin(async move {
                bump(tx).await?;
                if let Err(reached) = limits::one_more(tx, tenant, Counted::Members, instant(at)).await? {
                    return Ok(Err(reached));
                }
                if let Some(fresh) = fresh {
                    write_account(tx, fresh).await?;
                }
                write_member(tx, member).await?;
                audit::record(tx, tenant, &by, at, &deed).await.map(Ok)
            })
        });
        match write.await {
            Ok(Ok(())) => Ok(made),
            Ok(Err(reached)) => Err(reached.into()),
            Err(StoreError::Refused(kind)) if kind == "unique" => Err(AccountError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// Lists the members of a business, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn users(&self, tenant: TenantId) -> Result<Vec<UserView>, StoreError> {
        use member::Column as M;
        let members = member::Entity::find().filter(M::TenantId.eq(tenant.0)).order_by_asc(M::CreatedAt).order_by_asc(M::Id);
        let found = read_as(self.store(), Role::Engine, |tx| {
            Box::pin(async move {
                let members = members.all(tx).await?;
                let ids: Vec<_> = members.iter().map(|member| member.account_id).collect();
                let accounts = account::Entity::find().filter(account::Column::Id.is_in(ids)).all(tx).await?;
                Ok((members, accounts))
            })
        });
        let (members, accounts) = found.await?;
        let views = members.into_iter().map(|member| {
            let own = accounts.iter().find(|account| account.id == member.account_id);
            UserView {
                id: MemberId(member.id),
                account_id: AccountId(member.account_id),
                email: member.email,
                name: member.name,
                role: member.role,
                state: member.state,
                second_factor: own.is_some_and(|account| account.totp_state == "on"),
                locked_until: own.and_then(|account| account.locked_until.max(account.code_locked_until)).map(timestamp),
            }
        });
        Ok(views.collect())
    }

    /// Forgets the wrong tries of an account; returns false if there is no such account.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn unlock(&self, email: &str) -> Result<bool, AccountError> {
        let Some(email) = Email::parse(email) else { return Ok(false) };
        let Some(row) = rows::by_email(self.store(), email.as_str()).await? else { return Ok(false) };
        let id = AccountId(row.id);
        let notice = self.notice_to(&row, Happening::Unlocked);
        let write = self.store().solo(Role::Engine, move |tx| {
            Box::pin(async move {
                tries::forget(tx, id).await?;
                notice.write(tx).await
            })
        });
        write.await?;
        Ok(true)
    }
}
