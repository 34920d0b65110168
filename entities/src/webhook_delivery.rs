//! That an endpoint is told of one event.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `webhook_delivery`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_delivery")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The endpoint.
    pub endpoint_id: Uuid,
    /// The number of the event; null: a sample.
    pub number: Option<i64>,
    /// What happened.
    pub kind: String,
    /// The conversation.
    pub conversation_id: Option<Uuid>,
    /// Where it stands.
    pub state: String,
    /// How often it was tried.
    pub attempt: i64,
    /// JSON: the newest tries.
    pub attempts: String,
    /// When it is tried next; null: it has ended.
    pub due_at: Option<Instant>,
    /// Who has it, or had it last.
    pub lease: i64,
    /// Until when.
    pub leased_until: Option<Instant>,
    /// Until when it is of use.
    pub expires_at: Instant,
    /// When it was made.
    pub created_at: Instant,
    /// When it ended.
    pub ended_at: Option<Instant>,
}

/// What a row of `webhook_delivery` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The endpoint.
    #[sea_orm(
        belongs_to = "super::webhook_endpoint::Entity",
        from = "(Column::TenantId, Column::EndpointId)",
        to = "(super::webhook_endpoint::Column::TenantId, super::webhook_endpoint::Column::Id)"
    )]
    Endpoint,
}

impl Related<super::webhook_endpoint::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Endpoint.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
