//! Copies of a SQLite installation: a folder with the database, the files that people attach, a manifest that vouches for both, and the key
//! only where asked for.
//!
//! Runs beside a server: the copy is one consistent snapshot, read through a connection of its own that never takes the write lock. Until
//! it is whole the folder has another name, so that half a copy is never mistaken for one. PostgreSQL has its own tools, and the login of
//! the product cannot read every row there: the wall between tenants binds it too.

mod attached;
mod files;
mod manifest;
mod restore;
mod strangers;
#[cfg(test)]
mod tests;

pub use attached::{Attached, LIST};
pub use manifest::{Manifest, ManifestError, StoredFile};
pub use restore::{RestoreError, RestorePlan, Restored, Verified, restore, verify};
pub use strangers::Strangers;

use crate::domain::time::Timestamp;
use crate::store::connect::{OpenError, connect_for_migration, database_file};
use crate::store::lock::make_private_folder;
use files::{Digested, digest, sync_folder, write_private};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement};
use secrecy::{ExposeSecret, SecretString};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The database's name in an archive.
pub const DATABASE: &str = "recado.db";
/// The key's name in an archive, and in a data folder.
pub const KEY: &str = "secret.key";
/// The manifest's name in an archive.
pub const MANIFEST: &str = "manifest.json";

/// What is to be copied, and where to.
#[derive(Debug)]
pub struct BackupPlan<'a> {
    /// The database; must be SQLite with a file.
    pub database_url: &'a str,
    /// The folder with the files that people attach, if they are to be in the archive.
    pub files: Option<&'a Path>,
    /// The archive's folder; must not be there yet.
    pub archive: &'a Path,
    /// The key, if it is to be in the archive.
    pub key: Option<&'a SecretString>,
    /// The release that makes it.
    pub version: &'a str,
    /// Now.
    pub at: Timestamp,
}

/// An archive that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// What it says about itself.
    pub manifest: Manifest,
    /// What there is of files; `None`: none are known, or none were to be copied.
    pub attached: Option<Attached>,
}

/// Why there is no copy.
#[derive(Debug, Error)]
pub enum BackupError {
    /// Another kind of database.
    #[error(
        "PostgreSQL is copied by its own tools: run pg_dump --format=custom as a login that may read every row (a superuser, or one with \
         BYPASSRLS); docs/operations.md shows the commands"
    )]
    Postgres,
    /// There is nothing to copy.
    #[error("there is no database at {}", .0.display())]
    NoDatabase(PathBuf),
    /// Something is there already.
    #[error("{} is there already: name a place that is free", .0.display())]
    Exists(PathBuf),
    /// The database could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database could not be copied.
    #[error("could not copy the database")]
    Copy(#[source] DbErr),
    /// The copy is not whole: the database itself is damaged, or the disk.
    #[error("the copy did not pass the database's own check: {0}")]
    Damaged(String),
    /// A file could not be written or read.
    #[error("could not write the archive at {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Makes an archive. All that was acknowledged before the call is in it.
///
/// # Errors
/// [`BackupError`]; nothing is left behind under the archive's name.
pub async fn back_up(plan: BackupPlan<'_>) -> Result<Made, BackupError> {
    if !plan.database_url.starts_with("sqlite:") {
        return Err(BackupError::Postgres);
    }
    let database = database_file(plan.database_url).ok_or_else(|| BackupError::NoDatabase(PathBuf::from(":memory:")))?;
    if !database.is_file() {
        return Err(BackupError::NoDatabase(database));
    }
    if plan.archive.exists() {
        return Err(BackupError::Exists(plan.archive.to_owned()));
    }
    let unfinished = Unfinished::make(plan.archive)?;
    let copy = unfinished.0.join(DATABASE);
    copy_database(plan.database_url, &copy).await?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::File { path, source }
    };
    let mut files = vec![StoredFile::new(DATABASE, digest(&copy).map_err(failed(&copy))?)];
    let schema = inspect(&copy).await.map_err(|error| match error {
        Inspect::Database(error) => BackupError::Copy(error),
        Inspect::Damaged(what) => BackupError::Damaged(what),
    })?;
    // After the database: what it knows was there at its moment.
    let attached = match plan.files {
        Some(from) => attached::copy_all(&copy, from, &unfinished.0).await?,
        None => None,
    };
    if attached.is_some() {
        let path = unfinished.0.join(LIST);
        files.push(StoredFile::new(LIST, digest(&path).map_err(failed(&path))?));
    }
    if let Some(key) = plan.key {
        let path = unfinished.0.join(KEY);
        write_private(&path, format!("{}\n", key.expose_secret()).as_bytes()).map_err(failed(&path))?;
        files.push(StoredFile::new(KEY, digest(&path).map_err(failed(&path))?));
    }
    let manifest = Manifest::new(plan.version, plan.at, schema, files);
    let path = unfinished.0.join(MANIFEST);
    write_private(&path, manifest.to_text().as_bytes()).map_err(failed(&path))?;
    unfinished.finish(plan.archive).map_err(failed(plan.archive))?;
    Ok(Made { manifest, attached })
}

