//! Sessions: who holds one, which there are, ending them. Ending one is felt at once on this server and within half a minute on others.

use crate::crypto::jwt::{self, Audience};
use crate::domain::ids::{AccountId, MemberId, SessionId, TenantId};
use crate::domain::membership::Visibility;
use crate::domain::permission::{Grants, Role as MemberRole};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::accounts::notices::Happening;
use crate::store::accounts::{AccountError, Accounts, rows};
use crate::store::scope::{Role, read_as};
use crate::store::time::timestamp;
use entities::{member, session, tenant};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::time::Duration;

/// How coarse the time of last use is.
const COARSE: Duration = Duration::from_mins(5);
/// Most sessions in a list; there are no more live ones.
const LISTED: u64 = 100;

/// Who holds a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The business.
    pub tenant: TenantId,
    /// The account.
    pub account: AccountId,
    /// The member.
    pub member: MemberId,
    /// The session.
    pub session: SessionId,
    /// What the member is.
    pub role: MemberRole,
    /// What the member may do.
    pub grants: Grants,
    /// What the member sees.
    pub visibility: Visibility,
    /// How often the member's place had changed.
    pub version: i64,
    seen: Timestamp,
    expires: Timestamp,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// The session.
    pub id: SessionId,
    /// The business.
    pub tenant: TenantId,
    /// The address.
    pub ip: String,
    /// The device, as it calls itself.
    pub user_agent: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used; coarse.
    pub last_seen_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

impl Accounts {
    /// Returns who holds an access token, if it is valid and its session lives.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn holder(&self, token: &str) -> Result<Option<Holder>, StoreError> {
        let now = self.now();
        let Ok(claims) = jwt::verify(self.platform(), Audience::Console, token, now) else {
            return Ok(None);
        };
        let id = SessionId(claims.sid);
        let fits = |holder: &Holder| holder.account.0 == claims.sub && holder.tenant.0 == claims.tid && holder.expires > now;
        if let Some(holder) = self.inner.holders.get(&id).await.filter(|holder| holder.version >= claims.rv) {
            return Ok(Some(holder).filter(fits));
        }
        let Some(mut holder) = find_holder(self.store(), TenantId(claims.tid), id).await?.filter(fits) else {
            return Ok(None);
        };
        if now.since(holder.seen) >= COARSE {
            holder.seen = now;
            self.touch(holder.tenant, holder.session, now).await?;
        }
        // Only what was just read: nothing is trusted for longer than the cache keeps it.
        self.inner.holders.insert(id, holder.clone()).await;
        Ok(Some(holder))
    }

    /// Forgets the sessions found lately: called when roles, members or the configuration have changed.
    pub fn forget_holders(&self) {
        self.inner.holders.invalidate_all();
    }

    /// Lists the live sessions of an account, in all its businesses, the last used first.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn sessions(&self, account: AccountId) -> Result<Vec<SessionView>, StoreError> {
        use session::Column as S;
        let now = self.now();
        let live = session::Entity::find().filter(S::AccountId.eq(account.0)).filter(S::EndedAt.is_null());
        let listed = live.order_by_desc(S::LastSeenAt).order_by_desc(S::Id).limit(LISTED);
        let found = read_as(self.store(), Role::Engine, move |tx| {
            Box::pin(async move { listed.filter(S::ExpiresAt.gt(rows::at(tx, now))).all(tx).await })
        });
        Ok(found.await?.into_iter().map(view).collect())
    }

    /// Ends one session of an account; returns false if it has no such session that lives.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn end_session(&self, account: AccountId, id: SessionId) -> Result<bool, AccountError> {
        self.end_one(account, id, ("revoked", Happening::SessionEnded { session: id })).await
    }

    /// Signs somebody out of a session; returns false if it does not live.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn sign_out(&self, account: AccountId, id: SessionId) -> Result<bool, AccountError> {
        self.end_one(account, id, ("logout", Happening::SignedOut { session: id })).await
    }

    async fn end_one(&self, account: AccountId, id: SessionId, why: (&'static str, Happening)) -> Result<bool, AccountError> {
        let (now, notice) = (self.now(), self.notice(account, why.1).await?);
        let write = self.store().solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let own = session::Entity::find().filter(session::Column::AccountId.eq(account.0)).filter(session::Column::Id.eq(id.0));
                let Some(row) = own.one(tx).await? else { return Ok(false) };
                let ended = end(tx, account, Which::One(id), why.0, now).await? > 0;
                if ended {
                    notice.of(TenantId(row.tenant_id)).write(tx).await?;
                }
                Ok(ended)
            })
        });
        let ended = write.await?;
        self.inner.holders.invalidate(&id).await;
        Ok(ended)
    }

    /// Ends every session of an account but one; returns how many.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn end_other_sessions(&self, account: AccountId, keep: SessionId) -> Result<u64, AccountError> {
        let now = self.now();
        let mut notice = self.notice(account, Happening::SessionsEnded { count: 0 }).await?;
        let write = self.store().solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let ended = end(tx, account, Which::AllBut(keep), "revoked", now).await?;
                if ended > 0 {
                    notice.happening = Happening::SessionsEnded { count: ended };
                    notice.write(tx).await?;
                }
                Ok(ended)
            })
        });
        let ended = write.await?;
        self.forget_holders();
        Ok(ended)
    }

    async fn touch(&self, tenant: TenantId, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
        use session::Column as S;
        let write = self.store().solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let update = session::Entity::update_many()
                    .col_expr(S::LastSeenAt, Expr::val(rows::at(tx, now)))
                    .filter(S::TenantId.eq(tenant.0))
                    .filter(S::Id.eq(session.0));
                update.exec(tx).await.map(drop)
            })
        });
        write.await
    }
}

