//! A reminder of one version of an appointment.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `appointment_reminder`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "appointment_reminder")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The appointment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub appointment_id: Uuid,
    /// The version that it speaks of.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// Which of its reminders, such as `24h`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// When it is due.
    pub due_at: Instant,
    /// Whether it was sent.
    pub state: String,
}

/// What a row of `appointment_reminder` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// An appointment: one row from its hold to its end.
    #[sea_orm(
        belongs_to = "super::appointment::Entity",
        from = "(Column::TenantId, Column::AppointmentId)",
        to = "(super::appointment::Column::TenantId, super::appointment::Column::Id)"
    )]
    Appointment,
}

impl Related<super::appointment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Appointment.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
