//! A room as server-sent events: what the customer's telephone shows, from the last number seen, then live.

use crate::domain::ids::ConversationId;
use crate::http::demo::DemoState;
use crate::http::demo::customer::name_of;
use crate::http::demo::page::require_this_machine;
use crate::http::demo::rooms::{RoomEvent, RoomId, RoomMessage};
use crate::http::problem::Problem;
use crate::ports::clock::{Clock, Moment};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use futures::Stream;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;

/// Time between two signs of life.
const HEARTBEAT: Duration = Duration::from_secs(15);

struct RoomStream {
    clock: Arc<dyn Clock>,
    name: String,
    ready: VecDeque<Bytes>,
    live: Receiver<RoomEvent>,
    next_heartbeat: Moment,
}

/// Streams a room: `room` with its conversation first, then a `message` each.
///
/// # Errors
/// 403 under a name that is not this machine's, 404 for a room that is none, 429 if it has too many streams.
pub(super) async fn stream_room(state: Data<DemoState>, room: Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    require_this_machine(&request)?;
    let room = RoomId::parse(&room).ok_or_else(Problem::not_found)?;
    let last = request.headers().get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let listening = state.rooms.listen(&room, last.unwrap_or(0)).ok_or_else(Problem::too_many)?;
    let name = name_of(&room);
    let mut ready = VecDeque::from([Bytes::from_static(b"retry: 500\n\n"), bound(&name, listening.conversation)]);
    ready.extend(listening.replay.iter().map(|message| shown(message)));
    let clock = Arc::clone(&state.clock);
    let next_heartbeat = clock.moment().after(HEARTBEAT);
    let stream = RoomStream { clock, name, ready, live: listening.live, next_heartbeat };
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream.into_stream()))
}

impl RoomStream {
    fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        futures::stream::unfold(self, |mut stream| async move {
            let frame = stream.next().await?;
            Some((Ok(frame), stream))
        })
    }

    /// Returns the next frame; `None` ends the stream of a reader that is too slow or of a room that was pushed out: it comes back.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(frame) = self.ready.pop_front() {
            return Some(frame);
        }
        tokio::select! {
            event = self.live.recv() => match event.ok()? {
                RoomEvent::Message(message) => Some(shown(&message)),
                RoomEvent::Bound(conversation) => Some(bound(&self.name, Some(conversation))),
            },
            () = self.clock.sleep_until(self.next_heartbeat) => {
                self.next_heartbeat = self.clock.moment().after(HEARTBEAT);
                Some(Bytes::from_static(b": heartbeat\n\n"))
            }
        }
    }
}

fn shown(message: &RoomMessage) -> Bytes {
    write(Some(message.number), "message", &json!(message))
}

fn bound(name: &str, conversation: Option<ConversationId>) -> Bytes {
    write(None, "room", &json!({ "name": name, "conversation_id": conversation }))
}

/// JSON on one line: its line breaks are escaped.
fn write(id: Option<u64>, kind: &str, data: &Value) -> Bytes {
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    Bytes::from(format!("{id}event: {kind}\ndata: {data}\n\n"))
}
