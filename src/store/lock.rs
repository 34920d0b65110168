//! The lock that keeps a second server off one database: a locked file in the data folder, and one beside the database of SQLite or an
//! advisory lock on PostgreSQL: two folders may name the same database.
//!
//! All end with the process, however it ends. Nothing here is a fence: epochs and versions are.

use crate::store::connect::{OpenError, connect_session};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use thiserror::Error;

/// The locked file's name.
const FILE: &str = "recado.lock";

/// Key of the advisory lock ("recado" in ASCII, and one more than the migrations' lock).
const SERVE_LOCK: i64 = 0x7265_6361_646f + 1;

/// Why the lock was not taken.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another server has it.
    #[error("another recado server is already using {0}")]
    Taken(String),
    /// The data folder cannot be used.
    #[error("could not lock the data folder {}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file beside the database cannot be used.
    #[error("could not lock the file {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database did not answer.
    #[error("could not ask the database for its lock")]
    Database(#[source] DbErr),
}

/// Tries for the database's lock: the session of a server that was killed a moment ago may still be ending.
const LOCK_TRIES: u32 = 20;
/// Pause between two tries.
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(150);

/// The held lock; dropping it lets go.
#[derive(Debug)]
pub struct ServeLock {
    /// Locked as long as they are open.
    _files: Vec<File>,
    /// The session that holds the advisory lock.
    session: Option<DatabaseConnection>,
}

impl ServeLock {
    /// Locks the data folder (made if missing) and the database: the file of SQLite wherever it is, or PostgreSQL. Waits three seconds at
    /// most.
    ///
    /// # Errors
    /// [`LockError::Taken`] if another server has either.
    pub async fn acquire(data_dir: &Path, database_url: &str) -> Result<Self, LockError> {
        let mut files = vec![lock_folder(data_dir)?];
        if let Some(path) = beside_database(data_dir, database_url)? {
            files.push(lock_beside(path)?);
        }
        let session = if database_url.starts_with("postgres") { Some(lock_database(database_url).await?) } else { None };
        Ok(Self { _files: files, session })
    }

    /// Returns whether the lock is still ours; takes it again if the session was lost and nobody was faster. Ask now and then.
    ///
    /// # Errors
    /// [`LockError::Database`] if nobody knows now.
    pub async fn still_held(&self) -> Result<bool, LockError> {
        match &self.session {
            Some(session) => try_lock(session).await,
            None => Ok(true),
        }
    }
}

/// Makes a folder, and those above it, for its owner alone: it holds the database and keys. One that is there stays as it is.
///
/// # Errors
/// The file system's.
pub fn make_private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Returns true if the group or everybody may enter, list or change a folder.
#[must_use]
pub fn open_to_others(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|folder| std::os::unix::fs::PermissionsExt::mode(&folder.permissions()) & 0o077 != 0)
}

fn lock_folder(data_dir: &Path) -> Result<File, LockError> {
    let failed = |source| LockError::Folder { path: data_dir.to_owned(), source };
    make_private_folder(data_dir).map_err(failed)?;
    try_file(&data_dir.join(FILE)).map_err(failed)?.ok_or_else(|| LockError::Taken(format!("the data folder {}", data_dir.display())))
}

/// Returns the file to lock beside the database of SQLite, by its true path: links to it lead to the same one. `None` for other databases,
/// for one without a file, and where the folder's own lock is that file.
fn beside_database(data_dir: &Path, url: &str) -> Result<Option<PathBuf>, LockError> {
    if !url.starts_with("sqlite:") {
        return Ok(None);
    }
    let Ok(options) = SqliteConnectOptions::from_str(url) else { return Ok(None) };
    let named = options.get_filename();
    let Some(name) = named.file_name().filter(|_| !named.to_string_lossy().starts_with("file:")) else {
        return Ok(None);
    };
    let failed = |source| LockError::File { path: named.to_owned(), source };
    let folder = named.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut path = match named.canonicalize() {
        Ok(path) => path,
        // Not made yet.
        Err(_) => folder.canonicalize().map_err(failed)?.join(name),
    }
    .into_os_string();
    path.push(".lock");
    let path = PathBuf::from(path);
    let own = data_dir.canonicalize().is_ok_and(|folder| folder.join(FILE) == path);
    Ok((!own).then_some(path))
}

