//! Members of the business: who they are, what they may do, what they see. Who may change whom is decided by
//! [`membership`](crate::domain::membership).

pub mod change;
pub mod get;
pub mod list;
pub mod remove;
#[cfg(test)]
mod tests;
pub mod transfer;

use crate::domain::ids::{InboxId, MemberId, TeamId};
use crate::domain::membership::{Place, Refusal};
use crate::domain::permission::{Grants, Role};
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::store::people::members::{Changed, MemberRow};
use actix_web::http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// Most inboxes that a place names.
const MOST_INBOXES: usize = 200;
/// Most teams that a place names.
const MOST_TEAMS: usize = 100;

/// What somebody may do and see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlaceView {
    /// `owner`, `administrator` or `member`.
    role: &'static str,
    /// What is granted, such as `contacts:write`; whoever may write may read.
    permissions: Vec<String>,
    /// True: these permissions stand in the place of the role's.
    own_permissions: bool,
    /// The inboxes whose conversations are seen; null: all.
    inboxes: Option<Vec<Uuid>>,
    /// The teams whose conversations are seen, beside those assigned to the member; null: all, and what no team has.
    teams: Option<Vec<Uuid>>,
}

impl From<Place> for PlaceView {
    fn from(place: Place) -> Self {
        Self {
            role: place.role.name(),
            permissions: place.grants().highest().map(|one| one.to_string()).collect(),
            own_permissions: place.permissions.is_some(),
            inboxes: place.visibility.inboxes().map(|ids| ids.map(|InboxId(id)| id).collect()),
            teams: place.visibility.teams().map(|ids| ids.map(|TeamId(id)| id).collect()),
        }
    }
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemberView {
    /// Names the person in conversations too.
    id: Uuid,
    /// What colleagues read.
    name: String,
    /// The address.
    email: String,
    /// `active` or `removed`.
    state: &'static str,
    /// What the member may do and see.
    #[serde(flatten)]
    place: PlaceView,
    /// When the member joined.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<MemberRow> for MemberView {
    fn from(row: MemberRow) -> Self {
        Self {
            id: row.standing.id.0,
            name: row.name,
            email: row.email,
            state: if row.active { "active" } else { "removed" },
            place: row.standing.place.into(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Tells null from what is left out.
pub(in crate::http::api::v1) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Reads a role.
pub(super) fn read_role(name: &str) -> Result<Role, Problem> {
    Role::named(name).ok_or_else(|| Problem::field("role", "must be owner, administrator or member"))
}

/// Reads permissions under the name of their field.
pub(super) fn read_grants(field: &'static str, list: &[String]) -> Result<Grants, Problem> {
    Grants::parse(list).map_err(|error| Problem::field(field, error.to_string()))
}

/// Reads a list of inboxes; nothing is all of them.
pub(super) fn read_inboxes(list: Option<Vec<Uuid>>) -> Result<Option<BTreeSet<InboxId>>, Problem> {
    read_list("inboxes", MOST_INBOXES, list)
}

/// Reads a list of teams; nothing is all of them, and what no team has.
pub(super) fn read_teams(list: Option<Vec<Uuid>>) -> Result<Option<BTreeSet<TeamId>>, Problem> {
    read_list("teams", MOST_TEAMS, list)
}

fn read_list<T: From<Uuid> + Ord>(field: &'static str, most: usize, list: Option<Vec<Uuid>>) -> Result<Option<BTreeSet<T>>, Problem> {
    let ids: Option<BTreeSet<T>> = list.map(|list| list.into_iter().map(T::from).collect());
    if ids.as_ref().is_some_and(|ids| ids.len() > most) {
        return Err(Problem::field(field, format!("must name at most {most} {field}")));
    }
    Ok(ids)
}

/// Reads a name that people read.
pub(super) fn read_name(text: &str) -> Result<String, Problem> {
    crate::domain::account::name(text).ok_or_else(|| Problem::field("name", "must be 1 to 100 characters without line breaks"))
}

/// Says that an inbox is none of the business.
pub(super) fn no_inbox() -> Problem {
    Problem::field("inboxes", "names an inbox that is not yours")
}

/// Says that a team is none of the business.
pub(super) fn no_team() -> Problem {
    Problem::field("teams", "names a team that is not yours")
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::NotYours | Refusal::OwnersOnly | Refusal::Outranked | Refusal::MoreThanHeld => StatusCode::FORBIDDEN,
            Refusal::LastOwner => StatusCode::CONFLICT,
            Refusal::NoSuchPlace => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, refusal.to_string()).with_code(refusal.code())
    }
}

async fn find(state: &HttpState, who: &AgentPrincipal, id: &str) -> Result<MemberRow, Problem> {
    who.scope(&state.store).member(read_path(id)?).await?.ok_or_else(Problem::not_found)
}

/// Reads the id in a path; what is no id names nobody.
fn read_path(id: &str) -> Result<MemberId, Problem> {
    id.parse().ok().ok_or_else(Problem::not_found)
}

/// Shows what became of a change.
fn shown(changed: Changed) -> Result<MemberView, Problem> {
    match changed {
        Changed::Done(row) => Ok((*row).into()),
        Changed::Absent => Err(Problem::not_found()),
        Changed::NoInbox => Err(no_inbox()),
        Changed::NoTeam => Err(no_team()),
        Changed::Refused(refusal) => Err(refusal.into()),
    }
}
