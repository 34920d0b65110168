//! `/api/v1/conversations/bulk`: one action over many conversations, each of which is changed by the same command as by hand.
//!
//! Never changes a conversation itself: it fixes the list, and the engine works it off.

pub mod cancel;
pub mod create;
pub mod get;
pub mod items;
#[cfg(test)]
mod tests;

use crate::domain::bulk::BulkAction;
use crate::domain::ids::BulkActionId;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::contacts::runs_the_house;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::store::people::bulk::BulkRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An action over many conversations, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BulkActionView {
    /// Its id.
    id: Uuid,
    /// The member or API key that began it.
    by_id: Uuid,
    /// What is done to each: `type` and what belongs to it.
    #[schema(value_type = Object)]
    action: BulkAction,
    /// `running`, `cancelling` (what is in the queue comes to its end), `cancelled` or `done`.
    state: String,
    /// How many conversations.
    total: i64,
    /// How many of them came to what.
    counts: BulkCounts,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was called off.
    #[schema(value_type = Option<String>, format = DateTime)]
    cancelled_at: Option<Timestamp>,
    /// When nothing was left to do.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
}

/// How many conversations came to what; altogether as many as there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct BulkCounts {
    /// Not begun yet.
    waiting: i64,
    /// In the queue of their conversation.
    given: i64,
    /// Changed.
    done: i64,
    /// As they were: they stood so already.
    unchanged: i64,
    /// Refused: `GET …/items?result=refused` says why.
    refused: i64,
    /// Not there, or not among those that whoever began it sees.
    absent: i64,
    /// Called off.
    cancelled: i64,
}

impl From<BulkRow> for BulkActionView {
    fn from(row: BulkRow) -> Self {
        let count = |word: &str| row.counts.get(word).copied().unwrap_or_default();
        let counts = BulkCounts {
            waiting: count("waiting"),
            given: count("given"),
            done: count("done"),
            unchanged: count("unchanged"),
            refused: count("refused"),
            absent: count("absent"),
            cancelled: count("cancelled"),
        };
        let cancelling = row.state == "running" && row.cancelled_at.is_some();
        Self {
            id: row.id.0,
            by_id: row.by.0,
            action: row.action,
            state: if cancelling { "cancelling".to_owned() } else { row.state },
            total: row.items,
            counts,
            created_at: row.created_at,
            cancelled_at: row.cancelled_at,
            finished_at: row.finished_at,
        }
    }
}

/// Finds an action by the id in the path. It is shown to whoever began it, and to administrators who see everything.
///
/// # Errors
/// 403 for somebody else's, 404 for an absent one and for another tenant's.
async fn find(state: &HttpState, who: &AgentPrincipal, id: &str) -> Result<BulkRow, Problem> {
    let id: BulkActionId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let found = who.scope(&state.store).bulk_action(id).await?.ok_or_else(Problem::not_found)?;
    if found.by == who.agent() || (runs_the_house(who) && who.visibility.is_everything()) {
        return Ok(found);
    }
    Err(Problem::forbidden("only whoever began an action, or an administrator who sees everything, looks after it").with_code("not_yours"))
}
