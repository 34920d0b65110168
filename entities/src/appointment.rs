//! An appointment: one row from its hold to its end; a move is a new version of it.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `appointment`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "appointment")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The appointment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// From 1, one more with every change.
    pub version: i64,
    /// Where it stands.
    pub status: String,
    /// What.
    pub service_id: Uuid,
    /// First instant.
    pub starts_at: Instant,
    /// First instant after it.
    pub ends_at: Instant,
    /// JSON: the seats, one of each need; `appointment_seat` repeats them for the wall.
    pub seats: String,
    /// Minutes kept free before it.
    pub buffer_before: i64,
    /// Minutes kept free after it.
    pub buffer_after: i64,
    /// A hold ends here.
    pub hold_expires_at: Option<Instant>,
    /// How often the hold was renewed.
    pub renewed: i16,
    /// The appointment that this hold would move.
    pub moves: Option<Uuid>,
    /// For whom.
    pub contact_id: Option<Uuid>,
    /// Where it was agreed; it may be gone.
    pub conversation_id: Option<Uuid>,
    /// The customer's name as given for it.
    pub name: Option<String>,
    /// The customer's telephone as given for it.
    pub phone: Option<String>,
    /// Where to send the confirmation.
    pub email: Option<String>,
    /// JSON: answers to the service's questions.
    pub answers: String,
    /// The language in which the customer was spoken to.
    pub language: String,
    /// The zone that was named to the customer (IANA).
    pub zone: String,
    /// The start as it was named to the customer.
    pub local_start: String,
    /// What the customer was told last.
    pub told: Option<String>,
    /// Why it was cancelled or failed.
    pub reason: Option<String>,
    /// Tells outside events of one appointment apart.
    pub generation: i64,
    /// Idempotency of whoever asked for it.
    pub request_key: Option<String>,
    /// When it was made.
    pub created_at: Instant,
    /// When it changed last.
    pub updated_at: Instant,
}

/// What a row of `appointment` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Something that a tenant's customers can book.
    #[sea_orm(
        belongs_to = "super::service::Entity",
        from = "(Column::TenantId, Column::ServiceId)",
        to = "(super::service::Column::TenantId, super::service::Column::Id)"
    )]
    Service,
}

impl Related<super::service::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Service.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
