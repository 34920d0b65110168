//! What people change at the front desk: who is there, who takes how much, how conversations are given. Each change takes the desk first, and
//! asks what waits in the same transaction: nothing waits for a timer while somebody is free.
//!
//! Never gives a conversation to anybody: those that are asked decide in their own step.

use crate::domain::audit::{Action, Deed};
use crate::domain::booking::WeekHours;
use crate::domain::ids::{ConversationId, ConversationKey, InboxId, MemberId};
use crate::domain::routing::{Choice, DEFAULT_MAX_OPEN, Mode, OnReturn, Rule, is_seen};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::audit;
use crate::store::desk::hand_out::{LINE, hand_out};
use crate::store::desk::take;
use crate::store::people::visible::in_sight;
use crate::store::rows::{Columns, Kind, Row, Rows, Tx, get, maybe_at};
use crate::store::scope::{Role, assume, store_error};
use crate::store::spelling::from_json;
use entities::conversation::{Column, Entity};
use futures::future::BoxFuture;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How coarse it is kept when somebody was last seen.
const COARSE: Duration = Duration::from_secs(20);

pub(super) const OWN: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
const PAGE: Columns = &[("tenant_id", Kind::Id), ("after", Kind::Id)];
const CHOICE: Columns = &[
    ("tenant_id", Kind::Id),
    ("member_id", Kind::Id),
    ("choice", Kind::Text),
    ("last_seen", Kind::At),
    ("turn", Kind::Int),
    ("updated_at", Kind::At),
];
const LIMIT: Columns = &[
    ("tenant_id", Kind::Id),
    ("member_id", Kind::Id),
    ("choice", Kind::Text),
    ("max_open", Kind::Int),
    ("turn", Kind::Int),
    ("updated_at", Kind::At),
];
/// Only when somebody was seen changes.
const SEEN: &str = "ON CONFLICT (tenant_id, member_id) DO UPDATE SET last_seen = excluded.last_seen";

const DESK: Columns = &[("tenant_id", Kind::Id), ("max_open", Kind::Int)];
const RULE: Columns = &[
    ("tenant_id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("mode", Kind::Text),
    ("max_open", Kind::Int),
    ("on_return", Kind::Text),
    ("updated_at", Kind::At),
];
/// Why a change was not made. Nothing of it stands then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskRefusal {
    /// There is no such thing.
    Absent,
    /// A member who is named is none of the business.
    NoMember,
    /// Another team has this name.
    NameTaken,
    /// There are as many as there may be.
    TooMany,
}

impl DeskRefusal {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Absent, "desk: absent"),
        (Self::NoMember, "desk: no member"),
        (Self::NameTaken, "desk: taken"),
        (Self::TooMany, "desk: many"),
    ];

    /// The error by which a change of the desk is undone.
    pub(super) fn undo(self) -> DbErr {
        let word = Self::ALL.iter().find(|(one, _)| *one == self).map_or("desk", |(_, word)| *word);
        DbErr::Custom(word.to_owned())
    }

    fn of(error: &DbErr) -> Option<Self> {
        let DbErr::Custom(text) = error else { return None };
        Self::ALL.iter().find(|(_, word)| *word == text.as_str()).map(|(one, _)| *one)
    }
}

/// A change that was made, and the conversations that were asked to look who is free: their owner should be told.
#[derive(Clone, Debug)]
pub struct AtDesk<T> {
    /// What it came to.
    pub now: T,
    /// Conversations that were asked.
    pub asked: Vec<ConversationKey>,
}

/// Somebody at the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceRow {
    /// Who.
    pub member: MemberId,
    /// His name.
    pub name: String,
    /// What he chose.
    pub choice: Choice,
    /// When he was last seen.
    pub seen: Option<Timestamp>,
    /// How many open conversations he has, of those that are seen.
    pub open: u32,
    /// How many he takes at most.
    pub limit: u32,
    /// True: the limit is his own.
    pub own_limit: bool,
}

