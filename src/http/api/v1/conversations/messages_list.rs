//! `GET /api/v1/conversations/{id}/messages`: by their number, forwards or backwards.

use crate::http::HttpState;
use crate::http::api::v1::conversations::find;
use crate::http::api::v1::views::MessageView;
use crate::http::auth::AgentPrincipal;
use crate::http::files::links::Linker;
use crate::http::pagination::{Page, limit, number_cursor, page, read_number_cursor};
use crate::http::problem::Problem;
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
    /// The value of `next` of the page before; wins over `after` and `before`.
    cursor: Option<String>,
}

impl ListMessages {
    fn page(&self) -> Result<MessagePage, Problem> {
        if self.after.is_some() && self.before.is_some() {
            return Err(Problem::field("before", "cannot be given together with after"));
        }
        if let Some(cursor) = &self.cursor {
            let place = read_number_cursor(cursor)?;
            return Ok(if place < 0 { MessagePage::Before(place.saturating_neg()) } else { MessagePage::After(place) });
        }
        Ok(self.before.map_or(MessagePage::After(self.after.unwrap_or(0)), MessagePage::Before))
    }
}

/// Writes where the next page begins; a negative number goes backwards.
fn cursor_of(page: MessagePage, row: &MessageRow) -> String {
    number_cursor(match page {
        MessagePage::After(_) => row.seq,
        MessagePage::Before(_) => row.seq.saturating_neg(),
    })
}

/// Lists messages of a conversation.
///
/// # Errors
/// 404 for an absent conversation or another tenant's, 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/messages", tag = "messages", params(("id" = Uuid, Path), ListMessages),
    responses((status = 200, description = "A page", body = Page<MessageView>)))]
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
    let linker = Linker::new(&state, who.tenant);
    Ok(Json(page(rows, limit, |row| cursor_of(wanted, row), |row| MessageView::linked(row, &linker))))
}
