//! Places in a business that wait for somebody who was asked. Of the link's token only the hash stays; the mail that bears the link keeps it
//! sealed until it has left, or until nobody sends it.

mod letters;

pub use letters::Posted;

use crate::domain::audit::{Action, Caller, Deed};
use crate::domain::ids::{InvitationId, MemberId, TenantId};
use crate::domain::limits::{Counted, LimitReached};
use crate::domain::membership::{Place, Refusal, may_invite};
use crate::domain::time::Timestamp;
use crate::ports::ids::IdSource;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::admin::{bump, limits};
use crate::store::mail::MailSeal;
use crate::store::people::logged;
use crate::store::people::members::change::{Missing, active, missing};
use crate::store::people::members::read_place;
use crate::store::time::{instant, timestamp};
use entities::invitation::{Column, Entity, Model};
use entities::member;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;

/// How long a link is good.
pub const LINK_LIFE: Duration = Duration::from_hours(72);
/// Most invitations of a business that are open at a time.
const MOST_OPEN: u64 = 200;

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationRow {
    /// Its id.
    pub id: InvitationId,
    /// Who was asked.
    pub email: String,
    /// What he is to be.
    pub place: Place,
    /// Who asked.
    pub invited_by: MemberId,
    /// When the newest link was made.
    pub created_at: Timestamp,
    /// Until when it may be accepted.
    pub expires_at: Timestamp,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// What has become of the mail with its newest link; `None`: there is none, or none any more.
    pub posted: Option<Posted>,
}

impl InvitationRow {
    fn read(row: Model) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.id.into(),
            email: row.email,
            place: read_place(&row.role, row.permissions.as_deref(), row.inboxes.as_deref())?,
            invited_by: row.invited_by.into(),
            created_at: timestamp(row.created_at),
            expires_at: timestamp(row.expires_at),
            accepted_at: row.accepted_at.map(timestamp),
            revoked_at: row.revoked_at.map(timestamp),
            posted: None,
        })
    }
}

/// Whom to ask, and into what.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// Who asks.
    pub by: MemberId,
    /// The address, in lower case.
    pub email: String,
    /// What he is to be.
    pub place: Place,
    /// The link by which he comes.
    pub ticket: Ticket,
}

/// The link of an invitation.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The hash of its token, in hex.
    pub hash: String,
    /// The page at which it is accepted; the token stands in the fragment, which no server sees.
    pub link: SecretString,
    /// Seals the mail that bears it.
    pub seal: MailSeal,
}

/// What became of a wish to ask somebody.
#[derive(Clone, Debug, PartialEq)]
pub enum Invited {
    /// He is asked; an older invitation of the same address is void.
    Made(Box<InvitationRow>),
    /// There is no such invitation that is open.
    Absent,
    /// He is a member already.
    IsMember,
    /// Too many invitations are open.
    TooMany,
    /// The plan allows no more members.
    Limit(LimitReached),
    /// An inbox is none of the business.
    NoInbox,
    /// A team is none of the business.
    NoTeam,
    /// It may not be.
    Refused(Refusal),
}

