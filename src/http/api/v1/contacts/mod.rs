//! Contacts: found, listed, made, changed, noted about, blocked, merged. Somebody limited to inboxes sees those who wrote
//! to one of these, somebody limited to teams those of conversations that he sees.

pub mod block;
pub mod change;
pub mod create;
pub mod duplicates;
pub mod export;
pub mod get;
pub mod import;
pub mod list;
pub mod merge;
pub mod merge_undo;
pub mod notes_change;
pub mod notes_create;
pub mod notes_list;
pub mod notes_remove;
pub mod remove;
#[cfg(test)]
mod tests;
pub mod timeline;

use crate::crypto::mac::sha256_hex;
use crate::domain::contact::{Wrong, stored_attributes};
use crate::domain::ids::{ContactId, ContactNoteId, ConversationKey};
use crate::domain::permission::{Grants, Role};
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::command::key_of;
use crate::http::auth::{Actor, AgentPrincipal};
use crate::http::problem::Problem;
use crate::store::people::contacts::{ContactRow, NoteRow, Saved};
use crate::store::time::timestamp;
use actix_web::HttpRequest;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// A customer.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ContactItem {
    /// Its id.
    id: Uuid,
    /// The name.
    name: Option<String>,
    /// The telephone, in E.164.
    phone: Option<String>,
    /// The e-mail address.
    email: Option<String>,
    /// The language, such as `es-MX`.
    locale: Option<String>,
    /// True: what they write is kept and answered by nobody.
    blocked: bool,
    /// What people keep about them: words, numbers, true or false, by name.
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
    /// When the newest conversation that you see was last active.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_activity_at: Option<Timestamp>,
    /// When they were first seen.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When they were last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The contact that this one turned out to be, if it was merged.
    merged_into: Option<Uuid>,
}

impl From<ContactRow> for ContactItem {
    fn from(row: ContactRow) -> Self {
        let ContactRow { model, last_activity_at } = row;
        Self {
            id: model.id,
            name: model.name,
            phone: model.phone,
            email: model.email,
            locale: model.locale,
            blocked: model.blocked,
            attributes: stored_attributes(&model.attributes),
            last_activity_at,
            created_at: timestamp(model.created_at),
            updated_at: timestamp(model.updated_at),
            merged_into: model.merged_into,
        }
    }
}

/// What somebody noted about a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContactNoteView {
    /// Its id.
    id: Uuid,
    /// The member or API key that wrote it.
    author_id: Uuid,
    /// What it says.
    text: String,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<NoteRow> for ContactNoteView {
    fn from(row: NoteRow) -> Self {
        Self { id: row.id.0, author_id: row.author.0, text: row.body, created_at: row.created_at, updated_at: row.updated_at }
    }
}

/// Reads the id in a path; what is no id names nobody.
fn read_path(id: &str) -> Result<ContactId, Problem> {
    id.parse().ok().ok_or_else(Problem::not_found)
}

/// Finds a note of the contact in a path.
async fn find_note(state: &HttpState, who: &AgentPrincipal, contact: &str, note: &str) -> Result<NoteRow, Problem> {
    let note: ContactNoteId = note.parse().ok().ok_or_else(Problem::not_found)?;
    who.scope(&state.store).contact_note(read_path(contact)?, note).await?.ok_or_else(Problem::not_found)
}

/// As [`find_note`], for somebody who wants to change it.
async fn find_own_note(state: &HttpState, who: &AgentPrincipal, contact: &str, note: &str) -> Result<NoteRow, Problem> {
    let found = find_note(state, who, contact, note).await?;
    if found.author == who.agent() || runs_the_house(who) {
        return Ok(found);
    }
    Err(Problem::forbidden("only who wrote a note, or an administrator, may change it").with_code("not_yours"))
}

/// Tells whether somebody is an administrator, or a key that may do everything.
pub(in crate::http::api::v1) fn runs_the_house(who: &AgentPrincipal) -> bool {
    match who.actor {
        Actor::Member(person) => person.role >= Role::Administrator,
        Actor::Key(_) => who.grants == Grants::everything(),
    }
}

/// Refuses what would be out of sight for whoever made it.
pub(super) fn sees_everybody(who: &AgentPrincipal) -> Result<(), Problem> {
    if who.visibility.is_everything() {
        return Ok(());
    }
    let (code, whose) = match who.visibility.teams() {
        None => ("limited_to_inboxes", "who wrote to your inboxes"),
        Some(_) => ("limited_to_teams", "of conversations that you see"),
    };
    Err(Problem::forbidden(format!("you see only contacts {whose}: ask somebody who sees all of them")).with_code(code))
}

/// Returns the id of what a request makes: the same for the same caller and `Idempotency-Key`, so that a repeat makes nothing twice.
pub(in crate::http::api::v1) fn id_for(state: &HttpState, who: &AgentPrincipal, request: &HttpRequest) -> Result<Uuid, Problem> {
    let Some(key) = key_of(request)? else { return Ok(state.ids.uuid()) };
    let hash = sha256_hex(format!("{}\n{}\n{}\n{}\n{key}", who.tenant, who.agent(), request.method(), request.path()).as_bytes());
    Ok(hash.get(..32).and_then(|half| Uuid::parse_str(half).ok()).unwrap_or_else(|| state.ids.uuid()))
}

impl From<Wrong> for Problem {
    fn from(wrong: Wrong) -> Self {
        Self::field(wrong.field, wrong.detail)
    }
}

/// Says that a contact went into another one.
fn merged(into: ContactId) -> Problem {
    Problem::conflict(format!("this contact was merged into {into}: use that one")).with_code("merged")
}

/// Shows what came of making or changing one, and whether it is a repeat.
fn saved(saved: Saved) -> Result<(ContactItem, bool), Problem> {
    match saved {
        Saved::Done(row, repeat) => Ok(((*row).into(), repeat)),
        Saved::Absent => Err(Problem::not_found()),
        Saved::Merged(into) => Err(merged(into)),
        Saved::Taken(field) => {
            let detail =
                format!("another contact has this {field}: GET /api/v1/contacts?{field}=… finds them; merge the two if they are one");
            Err(Problem::conflict(detail).with_error(field, "is another contact's").with_code("taken"))
        }
        Saved::Wrong(wrong) => Err(wrong.into()),
    }
}

/// Refuses what would reach conversations of a customer that the caller does not see; says what it would do there, and what to do instead.
fn out_of_sight(what: &str) -> Problem {
    Problem::forbidden(format!("this customer has conversations that you do not see, and {what}")).with_code("out_of_sight")
}

/// Wakes whoever holds these conversations.
fn hint(state: &HttpState, keys: Vec<ConversationKey>) {
    keys.into_iter().for_each(|key| state.engine.hint(key));
}