impl Store {
    /// Tells whether a session still lives: long-lived streams ask again and again.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn session_lives(&self, tenant: TenantId, session: SessionId) -> Result<bool, StoreError> {
        let now = self.inner.clock.now();
        Ok(find_holder(self, tenant, session).await?.is_some_and(|holder| holder.expires > now))
    }
}

async fn find_holder(store: &Store, tenant: TenantId, id: SessionId) -> Result<Option<Holder>, StoreError> {
    use session::Column as S;
    let live = session::Entity::find().filter(S::TenantId.eq(tenant.0)).filter(S::Id.eq(id.0)).filter(S::EndedAt.is_null());
    let served = live.inner_join(tenant::Entity).filter(tenant::Column::State.eq("active"));
    let found = read_as(store, Role::Engine, move |tx| {
        Box::pin(async move {
            let Some(session) = served.one(tx).await? else { return Ok(None) };
            let key = (session.tenant_id, session.member_id);
            let member = member::Entity::find_by_id(key).filter(member::Column::State.eq("active")).one(tx).await?;
            Ok(member.map(|member| (session, member)))
        })
    });
    Ok(found.await?.and_then(|(session, member)| holder_of(&session, &member)))
}

/// Reads the rights of a member: his own list where he has one, else those of his role.
fn holder_of(session: &session::Model, member: &member::Model) -> Option<Holder> {
    let role = MemberRole::named(&member.role)?;
    let grants = role.grants_with(member.permissions.as_deref());
    let visibility = role.visibility_with(member.inboxes.as_deref());
    Some(Holder {
        tenant: TenantId(session.tenant_id),
        account: AccountId(session.account_id),
        member: MemberId(member.id),
        session: SessionId(session.id),
        role,
        grants,
        visibility,
        version: member.version,
        seen: timestamp(session.last_seen_at),
        expires: timestamp(session.expires_at),
    })
}

fn view(row: session::Model) -> SessionView {
    SessionView {
        id: SessionId(row.id),
        tenant: TenantId(row.tenant_id),
        ip: row.ip,
        user_agent: row.user_agent,
        created_at: timestamp(row.created_at),
        last_seen_at: timestamp(row.last_seen_at),
        expires_at: timestamp(row.expires_at),
    }
}

/// Which sessions are meant.
#[derive(Clone, Copy)]
pub(super) enum Which {
    /// This one.
    One(SessionId),
    /// All others.
    AllBut(SessionId),
    /// Every one.
    All,
}

/// Ends sessions of an account; returns how many lived.
pub(super) async fn end(
    tx: &DatabaseTransaction,
    account: AccountId,
    which: Which,
    reason: &'static str,
    now: Timestamp,
) -> Result<u64, DbErr> {
    use session::Column as S;
    let update = session::Entity::update_many()
        .col_expr(S::EndedAt, Expr::val(rows::at(tx, now)))
        .col_expr(S::EndReason, Expr::val(reason))
        .filter(S::AccountId.eq(account.0))
        .filter(S::EndedAt.is_null());
    let update = match which {
        Which::One(id) => update.filter(S::Id.eq(id.0)),
        Which::AllBut(id) => update.filter(S::Id.ne(id.0)),
        Which::All => update,
    };
    Ok(update.exec(tx).await?.rows_affected)
}
