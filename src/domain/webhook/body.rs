//! What an endpoint is told of an event: the event as it was committed, and beside it the message as it is when it is told.
//!
//! Kind, number, time and `data` were fixed in the commit and never change. The words of a message are read for each try: one that was
//! deleted or erased meanwhile shows none, and no copy of them waits in a queue.

use crate::domain::ids::{ContactId, ConversationId, InboxId, TenantId, WebhookId};
use crate::domain::time::Timestamp;
use crate::domain::webhook::kind::TEST;
use serde_json::{Map, Value, json};

/// An event of the timeline with what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// The business.
    pub tenant: TenantId,
    /// Its number: orders the events of a business.
    pub number: i64,
    /// Its kind.
    pub kind: String,
    /// When it was committed.
    pub at: Timestamp,
    /// Ids and fixed words of the commit.
    pub data: Value,
    /// The conversation.
    pub conversation: ConversationId,
    /// Its number among the conversations.
    pub conversation_number: i64,
    /// Its inbox.
    pub inbox: InboxId,
    /// Its customer.
    pub contact: ContactId,
    /// The message that it shows, as it is now.
    pub message: Option<Value>,
}

/// Writes the body of a delivery.
#[must_use]
pub fn write(event: Happened) -> String {
    let mut data = match event.data {
        Value::Object(map) => map,
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            Map::from_iter([("data".to_owned(), other)])
        }
    };
    let conversation = json!({
        "id": event.conversation,
        "number": event.conversation_number,
        "inbox_id": event.inbox,
        "contact_id": event.contact,
    });
    data.insert("at".to_owned(), json!(event.at));
    data.insert("conversation_id".to_owned(), json!(event.conversation));
    data.insert("conversation".to_owned(), conversation);
    if let Some(message) = event.message {
        data.insert("message".to_owned(), message);
    }
    let body = json!({
        "type": event.kind,
        "number": event.number,
        "timestamp": event.at,
        "business_id": event.tenant,
        "data": data,
    });
    body.to_string()
}

/// Writes the body of a sample.
#[must_use]
pub fn write_test(tenant: TenantId, endpoint: WebhookId, at: Timestamp) -> String {
    let body = json!({
        "type": TEST,
        "number": null,
        "timestamp": at,
        "business_id": tenant,
        "data": {"at": at, "webhook_id": endpoint},
    });
    body.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_body_shows_the_event_of_the_commit_and_the_message_beside_it() {
        let id = Uuid::from_u128(7);
        let event = Happened {
            tenant: TenantId(id),
            number: 42,
            kind: "message.created".to_owned(),
            at: Timestamp::from_secs(1_760_000_000),
            data: json!({"seq": 3, "direction": "in"}),
            conversation: ConversationId(id),
            conversation_number: 9,
            inbox: InboxId(id),
            contact: ContactId(id),
            message: Some(json!({"seq": 3, "content": {"text": "hola"}})),
        };
        let body: Value = serde_json::from_str(&write(event.clone())).unwrap();
        let expected = json!({
            "type": "message.created", "number": 42, "timestamp": "2025-10-09T08:53:20.000000Z", "business_id": id,
            "data": {
                "seq": 3, "direction": "in", "at": "2025-10-09T08:53:20.000000Z", "conversation_id": id,
                "conversation": {"id": id, "number": 9, "inbox_id": id, "contact_id": id},
                "message": {"seq": 3, "content": {"text": "hola"}},
            }
        });
        assert_eq!(body, expected);
        let gone: Value = serde_json::from_str(&write(Happened { message: None, data: Value::Null, ..event })).unwrap();
        assert!(gone["data"].get("message").is_none());
        let test: Value = serde_json::from_str(&write_test(TenantId(id), WebhookId(id), Timestamp::from_secs(0))).unwrap();
        assert_eq!((&test["type"], &test["data"]["webhook_id"]), (&json!("webhook.test"), &json!(id)));
    }
}
