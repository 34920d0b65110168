//! What a person may read and change of himself.

use crate::domain::account::Email;
use crate::domain::ids::{AccountId, MemberId, SessionId, TenantId};
use crate::domain::permission::Role as MemberRole;
use crate::ports::store::StoreError;
use crate::store::accounts::address::{VERIFY, Wanted};
use crate::store::accounts::forgotten::end_links_for;
use crate::store::accounts::opening::Proof;
use crate::store::accounts::sign_up::{language, person_name, telephone};
use crate::store::accounts::{AccountError, Accounts, rows};
use crate::store::scope::{Role, read_as};
use entities::{account, member, recovery_code, tenant};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use secrecy::SecretString;

/// A business of which the person is a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessView {
    /// The business.
    pub id: TenantId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The member.
    pub member: MemberId,
    /// What the person is there.
    pub role: MemberRole,
}

/// A person, as he himself sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileView {
    /// The account.
    pub id: AccountId,
    /// The address.
    pub email: String,
    /// The address that takes its place once the link in the mail to it was followed.
    pub pending_email: Option<String>,
    /// The name.
    pub name: String,
    /// The telephone.
    pub phone: Option<String>,
    /// The language of pages and mails.
    pub locale: String,
    /// Whether there is a second factor.
    pub second_factor: bool,
    /// Recovery codes that are left.
    pub recovery_codes: u64,
    /// The businesses, oldest membership first.
    pub businesses: Vec<BusinessView>,
}

/// What a person changes of himself; what is `None` stays.
#[derive(Debug, Default)]
pub struct ProfileChange {
    /// The name.
    pub name: Option<String>,
    /// The telephone; `Some(None)` takes it away.
    pub phone: Option<Option<String>>,
    /// The language.
    pub locale: Option<String>,
    /// The address, with the password that proves that it is the person who wants another, and the session in which it is asked for. The one
    /// that counts takes back what was asked for before.
    pub email: Option<(String, SecretString, SessionId)>,
}

impl Accounts {
    /// Returns a person's own view.
    ///
    /// # Errors
    /// [`AccountError::Absent`], [`AccountError::Store`].
    pub async fn profile(&self, account: AccountId) -> Result<ProfileView, AccountError> {
        let row = rows::by_id(self.store(), account).await?.ok_or(AccountError::Absent)?;
        use recovery_code::Column as C;
        let left = recovery_code::Entity::find().filter(C::AccountId.eq(account.0)).filter(C::UsedAt.is_null());
        let recovery_codes = read_as(self.store(), Role::Engine, |tx| Box::pin(left.count(tx))).await?;
        let account::Model { email, name, phone, locale, totp_state, .. } = row;
        let businesses = self.businesses(account).await?;
        let pending_email = self.pending_address(account).await?;
        let second_factor = totp_state == "on";
        Ok(ProfileView { id: account, email, pending_email, name, phone, locale, second_factor, recovery_codes, businesses })
    }

    async fn businesses(&self, account: AccountId) -> Result<Vec<BusinessView>, StoreError> {
        use member::Column as M;
        let mine = member::Entity::find().filter(M::AccountId.eq(account.0)).filter(M::State.eq("active"));
        let mine = mine.find_also_related(tenant::Entity).order_by_asc(M::CreatedAt).order_by_asc(M::TenantId);
        let found = read_as(self.store(), Role::Engine, |tx| Box::pin(mine.all(tx))).await?;
        let views = found.into_iter().filter_map(|(member, tenant)| {
            let (tenant, role) = (tenant?, MemberRole::named(&member.role)?);
            Some(BusinessView { id: TenantId(tenant.id), slug: tenant.slug, name: tenant.name, member: MemberId(member.id), role })
        });
        Ok(views.collect())
    }

    /// Changes a person's data; colleagues see the new name. Another address counts only once its link was followed.
    ///
    /// # Errors
    /// [`AccountError::Invalid`], [`AccountError::Taken`], [`AccountError::Refused`] for a wrong password.
    pub async fn change_profile(&self, account: AccountId, change: ProfileChange) -> Result<ProfileView, AccountError> {
        let written = Written {
            account,
            name: change.name.map(|name| person_name("name", &name)).transpose()?,
            phone: change.phone.map(|phone| phone.as_deref().map(telephone).transpose()).transpose()?,
            locale: change.locale.map(|locale| language(&locale)).transpose()?,
        };
        let address = match change.email {
            Some(wish) => Some(self.address_wish(account, wish).await?),
            None => None,
        };
        let now = self.now();
        let write = self.store().solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let proved = match address {
                    Some((proof, wanted)) => wish(tx, account, (proof, wanted), now).await?,
                    None => true,
                };
                if proved {
                    written.write(tx, now).await?;
                }
                Ok(proved)
            })
        });
        if write.await? { self.profile(account).await } else { Err(AccountError::Refused) }
    }

    /// Proves that it is the person who wants another address; `None`: it is the one that counts already.
    async fn address_wish(
        &self,
        account: AccountId,
        (email, password, session): (String, SecretString, SessionId),
    ) -> Result<(Proof, Option<Wanted>), AccountError> {
        let row = self.proved(account, &password).await?;
        let email = Email::parse(&email).ok_or_else(|| AccountError::invalid("email", "must be a mail address"))?;
        let other = email.as_str() != row.email;
        let wanted = if other { Some(self.want_address(&row, session, email).await?) } else { None };
        Ok((Proof { account, hash: row.password_hash, totp_state: row.totp_state, better: None }, wanted))
    }
}

/// Writes what is wished for the address; returns false, and writes nothing, if the password is another one by now than the one that was
/// proved.
async fn wish(
    tx: &DatabaseTransaction,
    account: AccountId,
    (proof, wanted): (Proof, Option<Wanted>),
    now: crate::domain::time::Timestamp,
) -> Result<bool, DbErr> {
    if !proof.holds(tx).await? {
        return Ok(false);
    }
    match wanted {
        Some(wanted) => wanted.write(tx).await?,
        None => end_links_for(tx, account, VERIFY, now).await?,
    }
    Ok(true)
}

/// What is changed of an account: only what was named, so that two changes at once do not undo each other.
struct Written {
    account: AccountId,
    name: Option<String>,
    phone: Option<Option<String>>,
    locale: Option<String>,
}

impl Written {
    async fn write(self, tx: &DatabaseTransaction, now: crate::domain::time::Timestamp) -> Result<(), DbErr> {
        use account::Column as A;
        use member::Column as M;
        let at = rows::at(tx, now);
        let mut own = account::Entity::update_many().col_expr(A::UpdatedAt, Expr::val(at.clone())).filter(A::Id.eq(self.account.0));
        let mut seen = member::Entity::update_many().col_expr(M::UpdatedAt, Expr::val(at)).filter(M::AccountId.eq(self.account.0));
        if let Some(name) = self.name {
            own = own.col_expr(A::Name, Expr::val(name.as_str()));
            seen = seen.col_expr(M::Name, Expr::val(name));
        }
        if let Some(phone) = self.phone {
            own = own.col_expr(A::Phone, Expr::val(phone));
        }
        if let Some(locale) = self.locale {
            own = own.col_expr(A::Locale, Expr::val(locale));
        }
        own.exec(tx).await?;
        seen.exec(tx).await.map(drop)
    }
}
