//! Filters with a name: a member's own ones, and those that the business shares.
//!
//! Whoever reads conversations keeps views of his own. A shared one is shown to all who read conversations, each seeing only what is his to see;
//! it is made, changed and deleted by those who may change the business.

pub mod count;
pub mod create;
pub mod get;
pub mod list;
pub mod remove;
pub mod replace;

use crate::domain::ids::{MemberId, ViewId};
use crate::domain::permission::{Area, Permission};
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::conversations::filter::{FilterBody, read_sort};
use crate::http::api::v1::labels::name;
use crate::http::auth::{Actor, AgentPrincipal};
use crate::http::problem::Problem;
use crate::store::people::views::{MOST_VIEWS, ViewForm, ViewRow, Viewed};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest name, in characters.
const MAX_NAME: usize = 60;

/// A view as it shall be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewBody {
    /// Its name: 1 to 60 characters, unlike the owner's other ones.
    #[schema(example = "Urgent and mine")]
    name: String,
    /// What it shows; left out: everything.
    #[serde(default)]
    filter: FilterBody,
    /// In which order, as in the list of conversations.
    #[schema(example = "waiting")]
    sort: Option<String>,
}

/// A saved view.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SavedView {
    /// Its id.
    id: Uuid,
    /// Its name.
    name: String,
    /// True: everybody's; false: your own.
    shared: bool,
    /// What it shows.
    filter: FilterBody,
    /// In which order.
    sort: &'static str,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<ViewRow> for SavedView {
    fn from(ViewRow { id, member, form, created_at, updated_at }: ViewRow) -> Self {
        let filter = FilterBody::of(&form.filter);
        Self { id: id.0, name: form.name, shared: member.is_none(), filter, sort: form.sort.as_str(), created_at, updated_at }
    }
}

impl ViewBody {
    fn form(&self) -> Result<ViewForm, Problem> {
        let (name, sort) = (name("name", &self.name, MAX_NAME)?, read_sort(self.sort.as_deref())?);
        Ok(ViewForm { name, filter: self.filter.read("filter.")?, sort })
    }
}

/// Refuses a filter by labels or a customer that there are not.
async fn known(state: &HttpState, who: &AgentPrincipal, form: &ViewForm) -> Result<(), Problem> {
    let scope = who.scope(&state.store);
    if !scope.has_labels(&form.filter.labels).await? {
        return Err(Problem::field("filter.label", "names a label that there is not"));
    }
    match form.filter.contact {
        Some(contact) if !scope.has_contact(contact).await? => {
            Err(Problem::field("filter.contact_id", "names a customer that there is not"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Returns the member, where the caller is one: an API key has no views of its own.
const fn member(who: &AgentPrincipal) -> Option<MemberId> {
    match who.actor {
        Actor::Member(person) => Some(person.member),
        Actor::Key(_) => None,
    }
}

/// Returns whose views the caller changes.
///
/// # Errors
/// 403 for shared ones where he may not change the business, 422 for an API key's own.
fn owner(who: &AgentPrincipal, shared: bool) -> Result<Option<MemberId>, Problem> {
    let permission = Permission::write(Area::Business);
    match (shared, member(who)) {
        (true, _) if who.grants.allow(permission) => Ok(None),
        (true, _) => Err(Problem::forbidden(format!("shared views need the permission {permission}")).with_code("shared_view")),
        (false, Some(member)) => Ok(Some(member)),
        (false, None) => Err(Problem::field("shared", "must be true: an API key has no views of its own")),
    }
}

/// Finds a view that the caller sees, by the id in the path.
async fn find(state: &HttpState, who: &AgentPrincipal, id: &str) -> Result<ViewRow, Problem> {
    let id: ViewId = id.parse().ok().ok_or_else(Problem::not_found)?;
    who.scope(&state.store).view(member(who), id).await?.ok_or_else(Problem::not_found)
}

/// Shows what became of a wish.
fn shown(came: Viewed) -> Result<SavedView, Problem> {
    match came {
        Viewed::Done(row) => Ok((*row).into()),
        Viewed::Absent => Err(Problem::not_found()),
        Viewed::Taken => {
            Err(Problem::conflict("there is already a view of this name, or of one that looks like it").with_error("name", "is taken"))
        }
        Viewed::TooMany => Err(Problem::conflict(format!("there are {MOST_VIEWS} views already: delete one first"))),
    }
}
