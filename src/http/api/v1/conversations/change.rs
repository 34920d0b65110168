//! `PATCH /api/v1/conversations/{id}`: what people sort it by.

use crate::domain::conversation::event::Happening;
use crate::domain::ids::LabelId;
use crate::domain::triage::attributes::{AttributeChange, MAX_BYTES, Scalar, is_name};
use crate::domain::triage::{Priority, TriageChange};
use crate::http::api::v1::command::{CommandPending, CommandRequest};
use crate::http::api::v1::conversations::{find_for, run_and_show};
use crate::http::api::v1::views::ConversationView;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::http::{HttpState, body};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use uuid::Uuid;

/// Most labels in one request.
const MAX_IDS: usize = 50;

/// What shall change; what is left out stays. All of it, or nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeConversation {
    /// `urgent`, `high`, `medium`, `low`; null: none.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>, example = "high")]
    priority: Option<Option<String>>,
    /// Its labels.
    #[schema(example = json!({"add": []}))]
    labels: Option<ChangeLabels>,
    /// Attributes by name: a text, a number, true or false; null takes one away, others stay. Names are small letters, digits and `_`. At most 50,
    /// with at most 8192 bytes of JSON altogether.
    #[schema(value_type = Option<Object>, example = json!({"order_number": "A-1001", "vip": true}))]
    attributes: Option<BTreeMap<String, Value>>,
}

/// Labels by their ids; at most 20 stay. `set` and `add` or `remove` exclude each other.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeLabels {
    /// These and no other.
    set: Option<Vec<Uuid>>,
    /// These too.
    #[serde(default)]
    add: Vec<Uuid>,
    /// Not these.
    #[serde(default)]
    remove: Vec<Uuid>,
}

/// Tells a field that is null from one that is left out.
fn said<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl ChangeConversation {
    fn changes(self) -> Result<Vec<TriageChange>, Problem> {
        let mut changes = Vec::new();
        if let Some(priority) = self.priority {
            let known = |text: String| {
                Priority::parse(&text).ok_or_else(|| Problem::field("priority", "must be urgent, high, medium, low or null"))
            };
            changes.push(TriageChange::Priority(priority.map(known).transpose()?));
        }
        changes.extend(self.labels.map(ChangeLabels::changes).transpose()?.unwrap_or_default());
        if let Some(attributes) = self.attributes {
            changes.push(TriageChange::Attributes(read_attributes(attributes)?));
        }
        Ok(changes)
    }
}

impl ChangeLabels {
    fn changes(self) -> Result<Vec<TriageChange>, Problem> {
        let ids = |field: &str, ids: Vec<Uuid>| {
            let few = ids.len() <= MAX_IDS;
            let set: BTreeSet<LabelId> = ids.into_iter().map(LabelId).collect();
            if few { Ok(set) } else { Err(Problem::field(format!("labels.{field}"), format!("has more than {MAX_IDS} ids"))) }
        };
        let Some(set) = self.set else {
            let (add, remove) = (ids("add", self.add)?, ids("remove", self.remove)?);
            return Ok(vec![TriageChange::RemoveLabels(remove), TriageChange::AddLabels(add)]);
        };
        if !self.add.is_empty() || !self.remove.is_empty() {
            return Err(Problem::field("labels.set", "says all of them: leave add and remove out"));
        }
        Ok(vec![TriageChange::SetLabels(ids("set", set)?)])
    }
}

fn read_attributes(said: BTreeMap<String, Value>) -> Result<AttributeChange, Problem> {
    let read = |(name, value): (String, Value)| {
        let field = || format!("attributes.{}", name.chars().take(64).collect::<String>());
        if !is_name(&name) {
            return Err(Problem::field(field(), "a name is a small letter, then up to 63 small letters, digits and _"));
        }
        let scalar = match value {
            Value::Null => None,
            Value::Bool(yes) => Some(Scalar::Bool(yes)),
            Value::Number(number) => Some(Scalar::Number(number)),
            Value::String(text) if text.len() > MAX_BYTES => return Err(Problem::field(field(), "is longer than 8192 bytes")),
            Value::String(text) if text.contains('\0') => return Err(Problem::field(field(), "must not hold U+0000")),
            Value::String(text) => Some(Scalar::Text(text)),
            Value::Array(_) | Value::Object(_) => return Err(Problem::field(field(), "must be a text, a number, true, false or null")),
        };
        Ok((name, scalar))
    };
    said.into_iter().map(read).collect()
}

/// Refuses labels that the business does not have. One that is taken away may be gone already.
async fn known_labels(state: &HttpState, who: &AgentPrincipal, changes: &[TriageChange]) -> Result<(), Problem> {
    for change in changes {
        let (field, labels) = match change {
            TriageChange::SetLabels(labels) => ("labels.set", labels),
            TriageChange::AddLabels(labels) => ("labels.add", labels),
            TriageChange::RemoveLabels(_) | TriageChange::Priority(_) | TriageChange::Attributes(_) => continue,
        };
        if !who.scope(&state.store).has_labels(labels).await? {
            return Err(Problem::field(field, "names a label that there is not"));
        }
    }
    Ok(())
}

/// Changes priority, labels and attributes of a conversation. It stays with whoever holds it, and what is as it was leaves no trace.
///
/// # Errors
/// 404 for an absent conversation or another tenant's, 422 naming a wrong field.
#[utoipa::path(patch, path = "/api/v1/conversations/{id}", tag = "conversations", request_body = ChangeConversation,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The conversation now", body = ConversationView), (status = 202, description = "Will be done", body = CommandPending)))]
pub async fn change_conversation(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let command = CommandRequest::read(&state, who.clone(), &request, payload).await?;
    let conversation = find_for(&state, &command, &id).await?;
    let input: ChangeConversation = body::decode(&command.body)?;
    let changes = input.changes()?;
    known_labels(&state, &who, &changes).await?;
    run_and_show(&state, &command, &conversation, Happening::AgentTriaged { by: who.agent(), changes }).await
}
