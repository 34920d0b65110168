//! `POST /api/v1/conversations/{id}/read` and `/unread`: how far the caller has read. Always the own cursor of a person who is signed in; the
//! conversation does not change, and nobody who holds it is woken.

use crate::domain::ids::{ConversationId, MemberId};
use crate::domain::reading::Reading;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::conversations::find;
use crate::http::api::v1::views::ConversationView;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::ports::engine::LiveEvent;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Up to where.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadConversation {
    /// The `seq` of the newest message that you have seen; all there are if left out. A cursor never goes back.
    #[schema(minimum = 0, example = json!(null))]
    seq: Option<i64>,
}

/// Nothing to say: an empty object, or no body.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnreadConversation {}

/// How you stand to a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReadingView {
    /// True: the customer wrote something that you have not read, or you have marked it.
    unread: bool,
    /// How many messages of the customer's you have not read; 100: so many, or more.
    #[schema(maximum = 100)]
    unread_count: u32,
    /// The `seq` of the newest message that you have read; null: never opened.
    last_read_seq: Option<i64>,
    /// The `seq` of the newest private note that mentions you.
    mentioned_seq: Option<i64>,
}

impl From<Reading> for ReadingView {
    fn from(reading: Reading) -> Self {
        let Reading { last_read, unread, mentioned, .. } = reading;
        Self { unread: reading.is_unread(), unread_count: unread, last_read_seq: last_read, mentioned_seq: mentioned }
    }
}

/// Adds how the caller stands to conversations; nothing for an API key.
///
/// # Errors
/// 503 if the database is away.
pub async fn with_readings(
    state: &HttpState,
    who: &AgentPrincipal,
    mut views: Vec<ConversationView>,
) -> Result<Vec<ConversationView>, Problem> {
    let Ok(person) = who.person() else { return Ok(views) };
    if views.is_empty() {
        return Ok(views);
    }
    let ids = views.iter().map(|view| ConversationId(view.id)).collect();
    let mut readings = who.scope(&state.store).readings(person.member, ids).await?;
    for view in &mut views {
        view.reading = readings.remove(&ConversationId(view.id)).map(ReadingView::from);
    }
    Ok(views)
}

/// Says that you have read a conversation. Your own cursor only: colleagues have theirs.
///
/// # Errors
/// 403 for an API key, 404 for an absent conversation or another tenant's, 422 for a message that there is not.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/read", tag = "conversations", request_body = ReadConversation,
    params(("id" = Uuid, Path)), responses((status = 200, description = "How you stand to it now", body = ReadingView)))]
pub async fn read_conversation(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<ReadingView>, Problem> {
    let input: ReadConversation = read(&state, &request, payload).await?;
    let (member, row) = (who.person()?.member, find(&state, &who, &id).await?);
    let last = row.model.last_seq;
    let seq = input.seq.unwrap_or(last);
    if !(0..=last).contains(&seq) {
        return Err(Problem::field("seq", format!("must be from 0 to {last}, the newest message's")));
    }
    let id = row.key().id;
    who.scope(&state.store).note_read(member, id, seq, state.clock.now()).await?;
    show(&state, &who, member, id).await
}

/// Marks a conversation as unread for you: what the customer wrote last counts as new, and it stays marked until you read it.
///
/// # Errors
/// 403 for an API key, 404 for an absent conversation or another tenant's.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/unread", tag = "conversations", request_body = UnreadConversation,
    params(("id" = Uuid, Path)), responses((status = 200, description = "How you stand to it now", body = ReadingView)))]
pub async fn unread_conversation(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<ReadingView>, Problem> {
    let UnreadConversation {} = read(&state, &request, payload).await?;
    let (member, row) = (who.person()?.member, find(&state, &who, &id).await?);
    let id = row.key().id;
    who.scope(&state.store).note_unread(member, id, state.clock.now()).await?;
    show(&state, &who, member, id).await
}

/// Shows how a member stands to a conversation, also to the member's other windows.
async fn show(state: &HttpState, who: &AgentPrincipal, member: MemberId, id: ConversationId) -> Result<Json<ReadingView>, Problem> {
    let found = who.scope(&state.store).readings(member, vec![id]).await?.remove(&id);
    let reading = found.ok_or_else(Problem::not_found)?;
    let event = LiveEvent::Reading { member, conversation: id, reading, at: state.clock.now() };
    state.engine.tell(who.tenant, event);
    Ok(Json(reading.into()))
}
