//! Schema migrations of Recado for SQLite and PostgreSQL.
//!
//! A migration is never edited once it is on main and never looks at `entities`: those move on, a migration must not.
//! Everything here runs as the owner of the tables; the product itself runs as the roles that [`guard`] makes.

pub mod guard;
mod m20261121_000001_create_engine_tables;
mod m20261122_210001_index_stuck_outbox;
mod m20261122_310001_create_model_provider;
mod m20261122_410001_keep_turn_messages;
mod m20261123_610001_keep_what_was_learnt;
mod m20261123_710001_create_booking;
mod m20261123_810001_add_resource_feed;
mod m20261128_820001_create_mail;
mod m20261128_830001_create_waitlist;
mod m20261128_840001_create_calendar_sync;
mod m20261128_910001_create_accounts;
mod m20261128_920001_create_audit;
mod m20261128_940001_create_notices;
mod m20261128_951001_create_cycles;
mod m20261128_952001_bound_outbox;
mod m20261128_953001_count_codes_apart;
mod m20261128_960001_add_triage;
mod m20261128_970001_create_search;
mod m20261128_980001_create_teams;
mod m20261128_990001_create_webhooks;
mod m20261128_991001_create_contacts;
mod m20261128_991002_create_contact_imports;
mod m20261128_992001_narrow_mail;
mod m20261128_992002_check_addresses;
mod m20261128_993001_create_files;
mod m20261128_994001_create_conversation_members;
mod m20261128_995001_create_bulk_actions;
mod m20261128_995002_index_ended_queue;
mod m20261128_995003_index_teams_lists;
mod m20261128_997001_create_surveys;
mod m20261128_998002_say_who_deleted;
mod m20261128_998003_count_file_bytes;
mod m20261128_999001_index_label_lists;
mod m20261129_000001_follow_questions;
mod m20261129_000006_index_standing_appointments;
pub mod statements;
mod tables;

use sea_orm_migration::MigrationStatus;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

/// Key of the advisory lock that lets one process at a time migrate a PostgreSQL database ("recado" in ASCII).
const MIGRATION_LOCK: i64 = 0x7265_6361_646f;

/// The ordered list of migrations.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_create_engine_tables::Migration),
            Box::new(m20261122_210001_index_stuck_outbox::Migration),
            Box::new(m20261122_310001_create_model_provider::Migration),
            Box::new(m20261122_410001_keep_turn_messages::Migration),
            Box::new(m20261123_610001_keep_what_was_learnt::Migration),
            Box::new(m20261123_710001_create_booking::Migration),
            Box::new(m20261123_810001_add_resource_feed::Migration),
            Box::new(m20261128_820001_create_mail::Migration),
            Box::new(m20261128_830001_create_waitlist::Migration),
            Box::new(m20261128_840001_create_calendar_sync::Migration),
            Box::new(m20261128_910001_create_accounts::Migration),
            Box::new(m20261128_920001_create_audit::Migration),
            Box::new(m20261128_940001_create_notices::Migration),
            Box::new(m20261128_951001_create_cycles::Migration),
            Box::new(m20261128_952001_bound_outbox::Migration),
            Box::new(m20261128_953001_count_codes_apart::Migration),
            Box::new(m20261128_960001_add_triage::Migration),
            Box::new(m20261128_970001_create_search::Migration),
            Box::new(m20261128_980001_create_teams::Migration),
            Box::new(m20261128_990001_create_webhooks::Migration),
            Box::new(m20261128_991001_create_contacts::Migration),
            Box::new(m20261128_991002_create_contact_imports::Migration),
            Box::new(m20261128_992001_narrow_mail::Migration),
            Box::new(m20261128_992002_check_addresses::Migration),
            Box::new(m20261128_993001_create_files::Migration),
            Box::new(m20261128_994001_create_conversation_members::Migration),
            Box::new(m20261128_995001_create_bulk_actions::Migration),
            Box::new(m20261128_995002_index_ended_queue::Migration),
            Box::new(m20261128_995003_index_teams_lists::Migration),
            Box::new(m20261128_997001_create_surveys::Migration),
            Box::new(m20261128_998002_say_who_deleted::Migration),
            Box::new(m20261128_998003_count_file_bytes::Migration),
            Box::new(m20261128_999001_index_label_lists::Migration),
            Box::new(m20261129_000001_follow_questions::Migration),
            Box::new(m20261129_000006_index_standing_appointments::Migration),
        ]
    }
}

/// Returns the names of every migration this binary knows, oldest first.
#[must_use]
pub fn names() -> Vec<String> {
    Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

/// Applies every pending migration in one transaction: all or nothing, and once if two processes try at the same time.
///
/// # Errors
/// Returns the database's error; the schema is then as it was before.
pub async fn up(db: &DatabaseConnection) -> Result<(), DbErr> {
    let tx = begin(db).await?;
    Migrator::up(&tx, None).await?;
    tx.commit().await
}

/// Takes every applied migration back, newest first, in one transaction. All rows are lost.
///
/// # Errors
/// Returns the database's error; the schema is then as it was before.
pub async fn down(db: &DatabaseConnection) -> Result<(), DbErr> {
    let tx = begin(db).await?;
    Migrator::down(&tx, None).await?;
    tx.commit().await
}

/// Returns every migration this binary knows, oldest first, with whether it is applied. Reads only.
///
/// # Errors
/// Returns the database's error, also when the database knows a migration that this binary does not (it is newer).
pub async fn status(db: &DatabaseConnection) -> Result<Vec<(String, bool)>, DbErr> {
    let migrations = Migrator::get_migration_with_status_read_only(db).await?;
    Ok(migrations.iter().map(|known| (known.name().to_owned(), known.status() == MigrationStatus::Applied)).collect())
}

/// Returns whether nothing is pending. Reads only, so that `serve` may ask without the right to change the schema.
///
/// # Errors
/// As [`status`].
pub async fn is_current(db: &DatabaseConnection) -> Result<bool, DbErr> {
    Ok(status(db).await?.iter().all(|(_, applied)| *applied))
}

/// Opens the transaction that keeps other migrating processes out until it ends.
async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    // A deferred transaction on SQLite would read first and fail, not wait, when it came to write.
    let options = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    let tx = db.begin_with_options(options).await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
    }
    Ok(tx)
}
