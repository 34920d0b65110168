//! A file that came with, or goes with, a message.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `attachment`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachment")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The attachment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The conversation.
    pub conversation_id: Uuid,
    /// The message.
    pub message_id: Uuid,
    /// Place within the message.
    pub ordinal: i16,
    /// `pending`, `stored`, `failed` or `expired`.
    pub state: String,
    /// Image, audio, document and so on.
    pub kind: String,
    /// Media type.
    pub mime_type: String,
    /// Where the provider keeps it.
    pub provider_ref: Option<String>,
    /// Address it can be fetched from.
    pub url: Option<String>,
    /// The sender's name for it.
    pub file_name: Option<String>,
    /// Hash of the stored bytes.
    pub sha256: Option<String>,
    /// Length in bytes.
    pub size: Option<i64>,
    /// Whether it is a voice note.
    pub voice: bool,
    /// When it was recorded.
    pub created_at: Instant,
}

/// What a row of `attachment` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// What was said, in the order of `seq`.
    #[sea_orm(
        belongs_to = "super::message::Entity",
        from = "(Column::TenantId, Column::MessageId)",
        to = "(super::message::Column::TenantId, super::message::Column::Id)"
    )]
    Message,
}

impl Related<super::message::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Message.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
