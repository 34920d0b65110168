//! What must still be so when a message leaves: until when it is of use, and what its appointment must be (absent: it stays true). And until when
//! somebody of a waiting list to whom a free time was refused stands aside.

use crate::statements::render;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// No foreign key: a message about an appointment that is gone is not sent.
const COLUMNS: [(&str, &str, &str); 5] = [
    ("outbox", "leave_until", "{ts}"),
    ("outbox", "appointment_id", "{id}"),
    ("outbox", "appointment_status", "text"),
    ("outbox", "appointment_start", "{ts}"),
    ("waitlist_entry", "refused_until", "{ts}"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for (table, name, kind) in COLUMNS {
            let kind = render(kind, connection.get_database_backend());
            connection.execute_unprepared(&format!("ALTER TABLE {table} ADD COLUMN {name} {kind}")).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, _) in COLUMNS {
            manager.get_connection().execute_unprepared(&format!("ALTER TABLE {table} DROP COLUMN {name}")).await?;
        }
        Ok(())
    }
}