fn lock_beside(path: PathBuf) -> Result<File, LockError> {
    match try_file(&path) {
        Ok(Some(file)) => Ok(file),
        Ok(None) => Err(LockError::Taken("this database".to_owned())),
        Err(source) => Err(LockError::File { path, source }),
    }
}

/// Locks a file, made if missing; `None` if another has it.
fn try_file(path: &Path) -> std::io::Result<Option<File>> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(source),
    }
}

/// Holds the lock in a session of its own, the only connection of its pool, which never ends by itself.
async fn lock_database(url: &str) -> Result<DatabaseConnection, LockError> {
    let session = connect_session(url).await?;
    for _ in 0..LOCK_TRIES {
        if try_lock(&session).await? {
            return Ok(session);
        }
        tokio::time::sleep(LOCK_PAUSE).await;
    }
    Err(LockError::Taken("this database".to_owned()))
}

/// A session that has the lock gets it again; it ends with the session all the same.
async fn try_lock(session: &DatabaseConnection) -> Result<bool, LockError> {
    let ask = Statement::from_string(session.get_database_backend(), format!("SELECT pg_try_advisory_lock({SERVE_LOCK}) AS held"));
    let row = session.query_one_raw(ask).await.map_err(LockError::Database)?;
    row.map_or(Ok(false), |row| row.try_get("", "held").map_err(LockError::Database))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::test_folder::TestFolder;

    #[tokio::test]
    async fn a_second_server_on_one_folder_is_refused_until_the_first_has_gone() {
        let folder = TestFolder::new();
        let first = ServeLock::acquire(folder.path(), &folder.url()).await.unwrap();
        assert!(first.still_held().await.unwrap());
        let second = ServeLock::acquire(folder.path(), &folder.url()).await.unwrap_err();
        assert!(second.to_string().contains("another recado server") && second.to_string().contains("data folder"), "{second}");
        drop(first);
        ServeLock::acquire(folder.path(), &folder.url()).await.unwrap();
    }

    #[tokio::test]
    async fn two_folders_with_one_database_file_cannot_both_serve() {
        let (one, two) = (TestFolder::new(), TestFolder::new());
        // Before the file is there, and after; by its path, and by a link to it.
        let first = ServeLock::acquire(one.path(), &one.url()).await.unwrap();
        assert!(matches!(ServeLock::acquire(two.path(), &one.url()).await, Err(LockError::Taken(_))));
        std::fs::write(one.path().join("recado.db"), "").unwrap();
        assert!(matches!(ServeLock::acquire(two.path(), &one.url()).await, Err(LockError::Taken(_))));
        std::os::unix::fs::symlink(one.path().join("recado.db"), two.path().join("recado.db")).unwrap();
        assert!(matches!(ServeLock::acquire(two.path(), &two.url()).await, Err(LockError::Taken(_))));
        drop(first);
        ServeLock::acquire(two.path(), &two.url()).await.unwrap();
    }

    #[tokio::test]
    async fn databases_without_a_file_and_files_named_like_the_lock_do_no_harm() {
        let folder = TestFolder::new();
        for url in ["sqlite::memory:", "sqlite:", &format!("sqlite://{}/recado", folder.path().display())] {
            ServeLock::acquire(folder.path(), url).await.unwrap();
        }
    }

    #[test]
    fn a_new_data_folder_is_its_owners_alone_and_an_open_one_is_noticed() {
        let folder = TestFolder::new();
        let path = folder.path().join("deep/data");
        make_private_folder(&path).unwrap();
        assert!(!open_to_others(&path) && !open_to_others(&folder.path().join("deep")));
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o750)).unwrap();
        make_private_folder(&path).unwrap();
        assert!(open_to_others(&path), "an old folder is left as it is");
    }
}
