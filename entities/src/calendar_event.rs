//! An event of ours in an outside calendar.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `calendar_event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_event")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The appointment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub appointment_id: Uuid,
    /// Names the event together with the appointment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub generation: i64,
    /// In whose calendar.
    #[sea_orm(primary_key, auto_increment = false)]
    pub resource_id: Uuid,
    /// The event's name.
    pub name: String,
    /// When it begins there, as written last.
    pub starts_at: Instant,
    /// When it ends there.
    pub ends_at: Instant,
    /// Where a change that has not been answered yet begins.
    pub tried_start: Option<Instant>,
    /// Where it ends.
    pub tried_end: Option<Instant>,
    /// Its version there.
    pub version: Option<String>,
    /// How often its time was changed.
    pub sequence: i64,
    /// Whether the calendar has said that it is there.
    pub made: bool,
}

/// What a row of `calendar_event` refers to.
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
