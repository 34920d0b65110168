//! Files to attach: brought first, then named by a message or a prepared text. One that nobody uses goes after a day.

pub mod create;
pub mod get;
pub mod remove;
#[cfg(test)]
mod tests;

use crate::domain::file::kind_of;
use crate::domain::ids::FileId;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::views::word;
use crate::http::auth::AgentPrincipal;
use crate::http::files::links::Linker;
use crate::http::problem::Problem;
use crate::ports::files::Shown;
use crate::store::people::files::FileRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A file that can be attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UploadView {
    /// Its id: name it in `attachments` of a message or a prepared text.
    id: Uuid,
    /// `image`, `video`, `audio` or `document`.
    kind: String,
    /// Its media type, found by its content; `application/octet-stream` for what is only ever saved.
    mime_type: String,
    /// Its name, cleaned.
    file_name: String,
    /// Its size in bytes.
    size: u64,
    /// Its SHA-256 in hex.
    sha256: String,
    /// Width in pixels, of a picture.
    width: Option<u32>,
    /// Height in pixels, of a picture.
    height: Option<u32>,
    /// Opens it for a quarter of an hour: in place where that is harmless.
    url: String,
    /// Saves it, for as long.
    download_url: String,
    /// Shows a small picture of it, at most 320 pixels wide and high.
    preview_url: Option<String>,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it goes if nobody uses it; null while somebody does.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl UploadView {
    /// Shows a file with links to it.
    #[must_use]
    pub fn of(row: FileRow, linker: &Linker) -> Self {
        let (id, facts) = (row.id.0, row.facts);
        let (width, height) = facts.pixels.unzip();
        Self {
            id,
            kind: word(kind_of(&facts.media_type)),
            mime_type: facts.media_type,
            file_name: facts.name,
            size: facts.size,
            sha256: facts.sha256,
            width,
            height,
            url: linker.link(id, Shown::InPlace),
            download_url: linker.link(id, Shown::Download),
            preview_url: facts.preview.then(|| linker.link(id, Shown::Preview)),
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}

/// Reads the id in a path; what is no id names nothing.
fn read_path(id: &str) -> Result<FileId, Problem> {
    id.parse().ok().ok_or_else(Problem::not_found)
}

/// Reads the files that a body names: few, each once.
///
/// # Errors
/// 422 naming the one that does not fit.
pub fn named(ids: &[Uuid]) -> Result<Vec<FileId>, Problem> {
    if ids.len() > crate::domain::file::MOST {
        return Err(Problem::field("attachments", format!("must have at most {} files", crate::domain::file::MOST)));
    }
    for (place, id) in ids.iter().enumerate() {
        if ids.iter().take(place).any(|other| other == id) {
            return Err(Problem::field(format!("attachments[{place}]"), "is named twice"));
        }
    }
    Ok(ids.iter().copied().map(FileId).collect())
}

/// Says that a file that a body names is none that the caller sees.
#[must_use]
pub fn absent(place: usize) -> Problem {
    Problem::field(
        format!("attachments[{place}]"),
        "is no file of yours: bring it first by POST /api/v1/attachments; unused ones go after a day",
    )
}

/// Finds a file that the caller sees.
async fn find(state: &HttpState, who: &AgentPrincipal, id: &str) -> Result<FileRow, Problem> {
    who.scope(&state.store).file(who.agent(), read_path(id)?).await?.ok_or_else(Problem::not_found)
}
