//! How an event is written on the wire of server-sent events.

use crate::domain::time::Timestamp;
use crate::http::api::v1::conversations::reading::ReadingView;
use crate::http::api::v1::conversations::watching::WatcherView;
use crate::http::api::v1::views::MessageView;
use crate::http::files::links::Linker;
use crate::ports::engine::LiveEvent;
use crate::ports::notices::NewNotification;
use crate::ports::store::Published;
use crate::store::people::messages::MessageRow;
use crate::store::people::timeline::TimelineRow;
use actix_web::web::Bytes;
use serde_json::{Map, Value, json};

/// The kind whose events carry their message.
pub const MESSAGE_CREATED: &str = "message.created";

/// Returns the event of a committed step as if it had been read from the timeline.
pub fn as_row(event: &Published) -> TimelineRow {
    TimelineRow {
        number: event.number,
        conversation: event.conversation,
        kind: event.kind.to_owned(),
        data: event.data.clone(),
        at: event.at,
    }
}

/// Returns the `seq` of the message that an event is about, if its kind shows the message.
pub fn shown_seq(row: &TimelineRow) -> Option<i64> {
    (row.kind == MESSAGE_CREATED).then(|| row.data.get("seq").and_then(Value::as_i64)).flatten()
}

/// Writes a numbered event. `message` is the row as it is now: a message deleted meanwhile shows no words.
pub fn numbered(row: TimelineRow, message: Option<MessageRow>, linker: &Linker) -> Bytes {
    let mut data = match row.data {
        Value::Object(map) => map,
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            Map::from_iter([("data".to_owned(), other)])
        }
    };
    data.insert("at".to_owned(), json!(row.at));
    data.insert("conversation_id".to_owned(), json!(row.conversation));
    if let Some(message) = message {
        data.insert("message".to_owned(), json!(MessageView::linked(message, linker)));
    }
    write(Some(row.number), &row.kind, &Value::Object(data))
}

/// Writes a live event that has no number; numbered ones are none of these.
pub fn unnumbered(event: &LiveEvent) -> Option<Bytes> {
    match event {
        LiveEvent::Numbered(_) => None,
        LiveEvent::Phase { conversation, phase, turn_no, at } => {
            let data = json!({"at": at, "conversation_id": conversation, "phase": phase, "turn_no": turn_no});
            Some(write(None, "phase", &data))
        }
        LiveEvent::Notification(NewNotification { id, kind, conversation, at, .. }) => {
            let data = json!({"at": at, "notification_id": id, "kind": kind, "conversation_id": conversation});
            Some(write(None, "notification", &data))
        }
        LiveEvent::Reading { conversation, reading, at, .. } => {
            let reading = ReadingView::from(*reading);
            Some(write(None, "reading", &json!({"at": at, "conversation_id": conversation, "reading": reading})))
        }
        LiveEvent::Presence { conversation, watcher, at } => {
            let watcher = WatcherView::from(*watcher);
            Some(write(None, "presence", &json!({"at": at, "conversation_id": conversation, "member": watcher})))
        }
        LiveEvent::Draft { conversation, turn_no, text, at } => {
            let data = json!({"at": at, "conversation_id": conversation, "turn_no": turn_no, "text": text});
            Some(write(None, "draft", &data))
        }
    }
}

/// Why a stream cannot go on where its reader was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// The events after that number are not kept any more.
    TooOld,
    /// This stream has not given that number yet: it is another business's, or of a database that was put back.
    Unknown,
}

impl Reset {
    const fn as_str(self) -> &'static str {
        match self {
            Self::TooOld => "too_old",
            Self::Unknown => "unknown",
        }
    }
}

/// Says that the stream cannot go on where its reader was: the reader must load the lists anew and go on from `last`.
pub fn reset(last: i64, reason: Reset, at: Timestamp) -> Bytes {
    write(Some(last), "reset", &json!({"at": at, "last": last, "reason": reason.as_str()}))
}

/// Keeps the connection alive.
pub const fn heartbeat() -> Bytes {
    Bytes::from_static(b": heartbeat\n\n")
}

/// JSON has no line breaks outside strings and escapes those inside, so one `data` line is enough.
fn write(id: Option<i64>, kind: &str, data: &Value) -> Bytes {
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    Bytes::from(format!("{id}event: {kind}\ndata: {data}\n\n"))
}