impl TenantScope {
    /// Changes the desk: takes it, does the change, asks what waits, writes the log. All of it or nothing.
    pub(super) async fn at_desk<T, F>(&self, change: F) -> Result<Result<AtDesk<T>, DeskRefusal>, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(Tx<'a>) -> BoxFuture<'a, Result<(T, Option<Deed>), DbErr>> + Send + 'static,
    {
        let (tenant, ids, caller) = (self.id(), Arc::clone(&self.store().inner.ids), self.caller().clone());
        let at = self.store().inner.clock.now();
        let done = self.store().solo_told(Role::People(tenant), move |db| {
            Box::pin(async move {
                let tx = Tx::new(db, &*ids);
                take(tx, tenant, at).await?;
                let (now, deed) = change(tx).await?;
                // The queue and the log are the engine's to write.
                assume(db, Role::Engine).await?;
                let asked = hand_out(tx, tenant, at).await?;
                if let Some(deed) = deed {
                    audit::record(db, tenant, &caller, at, &deed).await?;
                }
                Ok(AtDesk { now, asked })
            })
        });
        match done.await? {
            Ok(done) => Ok(Ok(done)),
            Err(error) => DeskRefusal::of(&error).map_or_else(|| Err(store_error(error)), |refusal| Ok(Err(refusal))),
        }
    }

    pub(super) async fn ask(&self, sql: impl Into<String>, columns: Columns, id: Option<Uuid>) -> Result<Vec<Row>, StoreError> {
        let (tenant, sql, ids) = (self.id(), sql.into(), Arc::clone(&self.store().inner.ids));
        self.read(move |db| {
            Box::pin(async move {
                let tx = Tx::new(db, &*ids);
                let mut rows: Rows = tx.rows(columns);
                rows.push([tenant.into(), id.into()]);
                tx.all(&sql, &rows).await
            })
        })
        .await
    }

    /// Notes that a member is there. Costs nothing if he was seen just before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_seen(&self, member: MemberId, at: Timestamp) -> Result<Vec<ConversationKey>, StoreError> {
        let sql =
            "SELECT p.choice, p.last_seen FROM {rows} CROSS JOIN desk_member p WHERE p.tenant_id = r.tenant_id AND p.member_id = r.id";
        let found = self.ask(sql, OWN, Some(member.0)).await?;
        let seen = found.first().map_or(Ok(None), |row| maybe_at(row, "last_seen")).map_err(store_error)?;
        if seen.is_some_and(|seen| at.since(seen) < COARSE) {
            return Ok(Vec::new());
        }
        let tenant = self.id();
        let put = move |tx: Tx<'_>| {
            let mut rows = tx.rows(CHOICE);
            rows.push([tenant.into(), member.0.into(), Choice::Online.as_str().into(), at.into(), 0.into(), at.into()]);
            rows
        };
        if is_seen(seen, at) {
            let ids = Arc::clone(&self.store().inner.ids);
            self.write(move |db| {
                Box::pin(async move {
                    let tx = Tx::new(db, &*ids);
                    tx.put("desk_member", &put(tx), SEEN).await.map(drop)
                })
            })
            .await?;
            return Ok(Vec::new());
        }
        let done = self.at_desk(move |tx| {
            Box::pin(async move {
                tx.put("desk_member", &put(tx), SEEN).await?;
                Ok(((), None))
            })
        });
        Ok(done.await?.map(|done| done.asked).unwrap_or_default())
    }

    /// Keeps what a member chose to be, who is there by saying so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn choose_presence(&self, member: MemberId, choice: Choice, at: Timestamp) -> Result<Vec<ConversationKey>, StoreError> {
        let tenant = self.id();
        let done = self.at_desk(move |tx| {
            Box::pin(async move {
                let mut rows = tx.rows(CHOICE);
                rows.push([tenant.into(), member.0.into(), choice.as_str().into(), at.into(), 0.into(), at.into()]);
                let suffix = "ON CONFLICT (tenant_id, member_id) DO UPDATE SET choice = excluded.choice, last_seen = excluded.last_seen,
                              updated_at = excluded.updated_at";
                tx.put("desk_member", &rows, suffix).await?;
                Ok(((), None))
            })
        });
        Ok(done.await?.map(|done| done.asked).unwrap_or_default())
    }

    /// Sets how many open conversations a member takes; `None`: as many as the business says.
    ///
    /// # Errors
    /// [`StoreError`]; refused for a member who is none.
    pub async fn set_capacity(&self, member: MemberId, limit: Option<u32>) -> Result<Result<AtDesk<()>, DeskRefusal>, StoreError> {
        let (tenant, at) = (self.id(), self.store().inner.clock.now());
        self.at_desk(move |tx| {
            Box::pin(async move {
                if !are_members(tx, tenant.0, &[member]).await? {
                    return Err(DeskRefusal::Absent.undo());
                }
                let mut rows = tx.rows(LIMIT);
                let limit = limit.map(i64::from);
                rows.push([tenant.into(), member.0.into(), Choice::Online.as_str().into(), limit.into(), 0.into(), at.into()]);
                tx.put("desk_member", &rows, "ON CONFLICT (tenant_id, member_id) DO UPDATE SET max_open = excluded.max_open").await?;
                Ok(((), Some(Deed::new(Action::MemberCapacitySet, member))))
            })
        })
        .await
    }

    /// Returns how many open conversations a member takes who has no limit of his own.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn default_capacity(&self) -> Result<u32, StoreError> {
        let sql = "SELECT d.max_open FROM {rows} CROSS JOIN desk d WHERE d.tenant_id = r.tenant_id";
        let found = self.ask(sql, OWN, None).await?;
        found.first().map_or(Ok(DEFAULT_MAX_OPEN), |row| limit_of(row, "max_open").map(|it| it.unwrap_or_default())).map_err(store_error)
    }

    /// Sets it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_default_capacity(&self, limit: u32) -> Result<Result<AtDesk<()>, DeskRefusal>, StoreError> {
        let tenant = self.id();
        self.at_desk(move |tx| {
            Box::pin(async move {
                let mut rows = tx.rows(DESK);
                rows.push([tenant.into(), i64::from(limit).into()]);
                tx.update("desks", "UPDATE desk SET max_open = r.max_open FROM {rows} WHERE desk.tenant_id = r.tenant_id", &rows).await?;
                Ok(((), Some(Deed::new(Action::AssignmentRulesReplaced, tenant))))
            })
        })
        .await
    }

    /// Lists who is at the desk, in the order in which they joined.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn presence(&self, after: Option<MemberId>, limit: u64) -> Result<Vec<PresenceRow>, StoreError> {
        let business = self.default_capacity().await?;
        let sql = format!(
            "SELECT m.id, m.name, p.choice, p.last_seen, p.max_open,
             (SELECT COUNT(*) FROM conversation c WHERE c.tenant_id = m.tenant_id AND c.assignee_id = m.id AND c.status = 'open'
             AND c.assignee_id IS NOT NULL) AS held
             FROM {{rows}} CROSS JOIN member m LEFT JOIN desk_member p ON p.tenant_id = m.tenant_id AND p.member_id = m.id
             WHERE m.tenant_id = r.tenant_id AND m.state = 'active' AND m.id > r.after ORDER BY m.id LIMIT {limit}"
        );
        let found = self.ask(sql, PAGE, Some(after.map_or(Uuid::nil(), |id| id.0))).await?;
        let rows: Result<Vec<_>, _> = found.iter().map(|row| presence_row(row, business)).collect();
        let mut rows = rows.map_err(store_error)?;
        if !self.sight().limit().is_everything() {
            let mut seen = self.seen_open(rows.iter().map(|row| row.member.0).collect()).await?;
            rows.iter_mut().for_each(|row| row.open = seen.remove(&row.member.0).unwrap_or_default());
        }
        Ok(rows)
    }

    /// Counts the open conversations of members that are seen.
    async fn seen_open(&self, members: Vec<Uuid>) -> Result<HashMap<Uuid, u32>, StoreError> {
        let held = Entity::find().filter(Column::TenantId.eq(self.id().0)).filter(in_sight(self.sight()));
        let held = held.filter(Column::Status.eq("open")).filter(Column::AssigneeId.is_in(members));
        let held = held.select_only().column(Column::AssigneeId).column_as(Column::Id.count(), "held").group_by(Column::AssigneeId);
        let counts = held.into_tuple::<(Uuid, i64)>();
        let counts = self.read(move |tx| Box::pin(async move { counts.all(tx).await })).await?;
        Ok(counts.into_iter().map(|(member, count)| (member, u32::try_from(count).unwrap_or(u32::MAX))).collect())
    }

    /// Returns an inbox's rule and hours; `None`: no such inbox is seen.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn inbox_rule(&self, inbox: InboxId) -> Result<Option<(Rule, Option<WeekHours>)>, StoreError> {
        if !self.sight().limit().sees_inbox(inbox) {
            return Ok(None);
        }
        let sql = "SELECT u.mode, u.max_open, u.on_return, u.hours FROM {rows} CROSS JOIN inbox i
                   LEFT JOIN inbox_rule u ON u.tenant_id = i.tenant_id AND u.inbox_id = i.id WHERE i.tenant_id = r.tenant_id AND i.id = r.id";
        let found = self.ask(sql, OWN, Some(inbox.0)).await?;
        found.first().map(rule_row).transpose().map_err(store_error)
    }

    /// Replaces an inbox's rule.
    ///
    /// # Errors
    /// [`StoreError`]; refused for an inbox that is not seen.
    pub async fn set_inbox_rule(&self, inbox: InboxId, rule: Rule) -> Result<Result<AtDesk<()>, DeskRefusal>, StoreError> {
        let (tenant, at, seen) = (self.id(), self.store().inner.clock.now(), self.sight().limit().sees_inbox(inbox));
        self.at_desk(move |tx| {
            Box::pin(async move {
                is_inbox(tx, tenant.0, inbox, seen).await?;
                let (mode, on_return, most) = (rule.mode.as_str(), rule.on_return.as_str(), rule.max_open.map(i64::from));
                let mut rows = tx.rows(RULE);
                rows.push([tenant.into(), inbox.into(), mode.into(), most.into(), on_return.into(), at.into()]);
                let suffix = "ON CONFLICT (tenant_id, inbox_id) DO UPDATE SET mode = excluded.mode, max_open = excluded.max_open,
                              on_return = excluded.on_return, updated_at = excluded.updated_at";
                tx.put("inbox_rule", &rows, suffix).await?;
                Ok(((), Some(Deed::new(Action::InboxAssignmentSet, inbox))))
            })
        })
        .await
    }

    /// Returns the first of the line that a member may take: of those that he sees, of no team or of one of his.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn line(&self, member: Uuid, most: u64) -> Result<Vec<ConversationId>, StoreError> {
        use entities::team_member;
        let mut mine = Query::select();
        mine.column(team_member::Column::TeamId).from(team_member::Entity);
        mine.cond_where(Condition::all().add(team_member::Column::TenantId.eq(self.id().0)).add(team_member::Column::MemberId.eq(member)));
        let waits = Entity::find()
            .filter(Column::TenantId.eq(self.id().0))
            .filter(in_sight(self.sight()))
            .filter(Expr::cust("conversation.status = 'open' AND conversation.speaker = 'nobody' AND conversation.assignee_id IS NULL"))
            .filter(Condition::any().add(Column::TeamId.is_null()).add(Column::TeamId.in_subquery(mine)))
            .order_by(Expr::cust(LINE.replace("c.", "conversation.")), Order::Asc);
        let first = waits.select_only().column(Column::Id).limit(most).into_tuple::<Uuid>();
        let ids = self.read(move |tx| Box::pin(async move { first.all(tx).await })).await?;
        Ok(ids.into_iter().map(ConversationId).collect())
    }
}

