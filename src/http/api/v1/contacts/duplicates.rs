//! `GET /api/v1/contacts/{id}/duplicates`.

use crate::http::HttpState;
use crate::http::api::v1::contacts::{ContactItem, read_path};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::store::people::contacts::Duplicate;
use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

/// A contact who may be the same customer.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DuplicateView {
    /// The contact.
    contact: ContactItem,
    /// What both have: `phone`, `email`.
    reasons: Vec<&'static str>,
}

/// Suggestions.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DuplicatesView {
    /// At most twenty, the oldest first.
    data: Vec<DuplicateView>,
}

impl From<Duplicate> for DuplicateView {
    fn from(one: Duplicate) -> Self {
        Self { contact: one.row.into(), reasons: one.reasons }
    }
}

/// Suggests contacts who may be the same customer, each with the reason. Nothing is merged by itself.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/duplicates", tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 200, description = "Suggestions", body = DuplicatesView)))]
pub async fn list_duplicates(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<DuplicatesView>, Problem> {
    let found = who.scope(&state.store).contact_duplicates(read_path(&id)?).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(DuplicatesView { data: found.into_iter().map(DuplicateView::from).collect() }))
}
