//! Full-text search over messages and contacts, kept true by the database itself: no path that writes can forget it.
//!
//! `message.words` and `contact.words` belong to the database and to no entity. On PostgreSQL they are the words (`tsvector`) under a GIN
//! index; on SQLite they number the rows of the FTS5 tables `message_words` and `contact_words`, rising in the order of recording.

mod postgres;
mod sqlite;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its folder.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261128_970001_create_search"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let statements = if manager.get_database_backend() == DbBackend::Postgres {
            db.execute_unprepared(postgres::EXTENSION).await.map_err(postgres::without_extension)?;
            postgres::up()
        } else {
            sqlite::up()
        };
        for statement in &statements {
            db.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    /// The extension and the role stay: other things of the server may use them.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statements = if manager.get_database_backend() == DbBackend::Postgres { postgres::DOWN } else { sqlite::DOWN };
        for statement in statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
