//! `GET /api/v1/conversations/{id}/messages`: by their number, forwards or backwards.

use crate::http::HttpState;
use crate::http::api::v1::conversations::find;
use crate::http::api::v1::views::MessageView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, number_cursor, page, read_number_cursor};
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::people::messages::{MessagePage, MessageRow};
use actix_web::web::{Data, Json, Path, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which messages. Without a place: from the first, oldest first.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMessages {
    /// Messages with a higher `seq`, oldest first.
    after: Option<i64>,
    /// Messages with a lower `seq`, newest first.
    before: Option<i64>,
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before; keeps its direction if `before` is given again, with any value.
    cursor: Option<String>,
}

impl ListMessages {
    fn page(&self) -> Result<MessagePage, Problem> {
        let cursor = self.cursor.as_deref().map(read_number_cursor).transpose()?;
        match (self.after, self.before) {
            (Some(_), Some(_)) => Err(Problem::field("before", "cannot be given together with after")),
            (None, Some(before)) => Ok(MessagePage::Before(cursor.unwrap_or(before))),
            (after, None) => Ok(MessagePage::After(cursor.or(after).unwrap_or(0))),
        }
    }
}

/// Lists messages of a conversation.
///
/// # Errors
/// 404 for an absent conversation or another tenant's, 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/messages", tag = "messages", params(("id" = Uuid, Path), ListMessages),
    responses((status = 200, description = "A page", body = Page<MessageView>), (status = 401, description = "No key", body = ProblemDetails), (status = 404, description = "No such conversation", body = ProblemDetails), (status = 422, description = "A wrong page", body = ProblemDetails)))]
pub async fn list_messages(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    query: Query<ListMessages>,
) -> Result<Json<Page<MessageView>>, Problem> {
    let limit = limit(query.limit)?;
    let wanted = query.page()?;
    let conversation = find(&state, &who, &id).await?;
    let rows = who.scope(&state.store).messages(conversation.key().id, wanted, limit + 1).await?;
    Ok(Json(page(rows, limit, |row: &MessageRow| number_cursor(row.seq), MessageView::from)))
}