/// A folder that is not an archive yet; removed if it never becomes one.
struct Unfinished(PathBuf);

impl Unfinished {
    fn make(archive: &Path) -> Result<Self, BackupError> {
        let mut name = archive.file_name().unwrap_or_default().to_owned();
        name.push(format!(".unfinished-{}", std::process::id()));
        let path = archive.with_file_name(name);
        let failed = |source| BackupError::File { path: path.clone(), source };
        if let Some(parent) = archive.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            make_private_folder(parent).map_err(failed)?;
        }
        if path.exists() {
            // A process of the same number was interrupted here.
            std::fs::remove_dir_all(&path).map_err(failed)?;
        }
        make_private_folder(&path).map_err(failed)?;
        Ok(Self(path))
    }

    /// Gives the folder its name once everything in it is on disk.
    fn finish(self, archive: &Path) -> std::io::Result<()> {
        sync_folder(&self.0)?;
        // Refused by the file system if somebody has put a folder with something in it there meanwhile.
        std::fs::rename(&self.0, archive)?;
        sync_folder(archive.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After `finish` there is nothing under this name.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Writes one consistent snapshot: rows of one moment, without what was deleted. Holds that moment for as long as it takes, so the
/// server's log grows meanwhile; nobody waits.
async fn copy_database(url: &str, to: &Path) -> Result<(), BackupError> {
    let db = connect_for_migration(url).await?;
    let into = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO $1", [to.to_string_lossy().into_owned().into()]);
    let copied = db.execute_raw(into).await.map(drop).map_err(BackupError::Copy);
    // The copy stands or not, whatever the end of the connection brings.
    drop(db.close().await);
    copied?;
    let failed = |source| BackupError::File { path: to.to_owned(), source };
    let file = std::fs::File::options().read(true).write(true).open(to).map_err(failed)?;
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed)?;
    file.sync_all().map_err(failed)
}

/// Why a copy was not read.
enum Inspect {
    Database(DbErr),
    Damaged(String),
}

/// Checks a copy as a whole and returns the migrations that its schema has. Changes nothing in it and leaves nothing beside it.
async fn inspect(copy: &Path) -> Result<Vec<String>, Inspect> {
    let db = open_copy(copy).await.map_err(Inspect::Database)?;
    let found = inspect_open(&db).await;
    // It was read or not, whatever the end of the connection brings.
    drop(db.close().await);
    found
}

async fn inspect_open(db: &DatabaseConnection) -> Result<Vec<String>, Inspect> {
    let ask = |sql: &str| db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql));
    let check = ask("PRAGMA integrity_check(1)").await.map_err(Inspect::Database)?;
    let said = check.first().and_then(|row| row.try_get_by_index::<String>(0).ok()).unwrap_or_default();
    if said != "ok" {
        // What SQLite says may name tables and pages, never values.
        return Err(Inspect::Damaged(said));
    }
    let orphans = ask("PRAGMA foreign_key_check").await.map_err(Inspect::Database)?;
    if !orphans.is_empty() {
        return Err(Inspect::Damaged(format!("{} rows refer to rows that are not there", orphans.len())));
    }
    let rows = ask("SELECT version FROM seaql_migrations ORDER BY version").await.map_err(Inspect::Database)?;
    rows.iter().map(|row| row.try_get("", "version")).collect::<Result<_, _>>().map_err(Inspect::Database)
}

/// Opens a copy that nobody writes: no log, no lock, no file beside it.
async fn open_copy(path: &Path) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=ro", path.display()));
    options.max_connections(1).sqlx_logging(false);
    let path = path.to_owned();
    options.map_sqlx_sqlite_opts(move |_| SqliteConnectOptions::new().filename(&path).read_only(true).immutable(true));
    Database::connect(options).await
}

impl StoredFile {
    fn new(name: &str, digested: Digested) -> Self {
        Self { name: name.to_owned(), bytes: digested.bytes, sha256: digested.sha256 }
    }
}
