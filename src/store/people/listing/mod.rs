//! Lists of conversations as people ask for them, and how many there are: by index from a place on, never sorted as a whole.
//!
//! A page costs a query of ids for each phase of its order that it reaches into, and then the few queries that dress its rows.

mod counting;
mod plan;
#[cfg(test)]
mod tests;

pub use counting::{Bounded, InboxTabs, MOST_COUNTED, Tabs, TabsOfStatus};

use crate::domain::ids::{AgentId, ConversationId, InboxId, LabelId, TeamId};
use crate::domain::membership::{Sight, Visibility};
use crate::domain::time::Timestamp;
use crate::domain::triage::filter::Filter;
use crate::domain::triage::sort::{Key, Phase, Sort};
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::conversations::{self, ConversationRow};
use crate::store::time::timestamp;
use entities::instant::Instant;
use entities::label;
use plan::{Asked, Page};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, PaginatorTrait, QueryFilter};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Which conversations.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// Who asks.
    pub me: AgentId,
}

/// A place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPlace {
    /// The phase of the order.
    pub phase: u8,
    /// The instant by which that phase is ordered.
    pub at: Timestamp,
    /// The conversation.
    pub id: ConversationId,
}

/// A conversation in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The conversation.
    pub row: ConversationRow,
    /// Where it stands.
    pub place: ListPlace,
}

impl TenantScope {
    /// Lists conversations, from a place on.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn list_conversations(&self, listing: Listing, after: Option<ListPlace>, limit: u64) -> Result<Vec<Listed>, StoreError> {
        let (tenant, seen) = (self.id().0, Seen::of(self.sight().limit(), &listing.filter.inboxes));
        self.read(move |tx| {
            Box::pin(async move {
                if !labels_exist(tx, tenant, &listing.filter.labels).await? {
                    return Ok(Vec::new());
                }
                by_index(tx).await?;
                let Listing { filter, sort, me } = &listing;
                let asked = Asked { backend: tx.get_database_backend(), tenant, filter, me: *me, seen };
                let places = places(tx, &asked, *sort, after, limit).await?;
                dress(tx, tenant, places).await
            })
        })
        .await
    }
}

/// Counts what a list shows, up to a bound, and returns the query of its rows (`id`, and `at` by which they are ordered, the newest first).
/// `None`: it can show nothing.
pub(super) async fn fixed(
    tx: &DatabaseTransaction,
    tenant: Uuid,
    sight: &Sight,
    listing: &Listing,
    most: u64,
) -> Result<(u64, Option<SelectStatement>), DbErr> {
    let seen = Seen::of(sight.limit(), &listing.filter.inboxes);
    if !labels_exist(tx, tenant, &listing.filter.labels).await? {
        return Ok((0, None));
    }
    by_index(tx).await?;
    let asked = Asked { backend: tx.get_database_backend(), tenant, filter: &listing.filter, me: listing.me, seen };
    let Some(query) = asked.count(most) else { return Ok((0, None)) };
    let row = tx.query_one(&query).await?;
    let found: i64 = row.map(|row| row.try_get("", "count")).transpose()?.unwrap_or_default();
    let phase = Phase { key: Key::Activity, descending: true, waiting: None, priority: None };
    Ok((u64::try_from(found).unwrap_or_default(), asked.page(Page { phase, after: None, limit: most.saturating_sub(1) })))
}

/// What may be shown to whoever asks, whatever else the filter says.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// The inboxes asked for, among those that are seen; `None`: all.
    inboxes: Option<Vec<InboxId>>,
    /// The teams whose conversations are seen beside those that are whoever asks' own; `None`: all, and what no team has.
    teams: Option<Vec<TeamId>>,
}

impl Seen {
    fn of(limit: &Visibility, asked: &BTreeSet<InboxId>) -> Self {
        let asked = (!asked.is_empty()).then(|| asked.iter().copied().filter(|inbox| limit.sees_inbox(*inbox)).collect());
        let inboxes = asked.or_else(|| Some(limit.inboxes()?.collect()));
        Self { inboxes, teams: limit.teams().map(Iterator::collect) }
    }

    /// Tells whether the kept counts hold enough to answer a filter: they know inboxes and no teams.
    fn is_kept(&self, filter: &Filter) -> bool {
        self.teams.is_none() && filter.is_plain()
    }
}

/// Tells whether the tenant has all these labels. One that is deleted shows nothing, although it may not yet have been taken off every row.
async fn labels_exist(tx: &DatabaseTransaction, tenant: Uuid, labels: &BTreeSet<LabelId>) -> Result<bool, DbErr> {
    use label::{Column, Entity};
    if labels.is_empty() {
        return Ok(true);
    }
    let known = Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::DeletedAt.is_null());
    let known = known.filter(Column::Id.is_in(labels.iter().map(|label| label.0))).count(tx).await?;
    Ok(usize::try_from(known) == Ok(labels.len()))
}

/// A list shows few rows of many: PostgreSQL must not weigh reading all of them, whatever its figures say of a table that has grown, nor use
/// the plan that it has kept for another page.
async fn by_index(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sql = "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
               set_config('plan_cache_mode', 'force_custom_plan', true)";
    tx.execute_unprepared(sql).await.map(drop)
}

/// Fills a page phase by phase.
async fn places(
    tx: &DatabaseTransaction,
    asked: &Asked<'_>,
    sort: Sort,
    after: Option<ListPlace>,
    limit: u64,
) -> Result<Vec<ListPlace>, DbErr> {
    let mut found = Vec::new();
    for (number, phase) in sort.phases(asked.filter) {
        let left = limit.saturating_sub(found.len() as u64);
        if left == 0 {
            break;
        }
        let after = match after {
            Some(place) if number < place.phase => continue,
            Some(place) if number == place.phase => Some((place.at, place.id.0)),
            Some(_) | None => None,
        };
        let Some(query) = asked.page(Page { phase, after, limit: left }) else { break };
        for row in tx.query_all(&query).await? {
            let (id, at): (Uuid, Instant) = (row.try_get("", "id")?, row.try_get("", "at")?);
            found.push(ListPlace { phase: number, at: timestamp(at), id: id.into() });
        }
    }
    Ok(found)
}

/// Reads the rows, in the order of their places.
async fn dress(tx: &DatabaseTransaction, tenant: Uuid, places: Vec<ListPlace>) -> Result<Vec<Listed>, DbErr> {
    let rows = conversations::by_ids(tx, tenant, places.iter().map(|place| place.id)).await?;
    let mut rows: HashMap<Uuid, ConversationRow> = rows.into_iter().map(|row| (row.model.id, row)).collect();
    let listed = |place: ListPlace| Some(Listed { row: rows.remove(&place.id.0)?, place });
    Ok(places.into_iter().filter_map(listed).collect())
}
