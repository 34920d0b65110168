//! Booking looks at what stands in the way, however many holds were given back or appointments called off on the same days.

use crate::statements::split;
use crate::tables::run;
use sea_orm_migration::prelude::*;

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "CREATE INDEX appointment_seat_standing ON appointment_seat (tenant_id, resource_id, starts_at) WHERE protects;
CREATE INDEX appointment_service_counts ON appointment (tenant_id, service_id, starts_at)
    WHERE status IN ('held', 'confirming', 'pending_owner', 'confirmed', 'completed', 'no_show');";

const DOWN: &str = "DROP INDEX appointment_service_counts;
DROP INDEX appointment_seat_standing;";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, split(UP)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, split(DOWN)).await
    }
}
