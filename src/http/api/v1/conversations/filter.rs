//! Filters and orders as a request spells them, and the cursor that belongs to one list only.

use crate::crypto::mac::sha256_hex;
use crate::domain::conversation::standing::Status;
use crate::domain::ids::{ConversationId, InboxId, LabelId, TeamId};
use crate::domain::time::Timestamp;
use crate::domain::triage::Priority;
use crate::domain::triage::filter::{AssigneeIs, Filter, MAX_VALUES, Span};
use crate::domain::triage::sort::Sort;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{marked_cursor, read_marked_cursor};
use crate::http::problem::Problem;
use crate::store::people::listing::ListPlace;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which conversations, in a query. Every field that is given must hold.
#[derive(Clone, Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FilterQuery {
    /// One of these, with commas between: `pending`, `open`, `snoozed`, `resolved`, `spam`.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["open", "pending"]))]
    pub status: Option<String>,
    /// One of these inboxes, with commas between.
    #[param(value_type = Option<Vec<Uuid>>, style = Form, explode = false)]
    pub inbox_id: Option<String>,
    /// `me`, `none`, `any`, or somebody's id.
    #[param(value_type = Option<String>, example = "me")]
    pub assignee: Option<String>,
    /// Of one of these teams, by their ids, with commas between; `none`: what no team has.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["none"]))]
    pub team: Option<String>,
    /// All of these labels, by their ids, with commas between.
    #[param(value_type = Option<Vec<Uuid>>, style = Form, explode = false)]
    pub label: Option<String>,
    /// One of these, with commas between: `urgent`, `high`, `medium`, `low`, `none`.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["urgent", "high"]))]
    pub priority: Option<String>,
    /// Does the customer wait for an answer?
    #[param(value_type = Option<bool>)]
    pub waiting: Option<String>,
    /// The customer waits, and since before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    pub waiting_before: Option<String>,
    /// Of this customer.
    #[param(value_type = Option<Uuid>)]
    pub contact_id: Option<String>,
    /// True: only where nobody has ever answered, or the customer waits.
    #[param(value_type = Option<bool>)]
    pub unattended: Option<String>,
    /// True: only where you have something to read; people only. Without `status`: among `pending`, `open` and `snoozed`.
    #[param(value_type = Option<bool>)]
    pub unread: Option<String>,
    /// True: only where a private note mentions you; people only.
    #[param(value_type = Option<bool>)]
    pub mentioned: Option<String>,
    /// Begun at this instant or later.
    #[param(value_type = Option<String>, format = DateTime)]
    pub created_from: Option<String>,
    /// Begun before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    pub created_before: Option<String>,
    /// Last touched at this instant or later.
    #[param(value_type = Option<String>, format = DateTime)]
    pub activity_from: Option<String>,
    /// Last touched before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    pub activity_before: Option<String>,
}

/// Which conversations, in a body. Every field that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FilterBody {
    /// One of these: `pending`, `open`, `snoozed`, `resolved`, `spam`; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["open"]))]
    pub status: Vec<String>,
    /// One of these inboxes; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Uuid>, example = json!([]))]
    pub inbox_id: Vec<String>,
    /// `me`, `none`, `any`, or somebody's id. `me` is whoever looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "me")]
    pub assignee: Option<String>,
    /// Of one of these teams, by their ids; `none`: what no team has; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!([]))]
    pub team: Vec<String>,
    /// All of these labels, by their ids; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Uuid>, example = json!([]))]
    pub label: Vec<String>,
    /// One of these: `urgent`, `high`, `medium`, `low`, `none`; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["urgent", "high"]))]
    pub priority: Vec<String>,
    /// Does the customer wait for an answer?
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true)]
    pub waiting: Option<bool>,
    /// The customer waits, and since before this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, example = json!(null))]
    pub waiting_before: Option<String>,
    /// Of this customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(null))]
    pub contact_id: Option<Uuid>,
    /// True: only where nobody has ever answered, or the customer waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false)]
    pub unattended: Option<bool>,
    /// True: only where whoever looks has something to read. Without `status`: among `pending`, `open` and `snoozed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false)]
    pub unread: Option<bool>,
    /// True: only where a private note mentions whoever looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false)]
    pub mentioned: Option<bool>,
    /// Begun at this instant or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, example = json!(null))]
    pub created_from: Option<String>,
    /// Begun before this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, example = json!(null))]
    pub created_before: Option<String>,
    /// Last touched at this instant or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, example = json!(null))]
    pub activity_from: Option<String>,
    /// Last touched before this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, example = json!(null))]
    pub activity_before: Option<String>,
}

