//! Who is at the front desk: what members chose to be, whether they were seen lately, how many conversations they have and take.

pub mod capacity;
pub mod list;
pub mod own;
pub mod ping;
pub mod rules_get;
pub mod rules_replace;
#[cfg(test)]
mod tests;

use crate::domain::ids::{ConversationKey, MemberId};
use crate::domain::routing::is_seen;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::store::people::desk::PresenceRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A member at the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PresenceView {
    /// The member.
    member_id: Uuid,
    /// What colleagues read.
    name: String,
    /// `online`, `busy`, `away`, or `offline`: not seen for a minute and a half.
    status: &'static str,
    /// What the member chose: `online`, `busy` or `away`.
    chosen: &'static str,
    /// When the member was last seen, to some seconds.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_seen_at: Option<Timestamp>,
    /// How many open conversations the member has, of those that you see.
    open: u32,
    /// How many are given to the member by themselves at most.
    max_open: u32,
    /// True: that is the member's own limit, not the business's.
    own_max_open: bool,
}

impl PresenceView {
    fn of(row: PresenceRow, now: Timestamp) -> Self {
        let chosen = row.choice.as_str();
        let status = if is_seen(row.seen, now) { chosen } else { "offline" };
        let PresenceRow { member, name, seen, open, limit, own_limit, .. } = row;
        Self { member_id: member.0, name, status, chosen, last_seen_at: seen, open, max_open: limit, own_max_open: own_limit }
    }
}

/// How many open conversations a member takes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignmentRules {
    /// Most open conversations that are given to a member who has no limit of his own: 1 to 1000.
    #[schema(minimum = 1, maximum = 1000)]
    max_open: u32,
}

/// Shows one member.
async fn show(state: &HttpState, who: &AgentPrincipal, member: MemberId) -> Result<PresenceView, Problem> {
    // The list begins after an id: the one just before this one.
    let before = MemberId(Uuid::from_u128(member.0.as_u128().wrapping_sub(1)));
    let rows = who.scope(&state.store).presence(Some(before), 1).await?;
    let row = rows.into_iter().find(|row| row.member == member).ok_or_else(Problem::not_found)?;
    Ok(PresenceView::of(row, state.clock.now()))
}

/// Tells the owners of conversations that were asked to look who is free.
pub(in crate::http) fn tell(state: &HttpState, asked: Vec<ConversationKey>) {
    asked.into_iter().for_each(|key| state.engine.hint(key));
}
