//! `GET /api/v1/search/messages`: newest first.

use super::{limit, page, place, wanted};
use crate::domain::search::{Wanted, snippet};
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::booking::moments::instant;
use crate::http::api::v1::views::{ActorView, ContactView};
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::store::people::search::{MessageHit, MessageSearch};
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchMessages {
    /// Words that must all be there, 1 to 200 characters, at most 12 words; accents and case do not count. `"quoted words"` stand side by
    /// side. The last word may be a beginning.
    #[param(required = true, value_type = String, example = "cita")]
    q: Option<String>,
    /// Only of this conversation.
    conversation_id: Option<Uuid>,
    /// Only of this inbox.
    inbox_id: Option<Uuid>,
    /// Only recorded at this instant or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<String>,
    /// Only recorded before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<String>,
    /// Also in conversations that are spam; false if absent.
    spam: Option<bool>,
    /// Hits wanted, 1 to 200; 50 if absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

impl SearchMessages {
    fn search(&self) -> Result<MessageSearch, Problem> {
        let moment = |field: &str, text: &Option<String>| text.as_ref().map(|text| instant(field, text)).transpose();
        Ok(MessageSearch {
            wanted: wanted(self.q.as_deref(), Wanted::parse)?,
            conversation: self.conversation_id.map(Into::into),
            inbox: self.inbox_id.map(Into::into),
            from: moment("from", &self.from)?,
            to: moment("to", &self.to)?,
            spam: self.spam.unwrap_or_default(),
            before: place(self.cursor.as_deref())?,
        })
    }
}

/// A stretch of a snippet, in characters (Unicode code points).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RangeView {
    /// Its first character, from 0.
    pub start: usize,
    /// The character behind its last.
    pub end: usize,
}

/// The piece of a text that shows what was looked for: plain text, with the places to mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SnippetView {
    /// The piece, at most 240 characters.
    pub text: String,
    /// How many characters of the text come before it.
    pub skipped: usize,
    /// Whether the text goes on behind it.
    pub more: bool,
    /// What to mark, in order.
    pub ranges: Vec<RangeView>,
}

/// The conversation of a hit, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HitConversation {
    /// Its id.
    pub id: Uuid,
    /// Its number within the tenant.
    pub number: i64,
    /// `pending`, `open`, `snoozed`, `resolved` or `spam`.
    pub status: String,
    /// Its inbox.
    pub inbox_id: Uuid,
    /// The customer.
    pub contact: ContactView,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageHitView {
    /// Its id.
    pub id: Uuid,
    /// Its number within the conversation.
    pub seq: i64,
    /// `in`, `out` or `note` (private).
    pub direction: String,
    /// Who wrote it.
    pub author: ActorView,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Timestamp,
    /// Where it stands.
    pub conversation: HitConversation,
    /// What it says there.
    pub snippet: SnippetView,
}

impl MessageHitView {
    fn of(hit: MessageHit, wanted: &Wanted) -> Self {
        let found = snippet(&hit.message.content.text, wanted);
        let ranges = found.places.iter().map(|place| RangeView { start: place.start, end: place.end }).collect();
        Self {
            id: hit.message.id.0,
            seq: hit.message.seq,
            direction: hit.message.direction,
            author: ActorView { kind: hit.message.author, id: hit.message.author_id },
            occurred_at: hit.message.occurred_at,
            conversation: HitConversation {
                id: hit.message.conversation.0,
                number: hit.number,
                status: hit.status,
                inbox_id: hit.inbox,
                contact: ContactView { id: hit.contact, name: hit.contact_name },
            },
            snippet: SnippetView { text: found.text, skipped: found.skipped, more: found.more, ranges },
        }
    }
}

/// Finds messages by their words, newest first. A page may hold fewer hits than asked for and still name a `next`: go on until it is null.
///
/// # Errors
/// 422 for a query, a span or a page that is none.
#[utoipa::path(get, path = "/api/v1/search/messages", tag = "search", params(SearchMessages),
    responses((status = 200, description = "A page", body = Page<MessageHitView>)))]
pub async fn search_messages(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<SearchMessages>,
) -> Result<Json<Page<MessageHitView>>, Problem> {
    let limit = limit(query.limit)?;
    let search = query.search()?;
    let wanted = search.wanted.clone();
    let hits = who.scope(&state.store).search_messages(search, limit).await?;
    Ok(Json(page(hits, |hit| MessageHitView::of(hit, &wanted))))
}
