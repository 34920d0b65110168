//! `GET /api/v1/events`: the tenant's timeline as server-sent events, numbered, resumable without gap or repeat.
//!
//! Each numbered event has its number as `id`; what is only of the moment (phases) has none.

mod feed;
mod frame;
mod places;
mod shared;
#[cfg(test)]
mod tests;

pub use places::KeyStreams;
pub use shared::StreamCache;

use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::http::header::{CACHE_CONTROL, HeaderMap};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use feed::Feed;
use places::Place;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// From where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamEvents {
    /// The number after which to begin; the header `Last-Event-ID` wins. Without either: from now on.
    after: Option<i64>,
}

/// Streams the tenant's events, those of conversations that you see now. Whoever is limited to teams hears once more of a conversation that
/// has moved out of sight: `conversation.team` or `conversation.assignee`, with `from`.
///
/// # Errors
/// 401 without a key, 422 for a number that is none, 429 if the key has too many streams open, 503 if all together are too many.
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    params(StreamEvents, ("Last-Event-ID" = Option<i64>, Header, description = "The last number seen")),
    responses((status = 200, description = "Events `message.created`, `conversation.*`, `message.*`, `phase`, `draft` (what the assistant is writing; empty: withdrawn), `presence` (who looks at a conversation and who writes in it, until when), `notification` (you were told something; people only), `reading` (you have read a conversation, or marked it as unread, in another window; people only); `reset` if the stream cannot go on after the wanted number (`reason`: `too_old`, `unknown`): load the lists anew and go on from its number", content_type = "text/event-stream", body = String)))]
pub async fn stream_events(
    who: AgentPrincipal,
    state: Data<HttpState>,
    request: HttpRequest,
    query: Query<StreamEvents>,
) -> Result<HttpResponse, Problem> {
    let after = last_seen(request.headers())?.or(query.after);
    let place = Place::take(&state, who.agent())?;
    let feed = Feed::open(Arc::clone(&state), who, after, place).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(feed.into_stream()))
}

fn last_seen(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let number = value.to_str().ok().and_then(|text| text.trim().parse().ok()).filter(|number: &i64| *number >= 0);
    number.map(Some).ok_or_else(|| Problem::field("Last-Event-ID", "must be a number of this stream"))
}
