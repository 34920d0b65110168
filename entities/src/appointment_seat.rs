//! A seat of a resource that an appointment takes: the rows of the wall.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `appointment_seat`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "appointment_seat")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The appointment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub appointment_id: Uuid,
    /// Which of its needs, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i16,
    /// The resource.
    pub resource_id: Uuid,
    /// Which of its seats, from 1.
    pub seat_no: i16,
    /// Rows of one group never stand in each other's way.
    pub group_id: Uuid,
    /// First protected instant.
    pub starts_at: Instant,
    /// First instant after it.
    pub ends_at: Instant,
    /// False: kept for lists only.
    pub protects: bool,
}

/// What a row of `appointment_seat` refers to.
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
