//! `GET /api/v1/search/contacts`: the newest first.

use super::{limit, page, place, wanted};
use crate::domain::search::Wanted;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::store::people::search::{ContactHit, ContactSearch};
use crate::store::time::timestamp;
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which contacts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchContacts {
    /// Parts of a name, of an e-mail address or of a channel's identity, or a telephone number in any spelling, 1 to 200 characters, at
    /// most 12 words; accents and case do not count. The last word may be a beginning, a number also an end.
    #[param(required = true, value_type = String, example = "ana")]
    q: Option<String>,
    /// Hits wanted, 1 to 200; 50 if absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// One of the names by which channels know a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FoundIdentity {
    /// `phone`, `email` and so on.
    pub kind: String,
    /// The identity.
    pub value: String,
}

/// A contact that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContactHitView {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: Option<String>,
    /// Its telephone number, E.164.
    pub phone: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Whether its messages are kept and answered by nobody.
    pub blocked: bool,
    /// When it was first seen.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// By what its channels know it.
    pub identities: Vec<FoundIdentity>,
}

impl From<ContactHit> for ContactHitView {
    fn from(hit: ContactHit) -> Self {
        let contact = hit.contact;
        Self {
            id: contact.id,
            name: contact.name,
            phone: contact.phone,
            email: contact.email,
            blocked: contact.blocked,
            created_at: timestamp(contact.created_at),
            identities: hit.identities.into_iter().map(|(kind, value)| FoundIdentity { kind, value }).collect(),
        }
    }
}

/// Finds contacts, the newest first. A page may hold fewer hits than asked for and still name a `next`: go on until it is null.
///
/// # Errors
/// 422 for a query or a page that is none.
#[utoipa::path(get, path = "/api/v1/search/contacts", tag = "search", params(SearchContacts),
    responses((status = 200, description = "A page", body = Page<ContactHitView>)))]
pub async fn search_contacts(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<SearchContacts>,
) -> Result<Json<Page<ContactHitView>>, Problem> {
    let limit = limit(query.limit)?;
    let search = ContactSearch { wanted: wanted(query.q.as_deref(), Wanted::parse_contact)?, before: place(query.cursor.as_deref())? };
    let hits = who.scope(&state.store).search_contacts(search, limit).await?;
    Ok(Json(page(hits, ContactHitView::from)))
}
