//! `GET /api/v1/contacts/{id}`.

use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::contacts::{ContactItem, read_path};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::store::people::contacts::{ContactFile, PlaceRow, TalkRow};
use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A name by which channels know somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct IdentityView {
    /// `phone`, `email`, `wa_user`, `wa_phone` or `external`.
    kind: String,
    /// The telephone, the address or the id.
    value: String,
}

/// Where somebody can be written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContactChannelView {
    /// The inbox.
    inbox_id: Uuid,
    /// How the address is spelled.
    address: IdentityView,
    /// True for a group or room.
    group: bool,
    /// When they last wrote from there.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_inbound_at: Option<Timestamp>,
}

impl From<PlaceRow> for ContactChannelView {
    fn from(row: PlaceRow) -> Self {
        let (kind, value) = row.address;
        Self { inbox_id: row.inbox.0, address: IdentityView { kind, value }, group: row.group, last_inbound_at: row.last_inbound_at }
    }
}

/// A conversation of a contact, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContactConversationView {
    /// Its id.
    id: Uuid,
    /// Its number.
    number: i64,
    /// The inbox.
    inbox_id: Uuid,
    /// `pending`, `open`, `snoozed`, `resolved` or `spam`.
    status: String,
    /// When it was last active.
    #[schema(value_type = String, format = DateTime)]
    last_activity_at: Timestamp,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<TalkRow> for ContactConversationView {
    fn from(row: TalkRow) -> Self {
        Self {
            id: row.id.0,
            number: row.number,
            inbox_id: row.inbox.0,
            status: row.status,
            last_activity_at: row.last_activity_at,
            created_at: row.created_at,
        }
    }
}

/// A customer with what hangs on them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ContactFileView {
    /// The customer.
    #[serde(flatten)]
    contact: ContactItem,
    /// The names by which channels know them.
    identities: Vec<IdentityView>,
    /// Where they can be written to, the newest 20 that you see.
    channels: Vec<ContactChannelView>,
    /// The newest 20 conversations that you see.
    conversations: Vec<ContactConversationView>,
    /// How many notes there are.
    notes_count: u64,
}

impl From<ContactFile> for ContactFileView {
    fn from(file: ContactFile) -> Self {
        Self {
            contact: file.row.into(),
            identities: file.identities.into_iter().map(|(kind, value)| IdentityView { kind, value }).collect(),
            channels: file.places.into_iter().map(ContactChannelView::from).collect(),
            conversations: file.conversations.into_iter().map(ContactConversationView::from).collect(),
            notes_count: file.notes,
        }
    }
}

/// Shows a contact with identities, channels and conversations. One that was merged names the contact that it turned out to be.
///
/// # Errors
/// 404 for an absent one, another tenant's, or one of no conversation that you see.
#[utoipa::path(get, path = "/api/v1/contacts/{id}", tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The contact", body = ContactFileView)))]
pub async fn get_contact(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<ContactFileView>, Problem> {
    let file = who.scope(&state.store).contact_file(read_path(&id)?).await?;
    Ok(Json(file.ok_or_else(Problem::not_found)?.into()))
}
