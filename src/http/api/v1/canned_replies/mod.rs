//! Prepared texts, perhaps with files: everybody's, and those of one member.

pub mod create;
pub mod get;
pub mod list;
pub mod remove;
pub mod render;
pub mod replace;
#[cfg(test)]
mod tests;

use crate::domain::canned;
use crate::domain::contact::locale;
use crate::domain::ids::{CannedReplyId, MemberId};
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::attachments::{UploadView, absent, named};
use crate::http::api::v1::booking::one_line;
use crate::http::auth::{Actor, AgentPrincipal};
use crate::http::files::links::Linker;
use crate::http::problem::Problem;
use crate::store::people::canned::{Canned, CannedRow, CannedSaved};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A prepared text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CannedReplyView {
    /// Its id.
    id: Uuid,
    /// What one types to find it: unique in the business.
    code: String,
    /// What people read in lists.
    title: String,
    /// The text with its placeholders.
    text: String,
    /// Its language, such as `es`; null: any.
    language: Option<String>,
    /// True: only you see it.
    personal: bool,
    /// The files that go with it.
    attachments: Vec<UploadView>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl CannedReplyView {
    fn of(row: CannedRow, linker: &Linker) -> Self {
        Self {
            id: row.id.0,
            personal: row.what.owner.is_some(),
            code: row.what.code,
            title: row.what.title,
            text: row.what.body,
            language: row.what.language,
            attachments: row.files.into_iter().map(|file| UploadView::of(file, linker)).collect(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A prepared text to keep.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "hours", "title": "Opening hours", "text": "Hi {{contact.name|there}}, we open at nine."}))]
pub struct CannedReplyBody {
    /// 1 to 32 of a-z, 0-9, - and _.
    code: String,
    /// 1 to 100 characters without line breaks.
    title: String,
    /// 1 to 4,000 characters. `{{contact.name}}`, `{{agent.name}}`, `{{business.name}}` and `{{conversation.number}}` are filled in;
    /// `{{contact.name|friend}}` says what stands there if nothing is known.
    text: String,
    /// A language tag such as `es`; absent: any.
    language: Option<String>,
    /// True: only you see it. For people, not for API keys.
    #[serde(default)]
    personal: bool,
    /// Up to ten files by their ids (`POST /api/v1/attachments`): whoever uses the text sends them along.
    #[serde(default)]
    attachments: Vec<Uuid>,
}

impl CannedReplyBody {
    /// Reads every field.
    fn read(self, who: &AgentPrincipal) -> Result<Canned, Problem> {
        let code = canned::code(&self.code).ok_or_else(|| Problem::field("code", "must be 1 to 32 of a-z, 0-9, - and _"))?;
        let tag = |tag: &str| locale(tag).ok_or_else(|| Problem::field("language", "must be a language tag such as es"));
        let owner = if self.personal { Some(member(who)) } else { None };
        if owner == Some(None) {
            return Err(Problem::field("personal", "is for people: a key's texts are everybody's"));
        }
        Ok(Canned {
            code,
            title: one_line("title", &self.title, 100)?,
            body: canned::text(&self.text).map_err(|error| Problem::field("text", error.to_string()))?,
            language: self.language.as_deref().map(tag).transpose()?,
            owner: owner.flatten(),
            files: named(&self.attachments)?,
        })
    }
}

/// Returns the person, if it is one.
fn member(who: &AgentPrincipal) -> Option<MemberId> {
    match who.actor {
        Actor::Member(person) => Some(person.member),
        Actor::Key(_) => None,
    }
}

/// Reads the id in a path; what is no id names nothing.
fn read_path(id: &str) -> Result<CannedReplyId, Problem> {
    id.parse().ok().ok_or_else(Problem::not_found)
}

/// Finds one that the caller sees.
pub(in crate::http::api::v1) async fn find(state: &HttpState, who: &AgentPrincipal, id: &str) -> Result<CannedRow, Problem> {
    who.scope(&state.store).canned_reply(member(who), read_path(id)?).await?.ok_or_else(Problem::not_found)
}

fn saved(saved: CannedSaved, linker: &Linker) -> Result<CannedReplyView, Problem> {
    match saved {
        CannedSaved::Done(row) => Ok(CannedReplyView::of(*row, linker)),
        CannedSaved::NoFile(place) => Err(absent(place)),
        CannedSaved::Absent => Err(Problem::not_found()),
        CannedSaved::Taken => Err(Problem::conflict("another text of the business has this code, perhaps a colleague's own")
            .with_error("code", "is taken")
            .with_code("taken")),
    }
}
