//! What people's requests may touch of the queue of mails: they queue one with what they change, learn what became of it and give it to another
//! contact, nothing more. What a mail says, and to whom, is its sender's to read.

use crate::guard;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// What tells of a mail without a word of it.
const SEEN: &str = "tenant_id, id, contact_id, reference, state, reason";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let people = guard::PEOPLE;
        let statements = [
            format!("REVOKE SELECT, UPDATE, DELETE ON mail FROM {people}"),
            format!("GRANT SELECT ({SEEN}), UPDATE (contact_id) ON mail TO {people}"),
        ];
        run(manager, &statements).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let people = guard::PEOPLE;
        let statements = [
            format!("REVOKE SELECT ({SEEN}), UPDATE (contact_id) ON mail FROM {people}"),
            format!("GRANT SELECT, UPDATE, DELETE ON mail TO {people}"),
        ];
        run(manager, &statements).await
    }
}

/// SQLite has no roles.
async fn run(manager: &SchemaManager<'_>, statements: &[String]) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}
