//! Somebody who waits for a time to become free.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `waitlist_entry`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "waitlist_entry")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Where it stands.
    pub state: String,
    /// What is wished for.
    pub service_id: Uuid,
    /// JSON: resources of which one must be among those that give it; empty: anybody.
    pub resources: String,
    /// The first local day that will do.
    pub first_day: String,
    /// The last local day that will do.
    pub last_day: String,
    /// The first minute of a local day that will do.
    pub from_minute: i64,
    /// The first minute that will no longer do.
    pub to_minute: i64,
    /// Only starts before this will do.
    pub before_at: Option<Instant>,
    /// The appointment that would be moved.
    pub moves: Option<Uuid>,
    /// Who waits.
    pub contact_id: Uuid,
    /// Where they are told.
    pub conversation_id: Uuid,
    /// Their name.
    pub name: Option<String>,
    /// The language that they speak.
    pub language: String,
    /// The hold that was offered to them, or the appointment that they made.
    pub appointment_id: Option<Uuid>,
    /// When somebody must look for a time.
    pub look_at: Instant,
    /// Rises with every reason to look.
    pub look_no: i64,
    /// What was free was refused to them: until then, or a new reason, nothing is offered to them.
    pub refused_until: Option<Instant>,
    /// When they joined: their place in the line.
    pub created_at: Instant,
    /// When it changed last.
    pub updated_at: Instant,
}

/// What a row of `waitlist_entry` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// A service.
    #[sea_orm(
        belongs_to = "super::service::Entity",
        from = "(Column::TenantId, Column::ServiceId)",
        to = "(super::service::Column::TenantId, super::service::Column::Id)"
    )]
    Service,
    /// A contact.
    #[sea_orm(
        belongs_to = "super::contact::Entity",
        from = "(Column::TenantId, Column::ContactId)",
        to = "(super::contact::Column::TenantId, super::contact::Column::Id)"
    )]
    Contact,
    /// An appointment: one row from its hold to its end.
    #[sea_orm(
        belongs_to = "super::appointment::Entity",
        from = "(Column::TenantId, Column::AppointmentId)",
        to = "(super::appointment::Column::TenantId, super::appointment::Column::Id)"
    )]
    Appointment,
}

impl Related<super::service::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Service.def()
    }
}

impl Related<super::contact::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Contact.def()
    }
}

impl Related<super::appointment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Appointment.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
