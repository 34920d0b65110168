//! Services, resources and their rules, the book of appointments, and the wall that keeps two of them off one seat.
//!
//! The wall is the database's own: an exclusion constraint on PostgreSQL, triggers on SQLite, with one meaning. Whoever writes an appointment
//! decides first and is right nearly always; the wall is right always.

use crate::guard;
use crate::statements::{render, split};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = include_str!("sql/710001_booking_up.sql");

/// Every table, those that are referred to before those that refer. People and the engine share them.
const TABLES: [&str; 9] = [
    "service",
    "resource",
    "holiday",
    "booking_rules",
    "appointment",
    "appointment_seat",
    "slot_shown",
    "calendar_job",
    "appointment_reminder",
];

/// Lets exclusion constraints compare ids. Trusted since PostgreSQL 13: whoever may create things in the database may make it.
const EXTENSION: &str = "CREATE EXTENSION IF NOT EXISTS btree_gist";

const WALL_POSTGRES: &str = "ALTER TABLE appointment_seat ADD CONSTRAINT appointment_seat_wall EXCLUDE USING gist
    (tenant_id WITH =, resource_id WITH =, seat_no WITH =, group_id WITH <>, tstzrange(starts_at, ends_at, '[)') WITH &&)
    WHERE (protects)";

/// The longest appointment in microseconds: earlier rows than that cannot reach in, so the triggers look at few.
const DAY: &str = "86400000000";

const INDEX_SQLITE: &str =
    "CREATE INDEX appointment_seat_wall ON appointment_seat (tenant_id, resource_id, seat_no, starts_at) WHERE protects";

/// Returns one of SQLite's two triggers; `own` keeps an updated row from standing in its own way.
fn trigger(event: &str, own: &str) -> String {
    format!(
        "CREATE TRIGGER appointment_seat_wall_{event} BEFORE {event} ON appointment_seat WHEN NEW.protects BEGIN
           SELECT RAISE(ABORT, 'slot_overlap') WHERE EXISTS (
             SELECT 1 FROM appointment_seat s
             WHERE s.protects AND s.tenant_id = NEW.tenant_id AND s.resource_id = NEW.resource_id AND s.seat_no = NEW.seat_no
             AND s.starts_at < NEW.ends_at AND s.starts_at > NEW.starts_at - {DAY} AND NEW.starts_at < s.ends_at
             AND s.group_id <> NEW.group_id {own});
         END"
    )
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let db = manager.get_connection();
        let postgres = backend == DbBackend::Postgres;
        if postgres {
            db.execute_unprepared(EXTENSION).await.map_err(without_extension)?;
        }
        let day = if postgres { "ends_at <= starts_at + interval '24 hours'".to_owned() } else { format!("ends_at - starts_at <= {DAY}") };
        let mut statements = split(&render(&UP.replace("{within_a_day}", &day), backend));
        if postgres {
            statements.push(WALL_POSTGRES.to_owned());
            statements.extend(TABLES.iter().flat_map(|table| guard::tenant_table(table)));
        } else {
            let own = "AND s.rowid <> OLD.rowid";
            statements.extend([INDEX_SQLITE.to_owned(), trigger("insert", ""), trigger("update", own)]);
        }
        for statement in &statements {
            db.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    /// Triggers, policies and grants go with their tables. The extension stays: something else of the database may use it.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.get_connection().execute_unprepared(&format!("DROP TABLE {table}")).await?;
        }
        Ok(())
    }
}

/// Says which extension is missing and who can make it.
fn without_extension(error: DbErr) -> DbErr {
    DbErr::Migration(format!(
        "the PostgreSQL extension btree_gist could not be created: install the server's contrib package, or let an administrator run \
         CREATE EXTENSION btree_gist in this database, then migrate again ({error})"
    ))
}
