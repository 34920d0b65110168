//! How many conversations there are. For the plain tabs the kept counts tell, exactly; under a further filter, and for who sees only some
//! teams', rows are counted, up to a bound.

use super::plan::Asked;
use super::{Seen, by_index, labels_exist};
use crate::domain::conversation::standing::Status;
use crate::domain::ids::{AgentId, InboxId};
use crate::domain::triage::filter::{AssigneeIs, Filter};
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::writer::counts::NOBODY;
use entities::conversation_count::{Column, Entity};
use sea_orm::sea_query::{Alias, CaseStatement, Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, QueryResult};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Up to so many are counted one by one.
pub const MOST_COUNTED: u64 = 1_000;

/// How many; with `more`, at least as many and one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounded {
    /// The number.
    pub count: u64,
    /// There are more.
    pub more: bool,
}

impl Bounded {
    const fn exactly(count: u64) -> Self {
        Self { count, more: false }
    }
}

/// How many of one status, by whom they are assigned to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TabsOfStatus {
    /// All.
    pub all: Bounded,
    /// To whoever asks.
    pub mine: Bounded,
    /// To nobody.
    pub unassigned: Bounded,
}

/// How many of one inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboxTabs {
    /// The inbox.
    pub inbox: InboxId,
    /// Held by people.
    pub open: u64,
    /// Held by the assistant.
    pub pending: u64,
}

/// The figures of all tabs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tabs {
    /// By status: every status.
    pub statuses: BTreeMap<Status, TabsOfStatus>,
    /// By inbox, those that have any; `None` where rows were counted one by one.
    pub inboxes: Option<Vec<InboxTabs>>,
}

impl TenantScope {
    /// Counts what a filter shows, up to [`MOST_COUNTED`]; exactly where the kept counts tell.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn count_conversations(&self, filter: Filter, me: AgentId) -> Result<Bounded, StoreError> {
        let (tenant, seen) = (self.id().0, Seen::of(self.sight().limit(), &filter.inboxes));
        self.read(move |tx| {
            Box::pin(async move {
                if seen.is_kept(&filter) {
                    let kept = kept(tx, tenant, seen.inboxes, &filter, me).await?;
                    return Ok(Bounded::exactly(kept.iter().map(|row| row.all).sum()));
                }
                counted(tx, tenant, seen, &filter, me).await
            })
        })
        .await
    }

    /// Counts for every tab at once. What the filter says of status and assignee is the tabs' to say.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn conversation_tabs(&self, filter: Filter, me: AgentId) -> Result<Tabs, StoreError> {
        let (tenant, seen) = (self.id().0, Seen::of(self.sight().limit(), &filter.inboxes));
        let filter = Filter { statuses: BTreeSet::new(), assignee: None, ..filter };
        self.read(move |tx| {
            Box::pin(async move {
                if seen.is_kept(&filter) {
                    return Ok(Tabs::kept(&kept(tx, tenant, seen.inboxes, &filter, me).await?));
                }
                counted_tabs(tx, tenant, seen, &filter, me).await
            })
        })
        .await
    }
}

/// The kept counts of one status in one inbox.
struct Kept {
    inbox: Uuid,
    status: Status,
    all: u64,
    mine: u64,
    unassigned: u64,
}

impl Kept {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let status: String = row.try_get("", "status")?;
        let number = |name: &str| Ok::<_, DbErr>(u64::try_from(row.try_get::<i64>("", name)?).unwrap_or_default());
        Ok(Self {
            inbox: row.try_get("", "inbox_id")?,
            status: Status::parse(&status).ok_or_else(|| DbErr::Type("unknown status of a count".to_owned()))?,
            all: number("everyones")?,
            mine: number("mine")?,
            unassigned: number("nobodys")?,
        })
    }
}

impl Tabs {
    fn kept(rows: &[Kept]) -> Self {
        let sum = |status: Status| {
            let rows = || rows.iter().filter(|row| row.status == status);
            TabsOfStatus {
                all: Bounded::exactly(rows().map(|row| row.all).sum()),
                mine: Bounded::exactly(rows().map(|row| row.mine).sum()),
                unassigned: Bounded::exactly(rows().map(|row| row.unassigned).sum()),
            }
        };
        let mut inboxes: BTreeMap<Uuid, InboxTabs> = BTreeMap::new();
        for row in rows {
            let tabs = inboxes.entry(row.inbox).or_insert(InboxTabs { inbox: row.inbox.into(), open: 0, pending: 0 });
            match row.status {
                Status::Open => tabs.open += row.all,
                Status::Pending => tabs.pending += row.all,
                Status::Snoozed | Status::Resolved | Status::Spam => {}
            }
        }
        Self {
            statuses: Status::ALL.into_iter().map(|status| (status, sum(status))).collect(),
            inboxes: Some(inboxes.into_values().collect()),
        }
    }
}

