//! Something to be done in an outside calendar.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `calendar_job`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_job")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The job.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The appointment.
    pub appointment_id: Uuid,
    /// What.
    pub kind: String,
    /// The version that asked for it.
    pub version: i64,
    /// Names the event together with the appointment.
    pub generation: i64,
    /// Whether it is done.
    pub state: String,
    /// When it is tried next.
    pub due_at: Instant,
    /// How often it was tried.
    pub attempt: i64,
    /// When it was asked for.
    pub created_at: Instant,
    /// Until when somebody is at it.
    pub leased_until: Option<Instant>,
}

/// What a row of `calendar_job` refers to.
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
