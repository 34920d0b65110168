//! `GET /api/v1/conversations/counts`: the figures of every tab in one answer.

use crate::domain::triage::filter::Filter;
use crate::http::HttpState;
use crate::http::api::v1::conversations::filter::{Fields, FilterQuery, for_whom};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::store::people::listing::{Bounded, InboxTabs, Tabs, TabsOfStatus};
use actix_web::web::{Data, Json, Query};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// How many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountView {
    /// The number; exact unless there are more.
    count: u64,
    /// True: there are more than `count`, which is shown as "1000+".
    more: bool,
}

impl From<Bounded> for CountView {
    fn from(Bounded { count, more }: Bounded) -> Self {
        Self { count, more }
    }
}

/// How many of one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatusCounts {
    /// All.
    all: CountView,
    /// Assigned to you.
    mine: CountView,
    /// Assigned to nobody.
    unassigned: CountView,
}

impl From<TabsOfStatus> for StatusCounts {
    fn from(TabsOfStatus { all, mine, unassigned }: TabsOfStatus) -> Self {
        Self { all: all.into(), mine: mine.into(), unassigned: unassigned.into() }
    }
}

/// How many of one inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct InboxCounts {
    /// The inbox.
    inbox_id: Uuid,
    /// Held by people.
    open: u64,
    /// Held by the assistant.
    pending: u64,
}

impl From<InboxTabs> for InboxCounts {
    fn from(InboxTabs { inbox, open, pending }: InboxTabs) -> Self {
        Self { inbox_id: inbox.0, open, pending }
    }
}

/// The figures of all tabs. What you may not see is not counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountsView {
    /// By status: `pending`, `open`, `snoozed`, `resolved`, `spam`.
    by_status: BTreeMap<&'static str, CountView>,
    /// Those that people hold.
    open: StatusCounts,
    /// Those that the assistant holds.
    pending: StatusCounts,
    /// By inbox, those that have had any; null under a filter by anything else than inboxes, and for members limited to teams.
    by_inbox: Option<Vec<InboxCounts>>,
}

impl From<Tabs> for CountsView {
    fn from(tabs: Tabs) -> Self {
        use crate::domain::conversation::standing::Status;
        let of = |status| tabs.statuses.get(&status).copied().unwrap_or_default().into();
        let by_status = tabs.statuses.iter().map(|(status, tabs)| (status.as_str(), tabs.all.into())).collect();
        let by_inbox = tabs.inboxes.map(|all| all.into_iter().map(InboxCounts::from).collect());
        Self { by_status, open: of(Status::Open), pending: of(Status::Pending), by_inbox }
    }
}

/// What is counted: the filter of the list, without status and assignee, which the tabs say.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only the document reads it: the fields are those of the list")]
pub struct CountConversations {
    /// One of these inboxes, with commas between.
    #[param(style = Form, explode = false)]
    inbox_id: Option<Vec<Uuid>>,
    /// All of these labels, by their ids, with commas between.
    #[param(style = Form, explode = false)]
    label: Option<Vec<Uuid>>,
    /// One of these, with commas between: `urgent`, `high`, `medium`, `low`, `none`.
    #[param(style = Form, explode = false, example = json!(["urgent", "high"]))]
    priority: Option<Vec<String>>,
    /// Does the customer wait for an answer?
    waiting: Option<bool>,
    /// The customer waits, and since before this instant.
    #[param(format = DateTime)]
    waiting_before: Option<String>,
    /// Of this customer.
    contact_id: Option<Uuid>,
    /// True: only where nobody has ever answered, or the customer waits.
    unattended: Option<bool>,
    /// True: only where you have something to read; people only. `resolved` and `spam` count nothing then.
    unread: Option<bool>,
    /// True: only where a private note mentions you; people only.
    mentioned: Option<bool>,
    /// Begun at this instant or later.
    #[param(format = DateTime)]
    created_from: Option<String>,
    /// Begun before this instant.
    #[param(format = DateTime)]
    created_before: Option<String>,
    /// Last touched at this instant or later.
    #[param(format = DateTime)]
    activity_from: Option<String>,
    /// Last touched before this instant.
    #[param(format = DateTime)]
    activity_before: Option<String>,
}

fn read(pairs: Vec<(String, String)>) -> Result<Filter, Problem> {
    let mut fields = Fields::read(pairs)?;
    let query = FilterQuery::take(&mut fields);
    fields.done()?;
    if query.status.is_some() || query.assignee.is_some() {
        let field = if query.status.is_some() { "status" } else { "assignee" };
        return Err(Problem::field(field, "is what the tabs are cut by: leave it out"));
    }
    query.read()
}

/// Counts conversations for every tab. Exact without a filter, or by inboxes alone; under another filter, and for members limited to teams,
/// counted to 1,000.
///
/// # Errors
/// 422 for a filter that is none.
#[utoipa::path(get, path = "/api/v1/conversations/counts", tag = "conversations", params(CountConversations),
    responses((status = 200, description = "The figures", body = CountsView)))]
pub async fn count_conversations(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<Vec<(String, String)>>,
) -> Result<Json<CountsView>, Problem> {
    let filter = read(query.into_inner())?;
    for_whom(&who, &filter)?;
    let tabs = who.scope(&state.store).conversation_tabs(filter, who.agent()).await?;
    Ok(Json(tabs.into()))
}
