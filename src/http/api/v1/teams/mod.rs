//! Teams of the business: groups of members to whom conversations are given.

pub mod create;
pub mod get;
pub mod list;
pub mod remove;
pub mod replace;
#[cfg(test)]
mod tests;

use crate::domain::ids::{MemberId, TeamId};
use crate::domain::membership::Refusal;
use crate::domain::routing::{MOST_OPEN, Mode};
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::store::people::desk::{AtDesk, DeskRefusal};
use crate::store::people::teams::{MOST_MEMBERS, TeamForm, TeamRow};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest name, in characters.
const MAX_NAME: usize = 100;

/// What a team is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamBody {
    /// Its name: 1 to 100 characters, like no other team's.
    #[schema(example = "Ventas")]
    name: String,
    /// How conversations are given to its members by themselves: `off`, `round_robin` or `least_loaded`; `off` if left out.
    mode: Option<AssignmentMode>,
    /// Most open conversations of a member who is given one: 1 to 1000; left out: as many as the member takes.
    #[schema(minimum = 1, maximum = 1000)]
    max_open: Option<u32>,
    /// Its members; none if left out.
    #[serde(default)]
    member_ids: Vec<Uuid>,
}

impl TeamBody {
    fn form(self) -> Result<TeamForm, Problem> {
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(Problem::field("name", format!("must be 1 to {MAX_NAME} characters without line breaks")));
        }
        let members: BTreeSet<Uuid> = self.member_ids.into_iter().collect();
        if members.len() > MOST_MEMBERS {
            return Err(Problem::field("member_ids", format!("must name at most {MOST_MEMBERS} members")));
        }
        let mode = self.mode.map(Mode::from).unwrap_or_default();
        let max_open = self.max_open.map(read_limit).transpose()?;
        Ok(TeamForm { name, mode, max_open, members: members.into_iter().map(MemberId).collect() })
    }
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TeamView {
    /// Its id.
    id: Uuid,
    /// Its name.
    name: String,
    /// `off`, `round_robin` or `least_loaded`.
    mode: &'static str,
    /// Most open conversations of a member who is given one; null: as many as the member takes.
    max_open: Option<u32>,
    /// Its members.
    member_ids: Vec<Uuid>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<TeamRow> for TeamView {
    fn from(row: TeamRow) -> Self {
        let TeamRow { id, form, created_at, updated_at } = row;
        let member_ids = form.members.into_iter().map(|member| member.0).collect();
        Self { id: id.0, name: form.name, mode: form.mode.as_str(), max_open: form.max_open, member_ids, created_at, updated_at }
    }
}

/// How conversations are given to people by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentMode {
    /// To each in turn.
    RoundRobin,
    /// To whoever has the fewest.
    LeastLoaded,
    /// Not: people claim and assign.
    Off,
}

impl From<AssignmentMode> for Mode {
    fn from(mode: AssignmentMode) -> Self {
        match mode {
            AssignmentMode::RoundRobin => Self::RoundRobin,
            AssignmentMode::LeastLoaded => Self::LeastLoaded,
            AssignmentMode::Off => Self::Off,
        }
    }
}

impl From<Mode> for AssignmentMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::RoundRobin => Self::RoundRobin,
            Mode::LeastLoaded => Self::LeastLoaded,
            Mode::Off => Self::Off,
        }
    }
}

/// Reads a limit of open conversations.
pub(super) fn read_limit(limit: u32) -> Result<u32, Problem> {
    if (1..=MOST_OPEN).contains(&limit) { Ok(limit) } else { Err(Problem::field("max_open", format!("must be from 1 to {MOST_OPEN}"))) }
}

/// Tells the owners of conversations that were asked, and says why a change was not made.
pub(super) fn at_desk<T>(state: &HttpState, done: Result<AtDesk<T>, DeskRefusal>) -> Result<T, Problem> {
    let AtDesk { now, asked } = done.map_err(|refusal| match refusal {
        DeskRefusal::Absent => Problem::not_found(),
        DeskRefusal::NoMember => Problem::field("member_ids", "names somebody who is not a member"),
        DeskRefusal::NameTaken => Problem::conflict("another team has this name").with_error("name", "taken"),
        DeskRefusal::TooMany => Problem::conflict("there are as many teams as there may be: remove one first").with_code("too_many"),
    })?;
    asked.into_iter().for_each(|key| state.engine.hint(key));
    Ok(now)
}

async fn find(state: &HttpState, who: &AgentPrincipal, id: TeamId) -> Result<TeamView, Problem> {
    let row = who.scope(&state.store).team(id).await?;
    row.map(TeamView::from).ok_or_else(Problem::not_found)
}

/// Lets pass who sees what a team has: who is limited to others changes nothing of it. A new one is nobody's yet.
fn may_shape(who: &AgentPrincipal, team: Option<TeamId>) -> Result<(), Problem> {
    let Some(mut seen) = who.visibility.teams() else { return Ok(()) };
    if team.is_some_and(|team| seen.any(|one| one == team)) {
        return Ok(());
    }
    let why = "you see only some teams' conversations, and not this one's: ask somebody who sees them";
    Err(Problem::forbidden(why).with_code(Refusal::MoreThanHeld.code()))
}

/// Reads the id in a path; what is no id names no team.
fn read_path(id: &str) -> Result<TeamId, Problem> {
    id.parse().ok().ok_or_else(Problem::not_found)
}