fn limit_of(row: &Row, column: &str) -> Result<Option<u32>, DbErr> {
    let limit: Option<i64> = get(row, column)?;
    Ok(limit.map(|limit| u32::try_from(limit).unwrap_or_default()))
}

fn presence_row(row: &Row, business: u32) -> Result<PresenceRow, DbErr> {
    let (id, open, choice): (Uuid, i64, Option<String>) = (get(row, "id")?, get(row, "held")?, get(row, "choice")?);
    let own = limit_of(row, "max_open")?;
    Ok(PresenceRow {
        member: MemberId(id),
        name: get(row, "name")?,
        choice: choice.as_deref().and_then(Choice::parse).unwrap_or_default(),
        seen: maybe_at(row, "last_seen")?,
        open: u32::try_from(open).unwrap_or(u32::MAX),
        limit: own.unwrap_or(business),
        own_limit: own.is_some(),
    })
}

fn rule_row(row: &Row) -> Result<(Rule, Option<WeekHours>), DbErr> {
    let texts: [Option<String>; 3] = [get(row, "mode")?, get(row, "on_return")?, get(row, "hours")?];
    let [mode, on_return, hours] = texts;
    let rule = Rule {
        mode: mode.as_deref().and_then(Mode::parse).unwrap_or_default(),
        max_open: limit_of(row, "max_open")?,
        on_return: on_return.as_deref().and_then(OnReturn::parse).unwrap_or_default(),
    };
    Ok((rule, hours.as_deref().map(from_json).transpose()?))
}

async fn is_inbox(tx: Tx<'_>, tenant: Uuid, inbox: InboxId, seen: bool) -> Result<(), DbErr> {
    let mut rows = tx.rows(OWN);
    rows.push([tenant.into(), inbox.into()]);
    let sql = "SELECT i.id FROM {rows} CROSS JOIN inbox i WHERE i.tenant_id = r.tenant_id AND i.id = r.id";
    if seen && !tx.all(sql, &rows).await?.is_empty() { Ok(()) } else { Err(DeskRefusal::Absent.undo()) }
}

/// Tells whether these are members of the business, all of them.
pub(super) async fn are_members(tx: Tx<'_>, tenant: Uuid, members: &[MemberId]) -> Result<bool, DbErr> {
    let mut rows = tx.rows(OWN);
    members.iter().for_each(|member| rows.push([tenant.into(), member.0.into()]));
    let sql = "SELECT m.id FROM {rows} CROSS JOIN member m WHERE m.tenant_id = r.tenant_id AND m.id = r.id AND m.state = 'active'";
    Ok(tx.all(sql, &rows).await?.len() == members.len())
}
