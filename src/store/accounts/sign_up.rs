//! Signing up: a business, its data key, its first account, which owns it, and a session, all in one transaction.

use crate::crypto::envelope::{NONCE, WrappedDek, wrap_dek};
use crate::crypto::random::random_bytes;
use crate::domain::account::{self as people, Email, slug_of};
use crate::domain::ids::{AccountId, MemberId, TenantId};
use crate::domain::permission::Role as MemberRole;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::accounts::notices::{Happening, Notice};
use crate::store::accounts::opening::{Opened, Opening};
use crate::store::accounts::{AccountError, Accounts, Device, SignedIn, rows};
use crate::store::admin::tenants::{self, TenantView};
use crate::store::scope::Role;
use entities::{account, data_key, member, tenant};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter};
use secrecy::{SecretBox, SecretString};

/// A business and the person who makes it.
#[derive(Debug)]
pub struct NewBusiness {
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// The person's telephone, if they want to give it.
    pub phone: Option<String>,
    /// The business's name.
    pub business: String,
    /// The password.
    pub password: SecretString,
    /// The language of pages and mails.
    pub locale: String,
    /// The zone of the business.
    pub timezone: String,
    /// The version of the terms that were accepted.
    pub terms: String,
}

/// An account to be written.
pub(super) struct NewAccount {
    pub(super) id: AccountId,
    pub(super) email: Email,
    pub(super) name: String,
    pub(super) phone: Option<String>,
    pub(super) locale: String,
    pub(super) hash: String,
    pub(super) at: Timestamp,
}

/// A member to be written.
pub(super) struct NewMember {
    pub(super) tenant: TenantId,
    pub(super) id: MemberId,
    pub(super) account: AccountId,
    pub(super) role: MemberRole,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) at: Timestamp,
}

/// Everything that one sign-up writes.
struct SignUp {
    tenant: TenantView,
    dek: WrappedDek,
    account: NewAccount,
    member: NewMember,
    opening: Opening,
    notice: Notice,
    suffix: String,
}

