//! `GET /api/v1/conversations`: newest activity first.

use crate::domain::conversation::standing::Status;
use crate::http::HttpState;
use crate::http::api::v1::views::ConversationView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, conversation_cursor, limit, page, read_conversation_cursor};
use crate::http::problem::Problem;
use crate::store::people::conversations::ConversationFilter;
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

/// Which conversations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListConversations {
    /// `pending`, `open`, `snoozed`, `resolved` or `spam`.
    #[param(value_type = Option<String>)]
    status: Option<String>,
    /// Only of this inbox.
    inbox_id: Option<Uuid>,
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

impl ListConversations {
    fn filter(&self) -> Result<ConversationFilter, Problem> {
        let known = |text: &str| Status::parse(text).ok_or_else(|| Problem::field("status", "is not a status"));
        let status = self.status.as_deref().map(known).transpose()?;
        let before = self.cursor.as_deref().map(read_conversation_cursor).transpose()?;
        Ok(ConversationFilter { status, inbox: self.inbox_id.map(Into::into), before })
    }
}

/// Lists conversations.
///
/// # Errors
/// 422 for a filter that is none.
#[utoipa::path(get, path = "/api/v1/conversations", tag = "conversations", params(ListConversations),
    responses((status = 200, description = "A page", body = Page<ConversationView>)))]
pub async fn list_conversations(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListConversations>,
) -> Result<Json<Page<ConversationView>>, Problem> {
    let limit = limit(query.limit)?;
    let rows = who.scope(&state.store).conversations(query.filter()?, limit + 1).await?;
    let now = state.clock.now();
    Ok(Json(page(rows, limit, |row| conversation_cursor(row.place()), |row| ConversationView::of(row, now))))
}
