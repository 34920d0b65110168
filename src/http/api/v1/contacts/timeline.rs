//! `GET /api/v1/contacts/{id}/timeline`.

use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::contacts::get::ContactConversationView;
use crate::http::api::v1::contacts::read_path;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_moment_cursor};
use crate::http::problem::Problem;
use crate::store::people::contacts::{StoryEntry, StoryWhat};
use crate::store::time::timestamp;
use actix_web::web::{Data, Json, Path, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which ones.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListContactTimeline {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// A note, in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TimelineNote {
    /// The member or API key that wrote it.
    author_id: Uuid,
    /// What it says.
    text: String,
}

/// An appointment, in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TimelineAppointment {
    /// Its state.
    status: String,
    /// The service.
    service_id: Uuid,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
}

/// A merge, in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TimelineMerge {
    /// The contact that went into this one.
    from: Uuid,
    /// The member or API key that did it.
    by_id: Uuid,
    /// When it was taken back, if it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    undone_at: Option<Timestamp>,
}

/// One thing that happened with a contact. Of the last four fields the one that `kind` names is there.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContactTimelineView {
    /// `conversation`, `note`, `appointment` or `merge`.
    kind: &'static str,
    /// The id of what it is.
    id: Uuid,
    /// When it began or was made.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// A conversation.
    conversation: Option<ContactConversationView>,
    /// A note.
    note: Option<TimelineNote>,
    /// An appointment.
    appointment: Option<TimelineAppointment>,
    /// A merge.
    merge: Option<TimelineMerge>,
}

impl From<StoryEntry> for ContactTimelineView {
    fn from(entry: StoryEntry) -> Self {
        let bare = Self { kind: "", id: entry.id, at: entry.at, conversation: None, note: None, appointment: None, merge: None };
        match entry.what {
            StoryWhat::Conversation(row) => Self { kind: "conversation", conversation: Some(row.into()), ..bare },
            StoryWhat::Note(row) => Self { kind: "note", note: Some(TimelineNote { author_id: row.author_id, text: row.body }), ..bare },
            StoryWhat::Appointment(row) => {
                let appointment =
                    TimelineAppointment { status: row.status, service_id: row.service_id, starts_at: timestamp(row.starts_at) };
                Self { kind: "appointment", appointment: Some(appointment), ..bare }
            }
            StoryWhat::Merge(row) => {
                let merge = TimelineMerge { from: row.from_id, by_id: row.by_id, undone_at: row.undone_at.map(timestamp) };
                Self { kind: "merge", merge: Some(merge), ..bare }
            }
        }
    }
}

/// Lists what happened with a contact, newest first: conversations, notes, appointments, merges.
///
/// # Errors
/// 404 for an absent contact or another tenant's, 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/timeline", tag = "contacts", params(("id" = Uuid, Path), ListContactTimeline),
    responses((status = 200, description = "A page", body = Page<ContactTimelineView>)))]
pub async fn list_contact_timeline(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    query: Query<ListContactTimeline>,
) -> Result<Json<Page<ContactTimelineView>>, Problem> {
    let (id, limit) = (read_path(&id)?, limit(query.limit)?);
    let before = query.cursor.as_deref().map(read_moment_cursor).transpose()?;
    let rows = who.scope(&state.store).contact_story(id, before, limit + 1).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(page(rows, limit, |row| place_cursor(row.at.micros(), row.id), ContactTimelineView::from)))
}