impl TenantScope {
    /// Lists invitations that are neither accepted nor taken back, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn invitations(&self, after: Option<InvitationId>, limit: u64) -> Result<Vec<InvitationRow>, StoreError> {
        let open = open(self.id());
        let page = after.map_or(open.clone(), |after| open.filter(Column::Id.gt(after.0))).order_by_asc(Column::Id).limit(limit);
        let tenant = self.id();
        self.read(move |tx| {
            Box::pin(async move {
                let mut rows = page.all(tx).await?.into_iter().map(InvitationRow::read).collect::<Result<Vec<_>, _>>()?;
                letters::look(tx, tenant, &mut rows).await?;
                Ok(rows)
            })
        })
        .await
    }

    /// Asks somebody into the business, and mails the link.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn invite(&self, new: NewInvitation) -> Result<Invited, StoreError> {
        let (tenant, now) = (self.id(), self.store().inner.clock.now());
        let id = InvitationId(self.store().inner.ids.uuid());
        let (by, ids) = (self.caller_as(new.by), Arc::clone(&self.store().inner.ids));
        self.write(move |tx| {
            Box::pin(async move {
                let (link, seal) = (new.ticket.link.clone(), new.ticket.seal.clone());
                let invited = invite(tx, tenant, id, new, now).await?;
                log(tx, tenant, (&by, now), (Action::InvitationMade, &invited)).await?;
                mailed((tx, ids.as_ref()), tenant, invited, (&link, &seal), now).await
            })
        })
        .await
    }

    /// Gives an open invitation a new link, and mails it; the one before is void. Whoever does it must be able to give what it gives.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn renew_invitation(&self, by: MemberId, id: InvitationId, ticket: Ticket) -> Result<Invited, StoreError> {
        let (tenant, now) = (self.id(), self.store().inner.clock.now());
        let (caller, ids) = (self.caller_as(by), Arc::clone(&self.store().inner.ids));
        self.write(move |tx| {
            Box::pin(async move {
                let invited = renew(tx, tenant, (by, id), ticket.hash, now).await?;
                log(tx, tenant, (&caller, now), (Action::InvitationResent, &invited)).await?;
                mailed((tx, ids.as_ref()), tenant, invited, (&ticket.link, &ticket.seal), now).await
            })
        })
        .await
    }

    /// Takes an open invitation back; returns false if there is none.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn revoke_invitation(&self, id: InvitationId) -> Result<bool, StoreError> {
        let (tenant, now, by) = (self.id(), self.store().inner.clock.now(), self.caller().clone());
        self.write(move |tx| {
            Box::pin(async move {
                bump(tx).await?;
                let gone = void(tx, tenant, Column::Id.eq(id.0), now).await? > 0;
                if gone {
                    logged(tx, tenant, (&by, now), Deed::new(Action::InvitationTakenBack, id)).await?;
                }
                Ok(gone)
            })
        })
        .await
    }
}

/// Queues the mail of an invitation that was made or got a new link; called last, since from the row of the log on it is the engine that acts.
async fn mailed(
    to: (&DatabaseTransaction, &dyn IdSource),
    tenant: TenantId,
    mut invited: Invited,
    link: (&SecretString, &MailSeal),
    now: Timestamp,
) -> Result<Invited, DbErr> {
    if let Invited::Made(row) = &mut invited {
        letters::post(to, tenant, row, link, now).await?;
        letters::look(to.0, tenant, std::slice::from_mut(row.as_mut())).await?;
    }
    Ok(invited)
}

/// Tells of an invitation that was made or got a new link.
async fn log(
    tx: &DatabaseTransaction,
    tenant: TenantId,
    from: (&Caller, Timestamp),
    (action, invited): (Action, &Invited),
) -> Result<(), DbErr> {
    match invited {
        Invited::Made(row) => logged(tx, tenant, from, Deed::new(action, row.id).after("role", row.place.role.name())).await,
        Invited::Absent
        | Invited::IsMember
        | Invited::TooMany
        | Invited::Limit(_)
        | Invited::NoInbox
        | Invited::NoTeam
        | Invited::Refused(_) => Ok(()),
    }
}

fn open(tenant: TenantId) -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant.0)).filter(Column::AcceptedAt.is_null()).filter(Column::RevokedAt.is_null())
}

async fn void(tx: &DatabaseTransaction, tenant: TenantId, which: sea_orm::sea_query::Expr, now: Timestamp) -> Result<u64, DbErr> {
    let at = Expr::val(instant(now).value(tx.get_database_backend()));
    let update = Entity::update_many().col_expr(Column::RevokedAt, at).filter(Column::TenantId.eq(tenant.0)).filter(which);
    let open = update.filter(Column::AcceptedAt.is_null()).filter(Column::RevokedAt.is_null());
    Ok(open.exec(tx).await?.rows_affected)
}