impl FilterQuery {
    /// Takes its fields out of a query.
    #[must_use]
    pub fn take(fields: &mut Fields) -> Self {
        Self {
            status: fields.take("status"),
            inbox_id: fields.take("inbox_id"),
            assignee: fields.take("assignee"),
            team: fields.take("team"),
            label: fields.take("label"),
            priority: fields.take("priority"),
            waiting: fields.take("waiting"),
            waiting_before: fields.take("waiting_before"),
            contact_id: fields.take("contact_id"),
            unattended: fields.take("unattended"),
            unread: fields.take("unread"),
            mentioned: fields.take("mentioned"),
            created_from: fields.take("created_from"),
            created_before: fields.take("created_before"),
            activity_from: fields.take("activity_from"),
            activity_before: fields.take("activity_before"),
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// 422 naming the field.
    pub fn read(self) -> Result<Filter, Problem> {
        let list = |text: Option<String>| text.map(|text| text.split(',').map(str::to_owned).collect()).unwrap_or_default();
        let contact = |text: String| text.parse().ok().ok_or_else(|| Problem::field("contact_id", "is not an id"));
        let body = FilterBody {
            status: list(self.status),
            inbox_id: list(self.inbox_id),
            assignee: self.assignee,
            team: list(self.team),
            label: list(self.label),
            priority: list(self.priority),
            waiting: read_bool("waiting", self.waiting)?,
            waiting_before: self.waiting_before,
            contact_id: self.contact_id.map(contact).transpose()?,
            unattended: read_bool("unattended", self.unattended)?,
            unread: read_bool("unread", self.unread)?,
            mentioned: read_bool("mentioned", self.mentioned)?,
            created_from: self.created_from,
            created_before: self.created_before,
            activity_from: self.activity_from,
            activity_before: self.activity_before,
        };
        body.read("")
    }
}

/// The fields of a query, each given once.
#[derive(Debug, Default)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Reads a query.
    ///
    /// # Errors
    /// 422 for a field that is given twice: lists of values have commas between them.
    pub fn read(pairs: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            if fields.insert(name.clone(), value).is_some() {
                return Err(Problem::field(name, "is given twice: put commas between several values"));
            }
        }
        Ok(Self(fields))
    }

    /// Takes a field out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// 422 for a field that nobody has taken.
    pub fn done(self) -> Result<(), Problem> {
        self.0.into_keys().next().map_or(Ok(()), |name| Err(Problem::field(name, "is not a field of this list")))
    }
}

fn read_bool(field: &str, text: Option<String>) -> Result<Option<bool>, Problem> {
    text.map(|text| text.parse().ok().ok_or_else(|| Problem::field(field, "must be true or false"))).transpose()
}

impl FilterBody {
    /// Reads it. `within` stands before the names of its fields in what is told of mistakes.
    ///
    /// # Errors
    /// 422 naming the field.
    pub fn read(&self, within: &str) -> Result<Filter, Problem> {
        let name = |field: &str| format!("{within}{field}");
        let when = |field: &str, text: &Option<String>| text.as_deref().map(|text| read_instant(&name(field), text)).transpose();
        let span = |field: &str, from, before| {
            let span = Span { from: when(&format!("{field}_from"), from)?, before: when(&format!("{field}_before"), before)? };
            match (span.from, span.before) {
                (Some(from), Some(before)) if from >= before => {
                    Err(Problem::field(name(&format!("{field}_before")), format!("must be later than {field}_from")))
                }
                _ => Ok(span),
            }
        };
        if self.waiting == Some(false) && self.waiting_before.is_some() {
            return Err(Problem::field(name("waiting_before"), "asks for those who wait, and waiting for those who do not"));
        }
        Ok(Filter {
            statuses: read_set(&name("status"), &self.status, Status::parse, "is not a status")?,
            inboxes: read_set(&name("inbox_id"), &self.inbox_id, |text| InboxId::from_str(text).ok(), "is not an id")?,
            assignee: self.assignee.as_deref().map(|text| read_assignee(&name("assignee"), text)).transpose()?,
            teams: read_set(&name("team"), &self.team, read_team, "is not an id or none")?,
            labels: read_set(&name("label"), &self.label, |text| LabelId::from_str(text).ok(), "is not an id")?,
            priorities: read_set(&name("priority"), &self.priority, read_priority, "is not urgent, high, medium, low or none")?,
            waiting: self.waiting,
            waiting_before: when("waiting_before", &self.waiting_before)?,
            contact: self.contact_id.map(Into::into),
            unattended: self.unattended.unwrap_or_default(),
            unread: self.unread.unwrap_or_default(),
            mentioned: self.mentioned.unwrap_or_default(),
            created: span("created", &self.created_from, &self.created_before)?,
            activity: span("activity", &self.activity_from, &self.activity_before)?,
        })
    }

