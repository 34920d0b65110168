//! Accepting an invitation: a link, once, makes somebody a member, with an account if there is none with the address that was asked.
//!
//! Whoever has the link has the mail of that address: that is the proof. An account that is there keeps its password and its second factor.

#[cfg(test)]
mod tests;

use crate::crypto::mac::hex;
use crate::crypto::tokens;
use crate::domain::account::Email;
use crate::domain::audit::{Action, Actor, Caller, Deed};
use crate::domain::consent::Consent;
use crate::domain::ids::{AccountId, MemberId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::ids::IdSource;
use crate::ports::store::StoreError;
use crate::store::accounts::opening::Proof;
use crate::store::accounts::sign_up::{NewAccount, language, person_name, write_account};
use crate::store::accounts::{AccountError, Accounts, rows};
use crate::store::admin::bump;
use crate::store::audit;
use crate::store::consents::record_consents;
use crate::store::scope::{Role, read_as};
use entities::{invitation, member, tenant};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// Somebody who follows the link of an invitation.
#[derive(Debug)]
pub struct Joining {
    /// The link's token.
    pub token: SecretString,
    /// The name, for a new account.
    pub name: Option<String>,
    /// The password: chosen for a new account, proved for one that is there.
    pub password: Option<SecretString>,
    /// The language of pages and mails, for a new account; the business's if absent.
    pub locale: Option<String>,
    /// The version of the terms that are accepted, for a new account.
    pub terms: Option<String>,
}

/// Somebody has joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The business.
    pub tenant: TenantId,
    /// The member.
    pub member: MemberId,
    /// Whether an account was made.
    pub new_account: bool,
}

