//! `GET /api/v1/conversations/bulk/{id}/items`

use super::find;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, number_cursor, page, read_number_cursor};
use crate::http::problem::Problem;
use crate::store::people::bulk::BulkItem;
use actix_web::web::{Data, Json, Path, Query};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What an item may have come to.
const RESULTS: [&str; 7] = ["waiting", "given", "done", "unchanged", "refused", "absent", "cancelled"];

/// What became of one conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BulkItemView {
    /// The conversation, as it was named or found.
    conversation_id: Uuid,
    /// `waiting`, `given`, `done`, `unchanged`, `refused`, `absent` or `cancelled`.
    result: String,
    /// A fixed word for why it was refused: `permission`, `cannot_answer`, `unknown`, `other_status`, or what the single command answers.
    reason: Option<String>,
    /// The same in a sentence; null where you do not see the conversation any more.
    detail: Option<String>,
    /// Its command: `GET /api/v1/commands/{id}`.
    command_id: Option<Uuid>,
}

impl From<BulkItem> for BulkItemView {
    fn from(row: BulkItem) -> Self {
        Self {
            conversation_id: row.conversation_id,
            result: row.result,
            reason: row.reason,
            detail: row.detail,
            command_id: row.command_id,
        }
    }
}

/// Which items.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListBulkItems {
    /// `waiting`, `given`, `done`, `unchanged`, `refused`, `absent` or `cancelled`; all if absent.
    result: Option<String>,
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists what became of the conversations of an action, in the order in which they are taken.
///
/// # Errors
/// 403 for somebody else's, 404 for an absent one or another tenant's, 422 naming a wrong parameter.
#[utoipa::path(get, path = "/api/v1/conversations/bulk/{id}/items", tag = "conversations", params(("id" = Uuid, Path), ListBulkItems),
    responses((status = 200, description = "A page", body = Page<BulkItemView>)))]
pub async fn list_bulk_items(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    query: Query<ListBulkItems>,
) -> Result<Json<Page<BulkItemView>>, Problem> {
    let (found, limit) = (find(&state, &who, &id).await?, limit(query.limit)?);
    let known = |word: &str| RESULTS.into_iter().find(|known| *known == word);
    let wrong = || Problem::field("result", format!("must be one of {}", RESULTS.join(", ")));
    let result = query.result.as_deref().map(|word| known(word).ok_or_else(wrong)).transpose()?;
    let after = query.cursor.as_deref().map(read_number_cursor).transpose()?;
    let scope = who.scope(&state.store);
    let mut rows = scope.bulk_items(found.id, result, after, limit + 1).await?;
    if !who.visibility.is_everything() {
        let homes = scope.homes(rows.iter().map(|row| row.conversation_id.into()).collect()).await?;
        let seen: BTreeSet<Uuid> = homes.into_iter().map(|(id, _)| id.0).collect();
        // What was asked, and what it came to, is their own; the sentence may name who has it.
        rows.iter_mut().filter(|row| !seen.contains(&row.conversation_id)).for_each(|row| row.detail = None);
    }
    Ok(Json(page(rows, limit, |row| number_cursor(row.place), BulkItemView::from)))
}
