//! `GET /api/v1/conversations`: filtered and ordered, page by page.

use crate::http::HttpState;
use crate::http::api::v1::conversations::filter::{Fields, FilterQuery, cursor, for_whom, mark, read_cursor, read_sort};
use crate::http::api::v1::conversations::reading::with_readings;
use crate::http::api::v1::views::ConversationView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page};
use crate::http::problem::Problem;
use crate::store::people::listing::Listing;
use actix_web::web::{Data, Json, Query};
use utoipa::IntoParams;

/// In which order, and which page.
#[derive(Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListConversations {
    /// `-last_activity` (if left out), `last_activity`, `waiting` (who waits longest first), `-created`, `created`, or `priority` (the most
    /// urgent first, and among equals who waits longest).
    #[param(example = "-last_activity")]
    sort: Option<String>,
    /// Rows wanted, 1 to 100; 50 if absent.
    #[param(value_type = Option<u64>)]
    limit: Option<String>,
    /// The value of `next` of the page before, with the same filter and order.
    cursor: Option<String>,
}

impl ListConversations {
    fn take(fields: &mut Fields) -> Self {
        Self { sort: fields.take("sort"), limit: fields.take("limit"), cursor: fields.take("cursor") }
    }

    fn limit(&self) -> Result<u64, Problem> {
        let number = |text: &String| text.parse().ok().ok_or_else(|| Problem::field("limit", "must be a number"));
        limit(self.limit.as_ref().map(number).transpose()?)
    }
}

/// Lists conversations. Every field of the filter that is given must hold.
///
/// # Errors
/// 422 for a filter that is none, and for a cursor of another filter.
#[utoipa::path(get, path = "/api/v1/conversations", tag = "conversations", params(FilterQuery, ListConversations),
    responses((status = 200, description = "A page", body = Page<ConversationView>)))]
pub async fn list_conversations(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<Vec<(String, String)>>,
) -> Result<Json<Page<ConversationView>>, Problem> {
    let mut fields = Fields::read(query.into_inner())?;
    let (filter, wanted) = (FilterQuery::take(&mut fields), ListConversations::take(&mut fields));
    fields.done()?;
    let (limit, filter, sort) = (wanted.limit()?, filter.read()?, read_sort(wanted.sort.as_deref())?);
    for_whom(&who, &filter)?;
    let mark = mark(&filter, sort);
    let after = wanted.cursor.as_deref().map(|text| read_cursor(mark, text)).transpose()?;
    let listing = Listing { filter, sort, me: who.agent() };
    let rows = who.scope(&state.store).list_conversations(listing, after, limit + 1).await?;
    let now = state.clock.now();
    let Page { data, next } = page(rows, limit, |listed| cursor(mark, listed.place), |listed| ConversationView::of(listed.row, now));
    Ok(Json(Page { data: with_readings(&state, &who, data).await?, next }))
}
