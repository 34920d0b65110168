//! Changes of members, each in one transaction that first takes the lock of the configuration: two of them never decide at the same time,
//! so that two owners cannot unmake each other.

use crate::domain::audit::{Action, Caller, Deed};
use crate::domain::ids::{InboxId, MemberId, TeamId, TenantId};
use crate::domain::membership::{Place, Standing, Visibility, may_change, may_remove, may_transfer};
use crate::domain::permission::Role as MemberRole;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::admin::bump;
use crate::store::people::logged;
use crate::store::people::members::{Changed, MemberChange, MemberRow};
use crate::store::scope::{Role, assume};
use crate::store::time::instant;
use entities::member::{Column, Entity};
use entities::{inbox, invitation, session, team};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter};

impl TenantScope {
    /// Changes a member in the name of another, or of himself.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn change_member(&self, by: MemberId, whom: MemberId, change: MemberChange) -> Result<Changed, StoreError> {
        let desk = self.desk(by, whom);
        self.write(move |tx| Box::pin(async move { desk.change(tx, change).await })).await
    }

    /// Takes a member out of the business; his sessions end in the same transaction, and what he asked others into is void.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn remove_member(&self, by: MemberId, whom: MemberId) -> Result<Changed, StoreError> {
        let desk = self.desk(by, whom);
        self.write(move |tx| Box::pin(async move { desk.remove(tx).await })).await
    }

    /// Makes another member the owner in the place of `by`, who becomes an administrator.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn transfer_ownership(&self, by: MemberId, whom: MemberId) -> Result<Changed, StoreError> {
        let desk = self.desk(by, whom);
        self.write(move |tx| Box::pin(async move { desk.transfer(tx).await })).await
    }

    fn desk(&self, by: MemberId, whom: MemberId) -> Desk {
        Desk { tenant: self.id(), by, whom, at: self.store().inner.clock.now(), caller: self.caller_as(by) }
    }
}

/// One change: who changes whom.
struct Desk {
    tenant: TenantId,
    by: MemberId,
    whom: MemberId,
    at: Timestamp,
    caller: Caller,
}

impl Desk {
    async fn change(&self, tx: &DatabaseTransaction, change: MemberChange) -> Result<Changed, DbErr> {
        let Some((by, whom)) = self.lock(tx).await? else { return Ok(Changed::Absent) };
        let wanted = change.place(&whom.standing.place);
        let decided = may_change(&by, &whom.standing, &wanted, owners(tx, self.tenant).await?);
        if let Err(refusal) = decided {
            return Ok(Changed::Refused(refusal));
        }
        match missing(tx, self.tenant, &wanted.visibility).await? {
            Some(Missing::Inbox) => return Ok(Changed::NoInbox),
            Some(Missing::Team) => return Ok(Changed::NoTeam),
            None => {}
        }
        let deed = changed(&whom, change.name.as_deref(), &wanted);
        if let Some(name) = change.name {
            self.write(tx, self.whom, [(Column::Name, Expr::val(name))]).await?;
        }
        if wanted != whom.standing.place {
            self.put(tx, self.whom, &wanted).await?;
            self.void_invitations(tx, self.whom).await?;
        }
        let now = self.done(tx).await?;
        if let Some(deed) = deed {
            self.log(tx, deed).await?;
        }
        Ok(now)
    }

    async fn remove(&self, tx: &DatabaseTransaction) -> Result<Changed, DbErr> {
        let Some((by, whom)) = self.lock(tx).await? else { return Ok(Changed::Absent) };
        if let Err(refusal) = may_remove(&by, &whom.standing, owners(tx, self.tenant).await?) {
            return Ok(Changed::Refused(refusal));
        }
        let raised = Expr::col(Column::Version).add(1);
        self.write(tx, self.whom, [(Column::State, Expr::val("removed")), (Column::Version, raised)]).await?;
        self.void_invitations(tx, self.whom).await?;
        let gone = self.done(tx).await?;
        // The last statements: sessions and the log are the engine's alone.
        self.end_sessions(tx).await?;
        self.log(tx, Deed::new(Action::MemberRemoved, self.whom).before("role", whom.standing.place.role.name())).await?;
        Ok(gone)
    }

    async fn transfer(&self, tx: &DatabaseTransaction) -> Result<Changed, DbErr> {
        let Some((by, whom)) = self.lock(tx).await? else { return Ok(Changed::Absent) };
        if let Err(refusal) = may_transfer(&by, &whom.standing) {
            return Ok(Changed::Refused(refusal));
        }
        let place = |role| Place { role, permissions: None, visibility: Visibility::everything() };
        self.put(tx, self.whom, &place(MemberRole::Owner)).await?;
        self.put(tx, self.by, &place(MemberRole::Administrator)).await?;
        let now = self.done(tx).await?;
        self.log(tx, Deed::new(Action::OwnershipTransferred, self.whom).before("owner", self.by).after("owner", self.whom)).await?;
        Ok(now)
    }

    async fn log(&self, tx: &DatabaseTransaction, deed: Deed) -> Result<(), DbErr> {
        logged(tx, self.tenant, (&self.caller, self.at), deed).await
    }

    /// Takes the lock, then reads both as they stand now. Whoever was removed meanwhile may do nothing.
    async fn lock(&self, tx: &DatabaseTransaction) -> Result<Option<(Standing, MemberRow)>, DbErr> {
        bump(tx).await?;
        let (Some(by), Some(whom)) = (active(tx, self.tenant, self.by).await?, active(tx, self.tenant, self.whom).await?) else {
            return Ok(None);
        };
        Ok(Some((by.standing, whom)))
    }

