//! Members of a business as people see and change them. What is decided, is decided by [`membership`](crate::domain::membership) on rows
//! that no other change of members can touch meanwhile.
//!
//! Never shows an account: what colleagues read of each other stands in the member's own row.

pub(in crate::store) mod change;

use crate::domain::ids::{InboxId, MemberId, TeamId};
use crate::domain::membership::{Place, Refusal, Standing, Visibility};
use crate::domain::permission::{Area, Grants, Permission, Role};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::time::timestamp;
use entities::member::{Column, Entity, Model};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeSet;

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// Who, and what he is.
    pub standing: Standing,
    /// What colleagues read.
    pub name: String,
    /// The address.
    pub email: String,
    /// False: taken out of the business.
    pub active: bool,
    /// Rises with every change of his place.
    pub version: i64,
    /// When he joined.
    pub created_at: Timestamp,
    /// When he was last changed.
    pub updated_at: Timestamp,
}

impl MemberRow {
    pub(super) fn read(row: Model) -> Result<Self, DbErr> {
        let place = read_place(&row.role, row.permissions.as_deref(), row.inboxes.as_deref())?;
        Ok(Self {
            standing: Standing { id: row.id.into(), place },
            name: row.name,
            email: row.email,
            active: row.state == "active",
            version: row.version,
            created_at: timestamp(row.created_at),
            updated_at: timestamp(row.updated_at),
        })
    }
}

/// Reads a place as it is stored. Nothing limits an owner, whatever is stored beside him.
pub(in crate::store) fn read_place(role: &str, permissions: Option<&str>, inboxes: Option<&str>) -> Result<Place, DbErr> {
    let role = Role::named(role).ok_or_else(|| DbErr::Type("a role that this release does not know".to_owned()))?;
    Ok(match role {
        Role::Owner => Place { role, permissions: None, visibility: Visibility::everything() },
        Role::Administrator | Role::Member => {
            Place { role, permissions: permissions.map(Grants::stored), visibility: Visibility::stored(inboxes) }
        }
    })
}

/// What a member is to become; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemberChange {
    /// What colleagues read.
    pub name: Option<String>,
    /// The role.
    pub role: Option<Role>,
    /// Permissions of his own; `Some(None)`: those of the role.
    pub permissions: Option<Option<Grants>>,
    /// The inboxes to which he is limited; `Some(None)`: to none.
    pub inboxes: Option<Option<BTreeSet<InboxId>>>,
    /// The teams to which he is limited; `Some(None)`: to none.
    pub teams: Option<Option<BTreeSet<TeamId>>>,
}

impl MemberChange {
    /// Returns the place that it comes to. An owner is limited in nothing, and whoever was one has no limits left over.
    pub(super) fn place(&self, now: &Place) -> Place {
        let role = self.role.unwrap_or(now.role);
        let permissions = self.permissions.unwrap_or(if role == Role::Owner { None } else { now.permissions });
        let mut visibility = if role == Role::Owner { Visibility::everything() } else { now.visibility.clone() };
        if let Some(inboxes) = &self.inboxes {
            visibility = visibility.with_inboxes(inboxes.clone());
        }
        if let Some(teams) = &self.teams {
            visibility = visibility.with_teams(teams.clone());
        }
        Place { role, permissions, visibility }
    }
}

/// What became of a change of members.
#[derive(Clone, Debug, PartialEq)]
pub enum Changed {
    /// It is done; so the member stands now.
    Done(Box<MemberRow>),
    /// There is no such member.
    Absent,
    /// An inbox that he shall see is none of the business.
    NoInbox,
    /// A team that he shall see is none of the business.
    NoTeam,
    /// It may not be.
    Refused(Refusal),
}

impl TenantScope {
    /// Lists the members who are not removed, in the order in which they joined.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn members(&self, after: Option<MemberId>, limit: u64) -> Result<Vec<MemberRow>, StoreError> {
        let own = Entity::find().filter(Column::TenantId.eq(self.id().0)).filter(Column::State.eq("active"));
        let page = after.map_or(own.clone(), |after| own.filter(Column::Id.gt(after.0))).order_by_asc(Column::Id).limit(limit);
        self.read(move |tx| Box::pin(async move { page.all(tx).await?.into_iter().map(MemberRow::read).collect() })).await
    }

    /// Finds a member, also one who was removed: his name stands in old conversations.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn member(&self, id: MemberId) -> Result<Option<MemberRow>, StoreError> {
        let own = Entity::find().filter(Column::TenantId.eq(self.id().0)).filter(Column::Id.eq(id.0));
        self.read(move |tx| Box::pin(async move { own.one(tx).await?.map(MemberRow::read).transpose() })).await
    }

    /// Tells whether a member may answer in an inbox: still a member, sees it, and may write in conversations. A limit to teams does not
    /// matter: what is given to somebody is seen by him.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn member_may_answer(&self, id: MemberId, inbox: InboxId) -> Result<bool, StoreError> {
        let found = self.member(id).await?.filter(|row| row.active).map(|row| row.standing.place);
        Ok(found.is_some_and(|place| place.visibility.sees_inbox(inbox) && place.grants().allow(Permission::write(Area::Conversations))))
    }

    /// Tells whether a member is still there and as he was: long-lived streams ask again and again.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn member_is_unchanged(&self, id: MemberId, version: i64) -> Result<bool, StoreError> {
        let own = Entity::find().filter(Column::TenantId.eq(self.id().0)).filter(Column::Id.eq(id.0));
        let same = own.filter(Column::State.eq("active")).filter(Column::Version.eq(version));
        let served = same.inner_join(entities::tenant::Entity).filter(entities::tenant::Column::State.eq("active"));
        self.read(move |tx| Box::pin(async move { Ok(served.count(tx).await? > 0) })).await
    }
}
