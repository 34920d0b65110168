//! What the caller was told. Always the own notifications of a person who is signed in; never a colleague's.

pub mod list;
pub mod read;
pub mod read_all;
pub mod rules_get;
pub mod rules_replace;
#[cfg(test)]
mod tests;

use crate::domain::ids::{ConversationId, NotificationId};
use crate::domain::notice::Kind;
use crate::domain::time::Timestamp;
use crate::store::people::notifications::NotificationRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A notification.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NotificationView {
    /// Its id.
    #[schema(value_type = Uuid)]
    id: NotificationId,
    /// `handed_over`, `assigned`, `message`, `mentioned`, `appointment_approval`, `inbox_attention`, `calendar_trouble` or `webhook_disabled`.
    #[schema(value_type = String)]
    kind: Kind,
    /// The conversation, where it is one's.
    #[schema(value_type = Option<Uuid>)]
    conversation_id: Option<ConversationId>,
    /// What else it is about: an appointment or an inbox.
    subject_id: Option<Uuid>,
    /// When it was told.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When you looked; null: not yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    read_at: Option<Timestamp>,
}

impl From<NotificationRow> for NotificationView {
    fn from(row: NotificationRow) -> Self {
        let NotificationRow { id, kind, conversation, subject, created_at, read_at } = row;
        Self { id, kind, conversation_id: conversation, subject_id: subject, created_at, read_at }
    }
}

/// What the business wants of its notifications.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationRules {
    /// Minutes until a hand-over that nobody opens goes one rung up: 1 to 1440; 0: never.
    #[schema(minimum = 0, maximum = 1440)]
    handoff_minutes: u16,
}
