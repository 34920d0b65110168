//! What is looked for and where, before it becomes one database's question.

use super::SearchPlace;
use crate::domain::ids::AgentId;
use crate::domain::membership::Sight;
use crate::domain::search::Wanted;
use crate::domain::time::Timestamp;
use crate::store::people::visible::seen_teams;
use sea_orm::sea_query::Value;
use sea_orm::{DatabaseTransaction, DbBackend, DbErr, Statement};
use std::time::Duration;
use uuid::Uuid;

/// How far the time in an id may be from when its row was recorded: an id is made at that very moment, unless a clock was set.
const SLACK: Duration = Duration::from_secs(86_400);

/// A question for messages or contacts of one tenant.
#[derive(Clone, Debug)]
pub(super) struct Find {
    pub tenant: Uuid,
    pub wanted: Wanted,
    /// Only what hangs on these inboxes.
    pub inboxes: Option<Vec<Uuid>>,
    /// Who asks: of his limits that to teams is asked of each row.
    pub sight: Sight,
    pub conversation: Option<Uuid>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub spam: bool,
    pub before: Option<SearchPlace>,
    pub limit: u64,
}

impl Find {
    /// Returns the lowest id that a row recorded in the span can have.
    pub fn lowest(&self) -> Option<Uuid> {
        self.from.map(|at| id_at(at.before(SLACK), 0))
    }

    /// Returns the highest.
    pub fn highest(&self) -> Option<Uuid> {
        self.to.map(|at| id_at(at.after(SLACK), u128::MAX >> 48))
    }
}

fn id_at(at: Timestamp, rest: u128) -> Uuid {
    let millis = u64::try_from(at.micros() / 1_000).unwrap_or_default() & (u64::MAX >> 16);
    Uuid::from_u128((u128::from(millis) << 80) | rest)
}

/// A statement that is put together with its values.
pub(super) struct Sql {
    pub text: String,
    values: Vec<Value>,
}

impl Sql {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: Vec::new() }
    }

    /// Keeps a value; returns how the statement names it.
    pub fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Keeps ids; returns them as a list.
    pub fn bind_all(&mut self, ids: &[Uuid]) -> String {
        let names: Vec<String> = ids.iter().map(|id| self.bind(*id)).collect();
        if names.is_empty() { "NULL".to_owned() } else { names.join(", ") }
    }

    /// Returns what a conversation `c` must be for who sees only some teams' and his own; `None`: anything.
    pub fn in_teams(&mut self, sight: &Sight) -> Option<String> {
        let theirs = self.bind_all(&seen_teams(sight)?);
        let own = sight.me().map(|AgentId(me)| format!(" OR c.assignee_id = {}", self.bind(me))).unwrap_or_default();
        Some(format!("(c.team_id IN ({theirs}){own})"))
    }

    /// Returns what a contact `x` must be known by for who sees only some; `None`: anything.
    pub fn known(&mut self, what: &Find) -> Option<String> {
        let inboxes = what.inboxes.as_deref().map(|ids| self.bind_all(ids));
        if let Some(teams) = self.in_teams(&what.sight) {
            let inboxes = inboxes.map(|ids| format!(" AND c.inbox_id IN ({ids})")).unwrap_or_default();
            return Some(format!(
                "EXISTS (SELECT 1 FROM conversation c WHERE c.tenant_id = x.tenant_id AND c.contact_id = x.id{inboxes} AND {teams})"
            ));
        }
        let inboxes = inboxes?;
        Some(format!(
            "EXISTS (SELECT 1 FROM thread t WHERE t.tenant_id = x.tenant_id AND t.contact_id = x.id AND t.inbox_id IN ({inboxes}))"
        ))
    }

    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub async fn all(self, tx: &DatabaseTransaction, backend: DbBackend) -> Result<Vec<sea_orm::QueryResult>, DbErr> {
        use sea_orm::ConnectionTrait;
        tx.query_all_raw(Statement::from_sql_and_values(backend, self.text, self.values)).await
    }

    /// Returns it as a question for the plan, without its values' meaning changed.
    #[cfg(test)]
    pub fn explain(mut self) -> Self {
        self.text.insert_str(0, "EXPLAIN ");
        self
    }
}

/// Found ids, newest first, and where looking ended before its end.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub rows: Vec<SearchPlace>,
    pub next: Option<SearchPlace>,
}

/// Which table's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Message,
    Contact,
}

impl Table {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Contact => "contact",
        }
    }
}

/// Finds ids on whichever database it is.
pub(super) async fn find(tx: &DatabaseTransaction, table: Table, what: &Find) -> Result<Found, DbErr> {
    use sea_orm::ConnectionTrait;
    if what.inboxes.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Found::default());
    }
    if tx.get_database_backend() == DbBackend::Postgres {
        return super::postgres::find(tx, table, what).await;
    }
    super::sqlite::find(tx, table, what).await
}

/// Cuts the row too many off: it tells that there is more.
pub(super) fn page(mut rows: Vec<SearchPlace>, limit: u64) -> Option<Found> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    let next = rows.last().copied();
    Some(Found { rows, next })
}