    /// Spells a filter.
    #[must_use]
    pub fn of(filter: &Filter) -> Self {
        let priority = |priority: &Option<Priority>| priority.map_or("none", Priority::as_str).to_owned();
        let team = |team: &Option<TeamId>| team.map_or("none".to_owned(), |team| team.to_string());
        let when = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let assignee = |assignee| match assignee {
            AssigneeIs::Me => "me".to_owned(),
            AssigneeIs::Nobody => "none".to_owned(),
            AssigneeIs::Anybody => "any".to_owned(),
            AssigneeIs::One(agent) => agent.to_string(),
        };
        Self {
            status: filter.statuses.iter().map(|status| status.as_str().to_owned()).collect(),
            inbox_id: filter.inboxes.iter().map(ToString::to_string).collect(),
            assignee: filter.assignee.map(assignee),
            team: filter.teams.iter().map(team).collect(),
            label: filter.labels.iter().map(ToString::to_string).collect(),
            priority: filter.priorities.iter().map(priority).collect(),
            waiting: filter.waiting,
            waiting_before: when(filter.waiting_before),
            contact_id: filter.contact.map(|contact| contact.0),
            unattended: filter.unattended.then_some(true),
            unread: filter.unread.then_some(true),
            mentioned: filter.mentioned.then_some(true),
            created_from: when(filter.created.from),
            created_before: when(filter.created.before),
            activity_from: when(filter.activity.from),
            activity_before: when(filter.activity.before),
        }
    }
}

/// Refuses what asks for a person where a program asks.
///
/// # Errors
/// 422 naming the field.
pub fn for_whom(who: &AgentPrincipal, filter: &Filter) -> Result<(), Problem> {
    if !filter.is_personal() || who.person().is_ok() {
        return Ok(());
    }
    let field = if filter.unread { "unread" } else { "mentioned" };
    Err(Problem::field(field, "is for people who are signed in, not for API keys"))
}

/// Reads an order.
///
/// # Errors
/// 422.
pub fn read_sort(text: Option<&str>) -> Result<Sort, Problem> {
    let unknown = || Problem::field("sort", "must be -last_activity, last_activity, waiting, -created, created or priority");
    text.map_or(Ok(Sort::default()), |text| Sort::parse(text).ok_or_else(unknown))
}

fn read_set<T: Ord>(field: &str, texts: &[String], parse: impl Fn(&str) -> Option<T>, wrong: &str) -> Result<BTreeSet<T>, Problem> {
    if texts.len() > MAX_VALUES {
        return Err(Problem::field(field, format!("has more than {MAX_VALUES} values")));
    }
    texts.iter().map(|text| parse(text.trim()).ok_or_else(|| Problem::field(field, wrong))).collect()
}

fn read_priority(text: &str) -> Option<Option<Priority>> {
    if text == "none" { Some(None) } else { Priority::parse(text).map(Some) }
}

fn read_team(text: &str) -> Option<Option<TeamId>> {
    if text == "none" { Some(None) } else { TeamId::from_str(text).ok().map(Some) }
}

fn read_assignee(field: &str, text: &str) -> Result<AssigneeIs, Problem> {
    match text {
        "me" => Ok(AssigneeIs::Me),
        "none" => Ok(AssigneeIs::Nobody),
        "any" => Ok(AssigneeIs::Anybody),
        id => id.parse().map(AssigneeIs::One).ok().ok_or_else(|| Problem::field(field, "must be me, none, any or an id")),
    }
}

fn read_instant(field: &str, text: &str) -> Result<Timestamp, Problem> {
    Timestamp::parse(text).ok_or_else(|| Problem::field(field, "must be an instant such as 2026-11-28T09:30:00Z"))
}

/// Names a list, so that a cursor of another one is known.
#[must_use]
pub fn mark(filter: &Filter, sort: Sort) -> [u8; 8] {
    // A filter always has a spelling; two that are equal have the same.
    let spelled = serde_json::to_string(&(filter, sort)).unwrap_or_default();
    let mut mark = [0; 8];
    mark.iter_mut().zip(sha256_hex(spelled.as_bytes()).bytes()).for_each(|(to, from)| *to = from);
    mark
}

/// Writes a place in a list.
#[must_use]
pub fn cursor(mark: [u8; 8], place: ListPlace) -> String {
    marked_cursor(mark, place.phase, place.at, place.id.0)
}

/// Reads a place in a list.
///
/// # Errors
/// 422 for what is none, and for the cursor of another list.
pub fn read_cursor(own: [u8; 8], text: &str) -> Result<ListPlace, Problem> {
    let (mark, phase, at, id) = read_marked_cursor(text)?;
    if mark == own {
        return Ok(ListPlace { phase, at, id: ConversationId(id) });
    }
    Err(Problem::field("cursor", "belongs to another filter or order: begin without a cursor"))
}