impl Accounts {
    /// Makes whoever was asked a member. Of many at once with one link, one succeeds.
    ///
    /// # Errors
    /// [`AccountError::Refused`] for a link that is unknown, used, taken back or too old; [`AccountError::Invalid`] for what a new account
    /// needs; [`AccountError::Taken`] for a member, or for an address that became somebody's just now.
    pub async fn accept_invitation(&self, joining: Joining) -> Result<Joined, AccountError> {
        if !tokens::has_shape(tokens::INVITATION_PREFIX, joining.token.expose_secret()) {
            return Err(AccountError::Refused);
        }
        let hash = hex(&tokens::hash(joining.token.expose_secret()));
        let (asked, business) = self.asked(&hash).await?.ok_or(AccountError::Refused)?;
        let email = Email::parse(&asked.email).ok_or(AccountError::Refused)?;
        let found = rows::by_email(self.store(), email.as_str()).await?;
        let mut proof = None;
        let fresh = match &found {
            // The link may have been seen by others, and the account made by whoever claimed the address first: only its password tells.
            Some(row) => {
                let password = joining.password.as_ref();
                let password =
                    password.ok_or_else(|| AccountError::invalid("password", "this address has an account: send its password"))?;
                let row = self.proved_at(AccountId(row.id), password, false).await?;
                proof = Some(Proof { account: AccountId(row.id), hash: row.password_hash, totp_state: row.totp_state, better: None });
                None
            }
            None => Some(self.fresh(joining, email, business.locale).await?),
        };
        let own = fresh.as_ref().map(|fresh| (fresh.id.0, fresh.name.clone()));
        let (account, name) = own.or_else(|| found.map(|row| (row.id, row.name))).ok_or(AccountError::Refused)?;
        let id = MemberId(self.store().inner.ids.uuid());
        let new_account = fresh.is_some();
        let consents = Consent::of_new_account(account, &self.settings().terms_version, "invitation", self.by.ip.as_deref());
        let (consents, ids) = (if new_account { consents } else { Vec::new() }, Arc::clone(&self.store().inner.ids));
        let entry = Entry { asked, account: AccountId(account), name, id, now: self.now(), by: self.by.clone(), proof, consents, ids };
        let tenant = TenantId(entry.asked.tenant_id);
        let write = self.store().solo(Role::Engine, move |tx| Box::pin(async move { entry.write(tx, fresh).await }));
        match write.await {
            Ok(Ok(member)) => Ok(Joined { tenant, member, new_account }),
            Ok(Err(error)) => Err(error.into()),
            Err(StoreError::Refused(kind)) if kind == "unique" => Err(AccountError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// Finds an invitation that is open, by the hash of its token.
    async fn asked(&self, hash: &str) -> Result<Option<(invitation::Model, tenant::Model)>, StoreError> {
        use invitation::Column as I;
        let open = invitation::Entity::find().filter(I::Hash.eq(hash)).filter(I::AcceptedAt.is_null()).filter(I::RevokedAt.is_null());
        let served = open.find_also_related(tenant::Entity).filter(tenant::Column::State.eq("active"));
        let now = self.now();
        let found = read_as(self.store(), Role::Engine, move |tx| {
            Box::pin(async move { served.filter(I::ExpiresAt.gt(rows::at(tx, now))).one(tx).await })
        });
        Ok(found.await?.and_then(|(asked, business)| Some((asked, business?))))
    }

    async fn fresh(&self, joining: Joining, email: Email, locale: String) -> Result<NewAccount, AccountError> {
        let name = person_name("name", joining.name.as_deref().unwrap_or_default())?;
        let locale = language(joining.locale.as_deref().unwrap_or(&locale))?;
        let password = joining.password.ok_or_else(|| AccountError::invalid("password", "must be given for a new account"))?;
        let password = Self::judged("password", &password, email.as_str())?;
        self.accepted(joining.terms.as_deref().unwrap_or_default())?;
        let hash = self.hash(password).await?;
        Ok(NewAccount { id: AccountId(self.store().inner.ids.uuid()), email, name, phone: None, locale, hash, at: self.now() })
    }
}

/// Why nobody joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotJoined {
    /// Somebody was quicker with the link, or it was taken back.
    Void,
    /// He is a member already.
    IsMember,
    /// What proved who he is was changed while it was looked at.
    Unproved,
}

impl From<NotJoined> for AccountError {
    fn from(why: NotJoined) -> Self {
        match why {
            NotJoined::Void | NotJoined::Unproved => Self::Refused,
            NotJoined::IsMember => Self::Taken,
        }
    }
}

/// What one acceptance writes.
struct Entry {
    asked: invitation::Model,
    account: AccountId,
    name: String,
    id: MemberId,
    now: Timestamp,
    by: Caller,
    /// What proved whose the account is, if there is one.
    proof: Option<Proof>,
    /// What whoever makes an account agrees to.
    consents: Vec<Consent>,
    ids: Arc<dyn IdSource>,
}

impl Entry {
    async fn write(mut self, tx: &DatabaseTransaction, fresh: Option<NewAccount>) -> Result<Result<MemberId, NotJoined>, DbErr> {
        use member::Column as M;
        bump(tx).await?;
        // What it asks into may have become less while nobody held the lock: a team that is removed goes out of invitations, too.
        let same = invitation::Entity::find_by_id((self.asked.tenant_id, self.asked.id)).one(tx).await?;
        let Some(asked) = same else { return Ok(Err(NotJoined::Void)) };
        self.asked.inboxes = asked.inboxes;
        if let Some(proof) = self.proof.take()
            && !proof.holds(tx).await?
        {
            return Ok(Err(NotJoined::Unproved));
        }
        let same = member::Entity::find().filter(M::TenantId.eq(self.asked.tenant_id)).filter(M::AccountId.eq(self.account.0));
        let known = same.one(tx).await?;
        if known.as_ref().is_some_and(|row| row.state == "active") {
            return Ok(Err(NotJoined::IsMember));
        }
        if self.use_link(tx).await? != 1 {
            return Ok(Err(NotJoined::Void));
        }
        if let Some(fresh) = fresh {
            write_account(tx, fresh).await?;
        }
        let (tenant, at) = (TenantId(self.asked.tenant_id), self.now);
        record_consents(tx, self.ids.as_ref(), tenant, &self.consents, at).await?;
        let (by, deed) = (self.by.clone(), Deed::new(Action::InvitationAccepted, self.asked.id).after("role", &self.asked.role));
        let member = match known {
            Some(row) => self.come_back(tx, MemberId(row.id)).await?,
            None => self.join(tx).await?,
        };
        let by = Caller { actor: Actor::Member(member.0), ..by };
        audit::record(tx, tenant, &by, at, &deed.after("member", member)).await?;
        Ok(Ok(member))
    }

    /// Uses the link; of many at once one succeeds.
    async fn use_link(&self, tx: &DatabaseTransaction) -> Result<u64, DbErr> {
        use invitation::Column as I;
        let update = invitation::Entity::update_many()
            .col_expr(I::AcceptedAt, Expr::val(rows::at(tx, self.now)))
            .filter(I::TenantId.eq(self.asked.tenant_id))
            .filter(I::Id.eq(self.asked.id))
            .filter(I::Hash.eq(self.asked.hash.as_str()))
            .filter(I::AcceptedAt.is_null())
            .filter(I::RevokedAt.is_null())
            .filter(I::ExpiresAt.gt(rows::at(tx, self.now)));
        Ok(update.exec(tx).await?.rows_affected)
    }

    async fn join(self, tx: &DatabaseTransaction) -> Result<MemberId, DbErr> {
        use member::Column as M;
        let values = vec![
            (M::TenantId, Expr::val(self.asked.tenant_id)),
            (M::Id, Expr::val(self.id.0)),
            (M::AccountId, Expr::val(self.account.0)),
            (M::Role, Expr::val(self.asked.role)),
            (M::Permissions, Expr::val(self.asked.permissions)),
            (M::Inboxes, Expr::val(self.asked.inboxes)),
            (M::Name, Expr::val(self.name)),
            (M::Email, Expr::val(self.asked.email)),
            (M::CreatedAt, Expr::val(rows::at(tx, self.now))),
            (M::UpdatedAt, Expr::val(rows::at(tx, self.now))),
        ];
        rows::insert(tx, member::Entity, values).await?;
        Ok(self.id)
    }

    /// Puts somebody who was removed into the place that he is asked into now.
    async fn come_back(self, tx: &DatabaseTransaction, id: MemberId) -> Result<MemberId, DbErr> {
        use member::Column as M;
        let update = member::Entity::update_many()
            .col_expr(M::Role, Expr::val(self.asked.role))
            .col_expr(M::Permissions, Expr::val(self.asked.permissions))
            .col_expr(M::Inboxes, Expr::val(self.asked.inboxes))
            .col_expr(M::State, Expr::val("active"))
            .col_expr(M::Version, Expr::col(M::Version).add(1))
            .col_expr(M::UpdatedAt, Expr::val(rows::at(tx, self.now)))
            .filter(M::TenantId.eq(self.asked.tenant_id))
            .filter(M::Id.eq(id.0));
        update.exec(tx).await?;
        Ok(id)
    }
}
