//! A conversation: the unit that one actor owns. The row is also the actor's snapshot.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `conversation`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The conversation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its number within the tenant, for people.
    pub number: i64,
    /// The thread.
    pub thread_id: Uuid,
    /// The inbox.
    pub inbox_id: Uuid,
    /// The contact; the only column that a merge changes.
    pub contact_id: Uuid,
    /// The thread's partition.
    pub part: i16,
    /// Who began it: `customer`, or a reference of ours.
    pub origin: String,
    /// What people see: `pending`, `open`, `snoozed`, `resolved` or `spam`.
    pub status: String,
    /// Who may talk: `assistant`, `human` or `nobody`.
    pub speaker: String,
    /// The agent who talks.
    pub speaker_id: Option<Uuid>,
    /// The agent it is assigned to.
    pub assignee_id: Option<Uuid>,
    /// Priority set by people.
    pub priority: Option<String>,
    /// Number of the open-to-resolved stretch, from 1.
    pub cycle: i64,
    /// Since when the customer waits for a first answer.
    pub waiting_since: Option<Instant>,
    /// When it wakes.
    pub snoozed_until: Option<Instant>,
    /// When it was first answered.
    pub first_reply_at: Option<Instant>,
    /// When anything visible last happened; lists sort by it.
    pub last_activity_at: Instant,
    /// When the customer last wrote.
    pub last_inbound_at: Option<Instant>,
    /// When it was resolved.
    pub resolved_at: Option<Instant>,
    /// Rises with every step; guards against another writer.
    pub version: i64,
    /// Number of the last turn that settled or journaled a step.
    pub last_turn: i64,
    /// The highest `seq` of its messages.
    pub last_seq: i64,
    /// The last step's id, so that a reload knows its own commit.
    pub step_id: Option<Uuid>,
    /// Version of the snapshot's shape; unknown means rebuild.
    pub format: i16,
    /// JSON: the actor's state with the latest messages, at most 8 KiB.
    pub snapshot: String,
    /// When it was made.
    pub created_at: Instant,
    /// JSON: what side jobs of a model have found out about the current stretch.
    pub learnt: Option<String>,
    /// JSON: the ids of its labels.
    pub labels: Option<String>,
    /// JSON: what people and their programs have noted of it, by name.
    pub attributes: Option<String>,
    /// The team it belongs to.
    pub team_id: Option<Uuid>,
}

/// What a row of `conversation` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// One outside address in one inbox; conversations follow one another in it.
    #[sea_orm(
        belongs_to = "super::thread::Entity",
        from = "(Column::TenantId, Column::ThreadId)",
        to = "(super::thread::Column::TenantId, super::thread::Column::Id)"
    )]
    Thread,
}

impl Related<super::thread::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Thread.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