async fn invite(
    tx: &DatabaseTransaction,
    tenant: TenantId,
    id: InvitationId,
    new: NewInvitation,
    now: Timestamp,
) -> Result<Invited, DbErr> {
    bump(tx).await?;
    let Some(by) = active(tx, tenant, new.by).await? else { return Ok(Invited::Refused(Refusal::NotYours)) };
    if let Err(refusal) = may_invite(&by.standing, &new.place) {
        return Ok(Invited::Refused(refusal));
    }
    match missing(tx, tenant, &new.place.visibility).await? {
        Some(Missing::Inbox) => return Ok(Invited::NoInbox),
        Some(Missing::Team) => return Ok(Invited::NoTeam),
        None => {}
    }
    let colleagues = member::Entity::find().filter(member::Column::TenantId.eq(tenant.0)).filter(member::Column::State.eq("active"));
    if colleagues.filter(member::Column::Email.eq(new.email.as_str())).count(tx).await? > 0 {
        return Ok(Invited::IsMember);
    }
    if open(tenant).filter(Column::Email.ne(new.email.as_str())).count(tx).await? >= MOST_OPEN {
        return Ok(Invited::TooMany);
    }
    // One that takes the place of an older one which is still good is nobody more.
    let good = open(tenant).filter(Column::ExpiresAt.gt(instant(now).value(tx.get_database_backend())));
    if good.filter(Column::Email.eq(new.email.as_str())).count(tx).await? == 0
        && let Err(reached) = limits::one_more(tx, tenant, Counted::Members, instant(now)).await?
    {
        return Ok(Invited::Limit(reached));
    }
    void(tx, tenant, Column::Email.eq(new.email.as_str()), now).await?;
    insert(tx, tenant, id, &new, now).await?;
    made(tx, tenant, id).await
}

async fn insert(tx: &DatabaseTransaction, tenant: TenantId, id: InvitationId, new: &NewInvitation, now: Timestamp) -> Result<(), DbErr> {
    let at = |at: Timestamp| Expr::val(instant(at).value(tx.get_database_backend()));
    let values = [
        (Column::TenantId, Expr::val(tenant.0)),
        (Column::Id, Expr::val(id.0)),
        (Column::Email, Expr::val(new.email.as_str())),
        (Column::Role, Expr::val(new.place.role.name())),
        (Column::Permissions, Expr::val(new.place.permissions.map(|grants| grants.to_stored()))),
        (Column::Inboxes, Expr::val(new.place.visibility.to_stored())),
        (Column::InvitedBy, Expr::val(new.by.0)),
        (Column::Hash, Expr::val(new.ticket.hash.as_str())),
        (Column::CreatedAt, at(now)),
        (Column::ExpiresAt, at(now.after(LINK_LIFE))),
    ];
    let (columns, values): (Vec<Column>, Vec<Expr>) = values.into_iter().unzip();
    let mut row = Query::insert();
    row.into_table(Entity).columns(columns).values_panic(values);
    tx.execute(&row).await.map(drop)
}

async fn renew(
    tx: &DatabaseTransaction,
    tenant: TenantId,
    (by, id): (MemberId, InvitationId),
    hash: String,
    now: Timestamp,
) -> Result<Invited, DbErr> {
    bump(tx).await?;
    let Some(by) = active(tx, tenant, by).await? else { return Ok(Invited::Refused(Refusal::NotYours)) };
    let found = open(tenant).filter(Column::Id.eq(id.0)).one(tx).await?.map(InvitationRow::read).transpose()?;
    let Some(found) = found else { return Ok(Invited::Absent) };
    if let Err(refusal) = may_invite(&by.standing, &found.place) {
        return Ok(Invited::Refused(refusal));
    }
    // Whoever did not come in time keeps no place free.
    if found.expires_at <= now
        && let Err(reached) = limits::one_more(tx, tenant, Counted::Members, instant(now)).await?
    {
        return Ok(Invited::Limit(reached));
    }
    let at = |at: Timestamp| Expr::val(instant(at).value(tx.get_database_backend()));
    let update = Entity::update_many()
        .col_expr(Column::Hash, Expr::val(hash))
        .col_expr(Column::InvitedBy, Expr::val(by.standing.id.0))
        .col_expr(Column::CreatedAt, at(now))
        .col_expr(Column::ExpiresAt, at(now.after(LINK_LIFE)));
    update.filter(Column::TenantId.eq(tenant.0)).filter(Column::Id.eq(id.0)).exec(tx).await?;
    made(tx, tenant, id).await
}

async fn made(tx: &DatabaseTransaction, tenant: TenantId, id: InvitationId) -> Result<Invited, DbErr> {
    let row = open(tenant).filter(Column::Id.eq(id.0)).one(tx).await?.map(InvitationRow::read).transpose()?;
    Ok(row.map_or(Invited::Absent, |row| Invited::Made(Box::new(row))))
}
