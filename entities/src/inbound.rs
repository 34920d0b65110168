//! The queue: everything that came in and is owed an outcome.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `inbound`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inbound")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The inbox.
    pub inbox_id: Uuid,
    /// The provider's id of the event, unique per inbox.
    pub external_id: String,
    /// `item`, `command`, `timer` or `delivery_failed`.
    pub kind: String,
    /// The conversation.
    pub conversation_id: Uuid,
    /// Its partition.
    pub part: i16,
    /// JSON: the event.
    pub payload: String,
    /// `new`, `recorded`, `settled` or `dead`.
    pub state: String,
    /// Why it settled without an answer, or died.
    pub reason: Option<String>,
    /// JSON: what a command's caller is told.
    pub outcome: Option<String>,
    /// Hash of a command's body, to tell a repeat from a clash.
    pub fingerprint: Option<String>,
    /// How often handling it failed.
    pub attempts: i16,
    /// The earlier of the event's own time and `received_at`: first part of the order.
    pub occurred_at: Instant,
    /// The event's own time; windows are computed from it.
    pub event_at: Option<Instant>,
    /// Place within the delivery: second part of the order.
    pub delivery_index: i64,
    /// When we received it.
    pub received_at: Instant,
    /// When it settled.
    pub settled_at: Option<Instant>,
}

/// What a row of `inbound` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
