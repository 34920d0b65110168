//! What a person may read and change of himself.

use crate::domain::account::Email;
use crate::domain::ids::{AccountId, MemberId, TenantId};
use crate::domain::permission::Role as MemberRole;
use crate::ports::store::StoreError;
use crate::store::accounts::forgotten::end_links;
use crate::store::accounts::notices::Happening;
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
    /// The address, with the password that proves that it is the person who changes it.
    pub email: Option<(String, SecretString)>,
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
        Ok(ProfileView { id: account, email, name, phone, locale, second_factor: totp_state == "on", recovery_codes, businesses })
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

    /// Changes a person's data; colleagues see the new name and address.
    ///
    /// # Errors
    /// [`AccountError::Invalid`], [`AccountError::Taken`], [`AccountError::Refused`] for a wrong password.
    pub async fn change_profile(&self, account: AccountId, change: ProfileChange) -> Result<ProfileView, AccountError> {
        let row = match &change.email {
            Some((_, password)) => self.proved(account, password).await?,
            None => rows::by_id(self.store(), account).await?.ok_or(AccountError::Absent)?,
        };
        let email = change.email.map(|(email, _)| {
            Email::parse(&email)
                .map(|email| email.as_str().to_owned())
                .ok_or_else(|| AccountError::invalid("email", "must be a mail address"))
        });
        let written = Written {
            account,
            name: change.name.map(|name| person_name("name", &name)).transpose()?,
            phone: change.phone.map(|phone| phone.as_deref().map(telephone).transpose()).transpose()?,
            locale: change.locale.map(|locale| language(&locale)).transpose()?,
            // The address that it is already is no change of which anybody is told.
            email: email.transpose()?.filter(|email| *email != row.email),
        };
        let notice = written.email.as_ref().map(|_| self.notice_to(&row, Happening::AddressChanged));
        let now = self.now();
        let write = self.store().solo(Role::Engine, move |tx| {
            Box::pin(async move {
                written.write(tx, now).await?;
                if let Some(notice) = notice {
                    end_links(tx, account, now).await?;
                    notice.write(tx).await?;
                }
                Ok(())
            })
        });
        match write.await {
            Ok(()) => self.profile(account).await,
            Err(StoreError::Refused(kind)) if kind == "unique" => Err(AccountError::Taken),
            Err(error) => Err(error.into()),
        }
    }
}

/// What is changed of an account: only what was named, so that two changes at once do not undo each other.
struct Written {
    account: AccountId,
    name: Option<String>,
    phone: Option<Option<String>>,
    locale: Option<String>,
    email: Option<String>,
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
        if let Some(email) = self.email {
            own = own.col_expr(A::Email, Expr::val(email.as_str()));
            seen = seen.col_expr(M::Email, Expr::val(email));
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
