//! Another address of an account counts once its link was followed: until then it stands beside the link's token, with the session in which
//! it was asked for.

use crate::statements::render;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const COLUMNS: [(&str, &str); 2] = [("email", "text"), ("session_id", "{id}")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, kind) in COLUMNS {
            let kind = render(kind, manager.get_database_backend());
            manager.get_connection().execute_unprepared(&format!("ALTER TABLE account_token ADD COLUMN {name} {kind}")).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in COLUMNS {
            manager.get_connection().execute_unprepared(&format!("ALTER TABLE account_token DROP COLUMN {name}")).await?;
        }
        Ok(())
    }
}
