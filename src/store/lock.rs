//! The lock that keeps a second server off one database: a locked file in the data folder, or an advisory lock on PostgreSQL.
//!
//! Both end with the process, however it ends. Nothing here is a fence: epochs and versions are.

use crate::store::connect::{OpenError, connect_session};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
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
    /// Locked as long as it is open.
    _file: File,
    /// The session that holds the advisory lock.
    session: Option<DatabaseConnection>,
}

impl ServeLock {
    /// Locks the data folder (made if missing), and the database if it is PostgreSQL. Waits three seconds at most.
    ///
    /// # Errors
    /// [`LockError::Taken`] if another server has either.
    pub async fn acquire(data_dir: &Path, database_url: &str) -> Result<Self, LockError> {
        let file = lock_folder(data_dir)?;
        let session = if database_url.starts_with("postgres") { Some(lock_database(database_url).await?) } else { None };
        Ok(Self { _file: file, session })
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

fn lock_folder(data_dir: &Path) -> Result<File, LockError> {
    let failed = |source| LockError::Folder { path: data_dir.to_owned(), source };
    std::fs::create_dir_all(data_dir).map_err(failed)?;
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(data_dir.join(FILE)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LockError::Taken(format!("the data folder {}", data_dir.display()))),
        Err(TryLockError::Error(source)) => Err(failed(source)),
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
        let first = ServeLock::acquire(folder.path(), "sqlite://x").await.unwrap();
        assert!(first.still_held().await.unwrap());
        let second = ServeLock::acquire(folder.path(), "sqlite://x").await.unwrap_err();
        assert!(second.to_string().contains("another recado server") && second.to_string().contains("data folder"), "{second}");
        drop(first);
        ServeLock::acquire(folder.path(), "sqlite://x").await.unwrap();
    }
}