    async fn put(&self, tx: &DatabaseTransaction, whom: MemberId, place: &Place) -> Result<(), DbErr> {
        let values = [
            (Column::Role, Expr::val(place.role.name())),
            (Column::Permissions, Expr::val(place.permissions.map(|grants| grants.to_stored()))),
            (Column::Inboxes, Expr::val(place.visibility.to_stored())),
            (Column::Version, Expr::col(Column::Version).add(1)),
        ];
        self.write(tx, whom, values).await
    }

    async fn write<const N: usize>(&self, tx: &DatabaseTransaction, whom: MemberId, values: [(Column, Expr); N]) -> Result<(), DbErr> {
        let at = Expr::val(instant(self.at).value(tx.get_database_backend()));
        let update = values.into_iter().fold(Entity::update_many(), |update, (column, value)| update.col_expr(column, value));
        let update = update.col_expr(Column::UpdatedAt, at);
        update.filter(Column::TenantId.eq(self.tenant.0)).filter(Column::Id.eq(whom.0)).exec(tx).await.map(drop)
    }

    /// Takes back what somebody asked others into: he may not hold any more what he gave.
    async fn void_invitations(&self, tx: &DatabaseTransaction, by: MemberId) -> Result<(), DbErr> {
        use invitation::Column as C;
        let at = Expr::val(instant(self.at).value(tx.get_database_backend()));
        let open = invitation::Entity::update_many().col_expr(C::RevokedAt, at).filter(C::TenantId.eq(self.tenant.0));
        let open = open.filter(C::InvitedBy.eq(by.0)).filter(C::AcceptedAt.is_null()).filter(C::RevokedAt.is_null());
        open.exec(tx).await.map(drop)
    }

    async fn end_sessions(&self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        use session::Column as C;
        assume(tx, Role::Engine).await?;
        let at = Expr::val(instant(self.at).value(tx.get_database_backend()));
        let mine = session::Entity::update_many().filter(C::TenantId.eq(self.tenant.0)).filter(C::MemberId.eq(self.whom.0));
        let live = mine.filter(C::EndedAt.is_null());
        live.col_expr(C::EndedAt, at).col_expr(C::EndReason, Expr::val("removed")).exec(tx).await.map(drop)
    }

    async fn done(&self, tx: &DatabaseTransaction) -> Result<Changed, DbErr> {
        let row = find(tx, self.tenant, self.whom).await?;
        Ok(row.map_or(Changed::Absent, |row| Changed::Done(Box::new(row))))
    }
}

/// Tells of a change, without what a field holds; `None`: everything is as it was.
fn changed(whom: &MemberRow, name: Option<&str>, wanted: &Place) -> Option<Deed> {
    let place = &whom.standing.place;
    let fields = [
        ("name", name.is_some_and(|name| name != whom.name)),
        ("role", wanted.role != place.role),
        ("permissions", wanted.permissions != place.permissions),
        ("inboxes", wanted.visibility.clone().with_teams(None) != place.visibility.clone().with_teams(None)),
        ("teams", wanted.visibility.clone().with_inboxes(None) != place.visibility.clone().with_inboxes(None)),
    ];
    let fields: Vec<&str> = fields.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect();
    if fields.is_empty() {
        return None;
    }
    let deed = Deed::new(Action::MemberChanged, whom.standing.id).fields(fields);
    let moved = wanted.role != place.role;
    Some(if moved { deed.before("role", place.role.name()).after("role", wanted.role.name()) } else { deed })
}

async fn find(tx: &DatabaseTransaction, tenant: TenantId, id: MemberId) -> Result<Option<MemberRow>, DbErr> {
    let own = Entity::find().filter(Column::TenantId.eq(tenant.0)).filter(Column::Id.eq(id.0));
    own.one(tx).await?.map(MemberRow::read).transpose()
}

/// Finds a member who was not removed.
pub(in crate::store) async fn active(tx: &DatabaseTransaction, tenant: TenantId, id: MemberId) -> Result<Option<MemberRow>, DbErr> {
    Ok(find(tx, tenant, id).await?.filter(|row| row.active))
}

/// Counts the owners.
async fn owners(tx: &DatabaseTransaction, tenant: TenantId) -> Result<usize, DbErr> {
    let own = Entity::find().filter(Column::TenantId.eq(tenant.0)).filter(Column::State.eq("active"));
    let count = own.filter(Column::Role.eq(MemberRole::Owner.name())).count(tx).await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// What a limit names that the business does not have.
pub(in crate::store::people) enum Missing {
    /// An inbox.
    Inbox,
    /// A team.
    Team,
}

/// Looks whether everything that a limit names is the business's.
pub(in crate::store::people) async fn missing(
    tx: &DatabaseTransaction,
    tenant: TenantId,
    limit: &Visibility,
) -> Result<Option<Missing>, DbErr> {
    use {inbox::Column as I, team::Column as T};
    let inboxes: Vec<_> = limit.inboxes().into_iter().flatten().map(|InboxId(id)| id).collect();
    let wanted = inboxes.len() as u64;
    let own = inbox::Entity::find().filter(I::TenantId.eq(tenant.0)).filter(I::Id.is_in(inboxes));
    if wanted > 0 && own.count(tx).await? != wanted {
        return Ok(Some(Missing::Inbox));
    }
    let teams: Vec<_> = limit.teams().into_iter().flatten().map(|TeamId(id)| id).collect();
    let wanted = teams.len() as u64;
    let own = team::Entity::find().filter(T::TenantId.eq(tenant.0)).filter(T::State.eq("active")).filter(T::Id.is_in(teams));
    Ok((wanted > 0 && own.count(tx).await? != wanted).then_some(Missing::Team))
}