impl Accounts {
    /// Makes a business with its owner and signs the owner in.
    ///
    /// # Errors
    /// [`AccountError::Closed`], [`AccountError::Invalid`], [`AccountError::Taken`].
    pub async fn sign_up(&self, new: NewBusiness, device: &Device) -> Result<SignedIn, AccountError> {
        if !self.settings().sign_up_open {
            return Err(AccountError::Closed);
        }
        let sign_up = self.checked(new, device).await?;
        let done = self.store().solo(Role::Engine, move |tx| Box::pin(async move { sign_up.write(tx).await })).await;
        match done {
            Ok(Some(opened)) => self.signed_in(opened),
            Ok(None) => Err(AccountError::Taken),
            // Two sign-ups with one address or one name at the same moment.
            Err(StoreError::Refused(kind)) if kind == "unique" => Err(AccountError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// Parses every field, hashes the password, draws ids and keys.
    async fn checked(&self, new: NewBusiness, device: &Device) -> Result<SignUp, AccountError> {
        let (at, ids) = (self.now(), &self.store().inner.ids);
        let email = Email::parse(&new.email).ok_or_else(|| AccountError::invalid("email", "must be a mail address"))?;
        let person = person_name("name", &new.name)?;
        let business = person_name("business", &new.business)?;
        let locale = language(&new.locale)?;
        let phone = new.phone.as_deref().map(telephone).transpose()?;
        if new.timezone.parse::<chrono_tz::Tz>().is_err() {
            return Err(AccountError::invalid("timezone", "must be an IANA zone name such as America/Hermosillo"));
        }
        self.accepted(&new.terms)?;
        let hash = self.hash(Self::judged("password", &new.password, email.as_str())?).await?;
        let (tenant, account, member) = (TenantId(ids.uuid()), AccountId(ids.uuid()), MemberId(ids.uuid()));
        let fresh = SecretBox::new(Box::new(random_bytes::<32>()?));
        let dek = wrap_dek(self.inner.admin.ring(), &tenant.to_string(), 1, &fresh, random_bytes::<NONCE>()?)?;
        let opening = self.opening(tenant, account, (member, 1), device)?;
        let (slug, state) = (slug_of(&business), "active".to_owned());
        let view = TenantView { id: tenant, slug, name: business, locale: locale.clone(), timezone: new.timezone, state };
        let role = MemberRole::Owner;
        let written = email.as_str().to_owned();
        let notice = Notice {
            account,
            tenant: Some(tenant),
            email: written.clone(),
            name: person.clone(),
            locale: locale.clone(),
            happening: Happening::SignedUp { terms: new.terms },
            by: self.by.clone(),
            at,
            ids: std::sync::Arc::clone(ids),
            seal: self.mail_seal(),
        };
        Ok(SignUp {
            tenant: view,
            dek,
            account: NewAccount { id: account, email, name: person.clone(), phone, locale, hash, at },
            member: NewMember { tenant, id: member, account, role, name: person, email: written, at },
            opening,
            notice,
            suffix: crate::crypto::mac::hex(&random_bytes::<3>()?),
        })
    }
}

impl SignUp {
    /// Writes everything; `None`: the address belongs to somebody.
    async fn write(mut self, tx: &DatabaseTransaction) -> Result<Option<Opened>, DbErr> {
        // The first statement of the transaction writes, so that another process is waited for.
        crate::store::admin::bump(tx).await?;
        if account::Entity::find().filter(account::Column::Email.eq(self.account.email.as_str())).count(tx).await? > 0 {
            return Ok(None);
        }
        if tenant::Entity::find().filter(tenant::Column::Slug.eq(self.tenant.slug.as_str())).count(tx).await? > 0 {
            self.tenant.slug = format!("{}-{}", self.tenant.slug, self.suffix);
        }
        let at = self.account.at;
        tenants::insert(tx, &self.tenant, crate::store::time::instant(at)).await?;
        write_key(tx, self.tenant.id, self.dek, at).await?;
        write_account(tx, self.account).await?;
        write_member(tx, self.member).await?;
        let (opened, _) = self.opening.write(tx).await?;
        self.notice.write(tx).await?;
        Ok(Some(opened))
    }
}

async fn write_key(tx: &DatabaseTransaction, tenant: TenantId, dek: WrappedDek, at: Timestamp) -> Result<(), DbErr> {
    use data_key::Column as K;
    let values = vec![
        (K::TenantId, Expr::val(tenant.0)),
        (K::DekId, Expr::val(1_i64)),
        (K::KekId, Expr::val(dek.kek_id)),
        (K::Wrapped, Expr::val(dek.bytes)),
        (K::CreatedAt, Expr::val(rows::at(tx, at))),
    ];
    rows::insert(tx, data_key::Entity, values).await
}

/// Writes an account.
pub(super) async fn write_account(tx: &DatabaseTransaction, new: NewAccount) -> Result<(), DbErr> {
    use account::Column as A;
    let at = rows::at(tx, new.at);
    let values = vec![
        (A::Id, Expr::val(new.id.0)),
        (A::Email, Expr::val(new.email.as_str())),
        (A::Name, Expr::val(new.name)),
        (A::Phone, Expr::val(new.phone)),
        (A::Locale, Expr::val(new.locale)),
        (A::PasswordHash, Expr::val(new.hash)),
        (A::PasswordChangedAt, Expr::val(at.clone())),
        (A::CreatedAt, Expr::val(at.clone())),
        (A::UpdatedAt, Expr::val(at)),
    ];
    rows::insert(tx, account::Entity, values).await
}

/// Writes a member.
pub(super) async fn write_member(tx: &DatabaseTransaction, new: NewMember) -> Result<(), DbErr> {
    use member::Column as M;
    let at = rows::at(tx, new.at);
    let values = vec![
        (M::TenantId, Expr::val(new.tenant.0)),
        (M::Id, Expr::val(new.id.0)),
        (M::AccountId, Expr::val(new.account.0)),
        (M::Role, Expr::val(new.role.name())),
        (M::Name, Expr::val(new.name)),
        (M::Email, Expr::val(new.email)),
        (M::CreatedAt, Expr::val(at.clone())),
        (M::UpdatedAt, Expr::val(at)),
    ];
    rows::insert(tx, member::Entity, values).await
}

/// Reads a name.
pub(super) fn person_name(field: &'static str, text: &str) -> Result<String, AccountError> {
    people::name(text).ok_or_else(|| AccountError::invalid(field, "must be 1 to 100 characters without line breaks"))
}

/// Reads a language.
pub(super) fn language(tag: &str) -> Result<String, AccountError> {
    people::locale(tag).ok_or_else(|| AccountError::invalid("locale", "must be a language tag of es, en or pt, such as es-MX"))
}

/// Reads a telephone number.
pub(super) fn telephone(text: &str) -> Result<String, AccountError> {
    people::phone(text).ok_or_else(|| AccountError::invalid("phone", "must be a telephone number such as +526621234567"))
}
