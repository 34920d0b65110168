//! Files that people attach, who uses them, and the bytes that are left over.
//!
//! Triggers note what nobody needs any more, so that it is noted whatever takes a row away: an erased conversation, a prepared text, the
//! business itself.

use crate::guard;
use crate::statements::{render, split};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = include_str!("sql/993001_files_up.sql");

/// Every table, those that refer before those that are referred to.
const DROP_ORDER: [&str; 4] = ["canned_reply_file", "conversation_file", "file", "file_leftover"];

/// Functions of PostgreSQL's triggers.
const FUNCTIONS: [&str; 2] = ["file_leaves", "file_use_ends"];

/// Leaves out what a table's rows still use.
fn unless_used(table: &str) -> String {
    format!(" AND NOT EXISTS (SELECT 1 FROM {table} u WHERE u.tenant_id = OLD.tenant_id AND u.file_id = OLD.file_id)")
}

/// Returns what is done when a row goes: at the beginning of time, so that the next look finds it.
fn triggers(backend: DbBackend) -> Vec<String> {
    let postgres = backend == DbBackend::Postgres;
    let zero = if postgres { "to_timestamp(0)" } else { "0" };
    let leaves = format!(
        "INSERT INTO file_leftover (tenant_id, name, due_at) VALUES (OLD.tenant_id, OLD.name, {zero}) ON CONFLICT (tenant_id, name) DO NOTHING;"
    );
    let unused = unless_used("conversation_file") + &unless_used("canned_reply_file");
    // Locked before others are asked for: of two uses that end at once the second sees that it was the last.
    let lock = if postgres { "PERFORM 1 FROM file WHERE tenant_id = OLD.tenant_id AND id = OLD.file_id FOR NO KEY UPDATE; " } else { "" };
    let ends = format!("{lock}UPDATE file SET expires_at = {zero} WHERE tenant_id = OLD.tenant_id AND id = OLD.file_id{unused};");
    let all = [
        ("file_leaves", "file", "file_leaves", leaves),
        ("conversation_file_ends", "conversation_file", "file_use_ends", ends.clone()),
        ("canned_reply_file_ends", "canned_reply_file", "file_use_ends", ends),
    ];
    if !postgres {
        return all
            .into_iter()
            .map(|(name, table, _, body)| format!("CREATE TRIGGER {name} AFTER DELETE ON {table} BEGIN {body} END"))
            .collect();
    }
    let mut made = Vec::new();
    let mut statements = Vec::new();
    for (name, table, function, body) in all {
        if !made.contains(&function) {
            let body = format!("BEGIN {body} RETURN NULL; END");
            statements.push(format!("CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"));
            made.push(function);
        }
        statements.push(format!("CREATE TRIGGER {name} AFTER DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"));
    }
    statements
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut statements = split(&render(UP, backend));
        if backend == DbBackend::Postgres {
            statements.extend(["file", "conversation_file", "canned_reply_file"].into_iter().flat_map(guard::tenant_table));
            statements.extend(guard::sealed_table("file_leftover"));
        }
        statements.extend(triggers(backend));
        for statement in &statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    /// Policies, grants and triggers go with the tables.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for table in DROP_ORDER {
            db.execute_unprepared(&format!("DROP TABLE {table}")).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            for function in FUNCTIONS {
                db.execute_unprepared(&format!("DROP FUNCTION {function}()")).await?;
            }
        }
        Ok(())
    }
}
