//! How an inbox gives conversations to people, and when they are there.

use crate::domain::booking::WeekHours;
use crate::domain::ids::InboxId;
use crate::domain::routing::{OnReturn, Rule};
use crate::http::HttpState;
use crate::http::api::v1::resources::hours::WeekBody;
use crate::http::api::v1::teams::{AssignmentMode, read_limit};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How an inbox gives conversations to people.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxAssignment {
    /// `off`: people claim and assign; `round_robin`: each in turn; `least_loaded`: whoever has the fewest.
    mode: AssignmentMode,
    /// Most open conversations of whoever is given one: 1 to 1000; null: as many as the member takes.
    #[schema(minimum = 1, maximum = 1000)]
    max_open: Option<u32>,
    /// What becomes of a conversation that people hold again when its assignee is not there: `route` or `keep`; `route` if left out.
    #[serde(default)]
    on_return: WhenAway,
}

/// What becomes of a conversation that people hold again when its assignee is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenAway {
    /// Somebody else is given it.
    #[default]
    Route,
    /// It stays with its assignee.
    Keep,
}

impl InboxAssignment {
    pub(super) fn rule(&self) -> Result<Rule, Problem> {
        let on_return = match self.on_return {
            WhenAway::Route => OnReturn::Route,
            WhenAway::Keep => OnReturn::Keep,
        };
        Ok(Rule { mode: self.mode.into(), max_open: self.max_open.map(read_limit).transpose()?, on_return })
    }
}

impl From<Rule> for InboxAssignment {
    fn from(rule: Rule) -> Self {
        let on_return = match rule.on_return {
            OnReturn::Route => WhenAway::Route,
            OnReturn::Keep => WhenAway::Keep,
        };
        Self { mode: rule.mode.into(), max_open: rule.max_open, on_return }
    }
}

/// When people of an inbox are there, by the clock of the business; on its holidays nobody is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxHours {
    /// The hours of each week; null: nobody says when people are there. Must be given.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true)]
    pub(super) hours: Option<WeekBody>,
}

impl From<Option<WeekHours>> for InboxHours {
    fn from(week: Option<WeekHours>) -> Self {
        Self { hours: week.as_ref().map(WeekBody::from) }
    }
}

pub(super) async fn find(state: &HttpState, who: &AgentPrincipal, id: &str) -> Result<(InboxId, Rule, Option<WeekHours>), Problem> {
    let id = read_path(id)?;
    let (rule, week) = who.scope(&state.store).inbox_rule(id).await?.ok_or_else(Problem::not_found)?;
    Ok((id, rule, week))
}

/// Reads the id in a path; what is no id names no inbox.
pub(super) fn read_path(id: &str) -> Result<InboxId, Problem> {
    id.parse().ok().ok_or_else(Problem::not_found)
}