async fn kept(
    tx: &DatabaseTransaction,
    tenant: Uuid,
    inboxes: Option<Vec<InboxId>>,
    filter: &Filter,
    me: AgentId,
) -> Result<Vec<Kept>, DbErr> {
    tx.query_all(&sums(tenant, inboxes, filter, me)).await?.iter().map(Kept::read).collect()
}

/// Returns the query of the kept counts: a handful of rows for each inbox.
pub(super) fn sums(tenant: Uuid, inboxes: Option<Vec<InboxId>>, filter: &Filter, me: AgentId) -> SelectStatement {
    let sum = |of: Expr| of.sum().cast_as(Alias::new("bigint"));
    let only = |who: Uuid| CaseStatement::new().case(Column::AssigneeId.eq(who), Expr::col(Column::Count)).finally(0_i64).into();
    let mut query = Query::select();
    query
        .columns([Column::InboxId, Column::Status])
        .expr_as(sum(Expr::col(Column::Count)), Alias::new("everyones"))
        .expr_as(sum(only(me.0)), Alias::new("mine"))
        .expr_as(sum(only(NOBODY)), Alias::new("nobodys"))
        .from(Entity)
        .and_where(Column::TenantId.eq(tenant))
        .and_where(Column::Status.is_in(filter.wanted_statuses().map(Status::as_str)))
        .group_by_columns([Column::InboxId, Column::Status]);
    if let Some(inboxes) = inboxes {
        query.and_where(Column::InboxId.is_in(inboxes.into_iter().map(|inbox| inbox.0)));
    }
    match filter.assignee {
        Some(AssigneeIs::Me) => query.and_where(Column::AssigneeId.eq(me.0)),
        Some(AssigneeIs::One(agent)) => query.and_where(Column::AssigneeId.eq(agent.0)),
        Some(AssigneeIs::Nobody) => query.and_where(Column::AssigneeId.eq(NOBODY)),
        Some(AssigneeIs::Anybody) => query.and_where(Column::AssigneeId.ne(NOBODY)),
        None => &mut query,
    };
    query
}

/// Counts for every tab, one by one.
async fn counted_tabs(tx: &DatabaseTransaction, tenant: Uuid, seen: Seen, filter: &Filter, me: AgentId) -> Result<Tabs, DbErr> {
    let of = async |status: Status, assignee| {
        let filter = Filter { statuses: [status].into(), assignee, ..filter.clone() };
        counted(tx, tenant, seen.clone(), &filter, me).await
    };
    let mut tabs = Tabs::default();
    for status in Status::ALL {
        let mut found = TabsOfStatus { all: of(status, None).await?, ..TabsOfStatus::default() };
        if matches!(status, Status::Open | Status::Pending) && found.all.count > 0 {
            found.mine = of(status, Some(AssigneeIs::Me)).await?;
            found.unassigned = of(status, Some(AssigneeIs::Nobody)).await?;
        }
        tabs.statuses.insert(status, found);
    }
    Ok(tabs)
}

async fn counted(tx: &DatabaseTransaction, tenant: Uuid, seen: Seen, filter: &Filter, me: AgentId) -> Result<Bounded, DbErr> {
    if !labels_exist(tx, tenant, &filter.labels).await? {
        return Ok(Bounded::default());
    }
    by_index(tx).await?;
    let asked = Asked { backend: tx.get_database_backend(), tenant, filter, me, seen };
    let Some(query) = asked.count(MOST_COUNTED + 1) else { return Ok(Bounded::default()) };
    let row = tx.query_one(&query).await?;
    let found: i64 = row.map(|row| row.try_get("", "count")).transpose()?.unwrap_or_default();
    let found = u64::try_from(found).unwrap_or_default();
    Ok(Bounded { count: Ord::min(found, MOST_COUNTED), more: found > MOST_COUNTED })
}
