//! What must leave; rows of a conversation leave in the order of `ord`.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `outbox`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The row; also the idempotency key of its sending.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The conversation.
    pub conversation_id: Uuid,
    /// The message it sends.
    pub message_id: Option<Uuid>,
    /// The inbox it leaves by.
    pub inbox_id: Uuid,
    /// Its partition.
    pub part: i16,
    /// Place in the conversation; a row waits for earlier ones.
    pub ord: i64,
    /// Who goes first: `agent`, `assistant`, then `bulk`.
    pub class: String,
    /// `pending`, `retry`, `sending`, `sent`, `uncertain`, `failed`, `cancelled` or `dead`.
    pub state: String,
    /// Number of the current attempt; fences the mark.
    pub attempt: i64,
    /// A person took over while the call was under way: if it comes back retryable it is cancelled.
    pub cancelling: bool,
    /// Not to be sent before.
    pub due_at: Instant,
    /// When the current attempt began.
    pub sending_at: Option<Instant>,
    /// The provider's id, once known.
    pub provider_id: Option<String>,
    /// Short code of the last failure.
    pub code: Option<String>,
    /// Text of the last failure, without content.
    pub detail: Option<String>,
    /// What `to_value` is.
    pub to_kind: String,
    /// Where it goes.
    pub to_value: String,
    /// JSON: what is sent.
    pub payload: String,
    /// The provider's id of the message it answers.
    pub in_reply_to: Option<String>,
    /// The turn that wrote it.
    pub turn_no: Option<i64>,
    /// When it was written.
    pub created_at: Instant,
    /// When it reached a final state.
    pub finished_at: Option<Instant>,
    /// It is of no use from then on; absent: it stays true.
    pub leave_until: Option<Instant>,
    /// The appointment of which it speaks; it leaves only while that is what it says.
    pub appointment_id: Option<Uuid>,
    /// Where that appointment must stand.
    pub appointment_status: Option<String>,
    /// When that appointment must start.
    pub appointment_start: Option<Instant>,
    /// The stretch that must be over, and the newest one, when it leaves.
    pub ended_cycle: Option<i64>,
}

/// What a row of `outbox` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// A conversation: the unit that one actor owns. The row is also the actor's snapshot.
    #[sea_orm(
        belongs_to = "super::conversation::Entity",
        from = "(Column::TenantId, Column::ConversationId)",
        to = "(super::conversation::Column::TenantId, super::conversation::Column::Id)"
    )]
    Conversation,
}

impl Related<super::conversation::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Conversation.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
