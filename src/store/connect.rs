//! Opening the database: pools, pragmas, limits.
//!
//! SQLite: WAL, `synchronous=FULL`, one connection that writes (the writer's), several that only read. PostgreSQL: one pool each.

use crate::domain::ids::Partition;
use crate::ports::clock::Clock;
use crate::ports::ids::IdSource;
use crate::store::bookings::Agendas;
use crate::store::readers::Readers;
use crate::store::rows::Lite;
use crate::store::writer::{Connections, Writer, WriterOptions};
use crate::store::{Inner, Store};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbBackend, DbErr};
use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// Connections for solo operations on PostgreSQL.
const SOLO: u32 = 4;

/// Pages of the log (64 MiB) after which a commit moves them into the database: rarely enough that a page changed by many commits is moved
/// once, often enough that no commit waits long for it.
const CHECKPOINT_PAGES: &str = "16384";

/// Rows that a query may be ahead of its reader: as many as a transaction has operations, so that the two threads do not wait in turns.
const ROWS_UNDER_WAY: usize = 512;

/// Limits of a session on PostgreSQL: a statement, and a transaction that nobody goes on with, must not hold locks for ever. What they end is
/// a fault that passes.
const SESSION: [(&str, &str); 2] = [("statement_timeout", "10s"), ("idle_in_transaction_session_timeout", "30s")];

/// How to open the database.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// `sqlite:///path?mode=rwc` or `postgres://…`. Never logged: it may hold a password.
    pub url: String,
    /// Most connections that read.
    pub readers: u32,
    /// How the writer batches.
    pub writer: WriterOptions,
}

impl StoreOptions {
    /// Makes the usual options for a URL.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), readers: 8, writer: WriterOptions::default() }
    }
}

/// Why the database could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Neither of the two kinds.
    #[error("the database URL must begin with sqlite: or postgres:")]
    UnknownKind,
    /// It did not answer, or refused us.
    #[error("could not open the database")]
    Connect(#[source] DbErr),
}

/// All partitions, for callers that own everything.
#[must_use]
pub fn all_partitions() -> Vec<Partition> {
    (0..crate::domain::ids::PARTITIONS).map(Partition).collect()
}

/// Opens one connection that may change the schema, for migrations.
///
/// # Errors
/// [`OpenError`].
pub async fn connect_for_migration(url: &str) -> Result<DatabaseConnection, OpenError> {
    connect(url, 1, Access::Migrate).await
}

/// Opens a pool of one PostgreSQL connection that never ends by itself, for locks that live as long as their session.
pub(super) async fn connect_session(url: &str) -> Result<DatabaseConnection, OpenError> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None).test_before_acquire(false).sqlx_logging(false);
    Database::connect(options).await.map_err(OpenError::Connect)
}

impl Store {
    /// Opens the database and starts its writer. The schema must be current.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(options: &StoreOptions, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Result<Self, OpenError> {
        let readers = connect(&options.url, options.readers, Access::Read).await?;
        let postgres = readers.get_database_backend() == DbBackend::Postgres;
        let solo = if postgres { Some(connect(&options.url, SOLO, Access::Write).await?) } else { None };
        let url = options.url.clone();
        let writing = async move {
            let db = connect(&url, 1, Access::Write).await.map_err(|error| match error {
                OpenError::Connect(error) => error,
                OpenError::UnknownKind => DbErr::Custom(error.to_string()),
            })?;
            let lite = database_file(&url).map(|path| Lite::open(&path, &pragmas(Access::Write))).transpose()?;
            Ok(Connections { db, lite })
        };
        let agendas = Agendas::new();
        let writer = Writer::start(writing, solo, (Arc::clone(&ids), agendas.clone()), options.writer).await.map_err(OpenError::Connect)?;
        let log = database_file(&options.url).map(|mut path| {
            path.as_mut_os_string().push("-wal");
            path
        });
        let engine_readers = database_file(&options.url).map(|path| Readers::start(&path, &pragmas(Access::Read))).transpose();
        let engine_readers = engine_readers.map_err(OpenError::Connect)?;
        Ok(Self { inner: Arc::new(Inner { readers, engine_readers, writer, clock, ids, agendas, log }) })
    }
}

/// Returns the file of a SQLite database; `None` for PostgreSQL and for a database without a file.
#[must_use]
pub fn database_file(url: &str) -> Option<PathBuf> {
    if !url.starts_with("sqlite:") {
        return None;
    }
    let options = SqliteConnectOptions::from_str(url).ok()?;
    let path = options.get_filename();
    let named = path.file_name().is_some() && !path.to_string_lossy().starts_with("file:");
    named.then(|| path.to_owned())
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
    /// As [`Self::Write`], without limits of time: a table may be large.
    Migrate,
}

/// The settings of every connection to SQLite.
const fn pragmas(access: Access) -> [(&'static str, &'static str); 9] {
    [
        ("journal_mode", "WAL"),
        ("synchronous", "FULL"),
        ("foreign_keys", "ON"),
        ("busy_timeout", "5000"),
        ("secure_delete", "ON"),
        ("temp_store", "MEMORY"),
        ("wal_autocheckpoint", CHECKPOINT_PAGES),
        ("cache_size", "-16000"),
        (
            "query_only",
            match access {
                Access::Read => "ON",
                Access::Write | Access::Migrate => "OFF",
            },
        ),
    ]
}

async fn connect(url: &str, connections: u32, access: Access) -> Result<DatabaseConnection, OpenError> {
    let sqlite = url.starts_with("sqlite:");
    if !sqlite && !url.starts_with("postgres:") && !url.starts_with("postgresql:") {
        return Err(OpenError::UnknownKind);
    }
    let one = sqlite && access != Access::Read;
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(if one { 1 } else { connections })
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(5))
        .test_before_acquire(false)
        .sqlx_logging(false);
    if sqlite {
        options.idle_timeout(None).max_lifetime(None);
        options.map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite.row_buffer_size(ROWS_UNDER_WAY);
            pragmas(access).into_iter().fold(sqlite, |sqlite, (name, value)| sqlite.pragma(name, value))
        });
    }
    if access != Access::Migrate {
        options.map_sqlx_postgres_opts(|postgres| postgres.options(SESSION));
    }
    Database::connect(options).await.map_err(OpenError::Connect)
}
