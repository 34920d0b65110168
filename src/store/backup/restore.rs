//! Bringing an archive back: everything is checked before anything that is there is touched, and the database changes by one rename.
//!
//! Only with the server's lock in hand: nobody else may have the database open.

use crate::store::backup::files::{copy_private, digest, sync_folder};
use crate::store::backup::manifest::{Manifest, ManifestError, StoredFile};
use crate::store::backup::strangers::{Look, Strangers};
use crate::store::backup::{Attached, DATABASE, Inspect, KEY, LIST, attached, inspect};
use crate::store::connect::{connect_for_migration, database_file};
use crate::store::lock::ServeLock;
use sea_orm::{ConnectionTrait, DbErr};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What is to be brought back, and where to.
#[derive(Debug)]
pub struct RestorePlan<'a> {
    /// The archive.
    pub archive: &'a Path,
    /// The database that it becomes; must be SQLite with a file.
    pub database_url: &'a str,
    /// The folder for the key, if the archive has one.
    pub data_dir: &'a Path,
    /// The folder for the files that people attach; `None`: they are kept elsewhere and stay out.
    pub files: Option<&'a Path>,
    /// Every migration that this release knows.
    pub known: &'a [String],
    /// Whether a database that is there may be replaced.
    pub replace: bool,
    /// Whether files go that neither the archive nor the replaced database knows.
    pub prune: bool,
    /// Proof that no server runs on either.
    pub lock: &'a ServeLock,
}

/// Why nothing was brought back; what was there is as it was.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// Another kind of database.
    #[error("PostgreSQL is brought back by pg_restore; docs/operations.md shows the commands")]
    Postgres,
    /// The archive does not vouch for itself.
    #[error("the archive {} is refused", path.display())]
    Manifest {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: ManifestError,
    },
    /// A file of it is not what the manifest says.
    #[error("the archive is damaged: {0} is not what its manifest says")]
    Differs(String),
    /// The database in it does not pass its own check.
    #[error("the archive is damaged: its database did not pass the check: {0}")]
    Damaged(String),
    /// The database in it cannot be read.
    #[error("the archive is damaged: its database cannot be read")]
    Unreadable(#[source] DbErr),
    /// It was made by a newer release.
    #[error("the archive was made by release {version}, whose schema this release does not know ({migration}): use that release")]
    Newer {
        /// The release.
        version: String,
        /// The first migration that is unknown here.
        migration: String,
    },
    /// There is a database already.
    #[error("there is a database at {}: --force replaces it, and what it holds is lost", .0.display())]
    Exists(PathBuf),
    /// There is another key already.
    #[error("there is another key at {}: --force replaces it, and what it closed is lost", .0.display())]
    OtherKey(PathBuf),
    /// The folder of files could not be compared with the database.
    #[error("could not look for files that came after the copy")]
    Strangers(#[source] DbErr),
    /// The folder cannot be used.
    #[error("could not write {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// An archive that has passed every check.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What it says about itself.
    pub manifest: Manifest,
}

/// What was brought back.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What the archive says about itself.
    pub manifest: Manifest,
    /// The files that people attach; `None`: the archive has none, or they stayed out.
    pub attached: Option<Attached>,
    /// What is in their folder besides; `None`: they are kept elsewhere.
    pub strangers: Option<Strangers>,
}

/// Checks an archive as a restore would, and touches nothing.
///
/// # Errors
/// [`RestoreError`].
pub async fn verify(archive: &Path, known: &[String]) -> Result<Verified, RestoreError> {
    let manifest = believed(archive, known)?;
    for file in &manifest.files {
        let path = archive.join(&file.name);
        let found = digest(&path).map_err(|_error| RestoreError::Differs(file.name.clone()))?;
        if StoredFile::new(&file.name, found) != *file {
            return Err(RestoreError::Differs(file.name.clone()));
        }
    }
    check_database(&archive.join(DATABASE), &manifest).await?;
    if manifest.has_files() {
        attached::check(archive)?;
    }
    Ok(Verified { manifest })
}

/// Brings an archive back.
///
/// # Errors
/// [`RestoreError`]; what was there is as it was.
pub async fn restore(plan: RestorePlan<'_>) -> Result<Restored, RestoreError> {
    let target = if plan.database_url.starts_with("sqlite:") { database_file(plan.database_url) } else { None };
    let target = target.ok_or(RestoreError::Postgres)?;
    let manifest = believed(plan.archive, plan.known)?;
    if target.exists() && !plan.replace {
        return Err(RestoreError::Exists(target));
    }
    // Copied beside their places first, checked there: a fault of this disk shows too.
    let database = Arriving::copy(plan.archive, &manifest, DATABASE, &target)?;
    check_database(&database.path, &manifest).await?;
    let key = if manifest.has_key() { arriving_key(&plan, &manifest)? } else { None };
    let attached = bring_files(&plan, &manifest)?;
    let strangers = look_for_strangers(&plan, (&database.path, &target)).await?;
    empty_log(plan.database_url, &target).await?;
    if let Some(key) = key {
        key.arrive()?;
    }
    database.arrive()?;
    Ok(Restored { manifest, attached, strangers })
}

/// After the archive's own files: what is in the folder now and in no row of the new database came after the copy.
async fn look_for_strangers(plan: &RestorePlan<'_>, (arriving, target): (&Path, &Path)) -> Result<Option<Strangers>, RestoreError> {
    let Some(folder) = plan.files else { return Ok(None) };
    let replaced = target.exists().then_some(plan.database_url);
    Look { arriving, folder, replaced, prune: plan.prune }.note().await.map(Some)
}

/// Files come before the database that knows them, all of them checked before the first; nothing sees them until then.
fn bring_files(plan: &RestorePlan<'_>, manifest: &Manifest) -> Result<Option<Attached>, RestoreError> {
    let Some(folder) = plan.files.filter(|_| manifest.has_files()) else { return Ok(None) };
    let list = manifest.files.iter().find(|file| file.name == LIST);
    let found = digest(&plan.archive.join(LIST)).ok().map(|found| StoredFile::new(LIST, found));
    if found.as_ref() != list {
        return Err(RestoreError::Differs(LIST.to_owned()));
    }
    attached::check(plan.archive)?;
    attached::bring_back(plan.archive, folder).map(Some)
}

fn believed(archive: &Path, known: &[String]) -> Result<Manifest, RestoreError> {
    let manifest = Manifest::read(archive).map_err(|source| RestoreError::Manifest { path: archive.to_owned(), source })?;
    match manifest.schema.iter().find(|migration| !known.contains(migration)) {
        Some(migration) => Err(RestoreError::Newer { version: manifest.version.clone(), migration: migration.clone() }),
        None => Ok(manifest),
    }
}

async fn check_database(path: &Path, manifest: &Manifest) -> Result<(), RestoreError> {
    match inspect(path).await {
        Ok(schema) if schema == manifest.schema => Ok(()),
        Ok(_) => Err(RestoreError::Differs("the schema".to_owned())),
        Err(Inspect::Damaged(what)) => Err(RestoreError::Damaged(what)),
        Err(Inspect::Database(error)) => Err(RestoreError::Unreadable(error)),
    }
}

/// The key goes where commands look for it; an equal one stays.
fn arriving_key(plan: &RestorePlan<'_>, manifest: &Manifest) -> Result<Option<Arriving>, RestoreError> {
    let path = plan.data_dir.join(KEY);
    let arriving = Arriving::copy(plan.archive, manifest, KEY, &path)?;
    let read = |path: &Path| std::fs::read(path).ok();
    match read(&path) {
        Some(there) if Some(&there) == read(&arriving.path).as_ref() => Ok(None),
        Some(_) if !plan.replace => Err(RestoreError::OtherKey(path)),
        Some(_) | None => Ok(Some(arriving)),
    }
}

/// Writes what the old database's log holds into its file and takes the log away: a log that outlived its database would be applied to the
/// new one. Until the rename the old database is whole.
async fn empty_log(url: &str, target: &Path) -> Result<(), RestoreError> {
    if target.exists()
        && let Ok(old) = connect_for_migration(url).await
    {
        // A database too damaged for this is about to be replaced anyway.
        drop(old.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await);
        drop(old.close().await);
    }
    for ending in ["-wal", "-shm"] {
        let mut path = target.as_os_str().to_owned();
        path.push(ending);
        let path = PathBuf::from(path);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(RestoreError::File { path, source }),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// A file beside its place; removed if it never gets there.
pub(super) struct Arriving {
    path: PathBuf,
    place: PathBuf,
}

impl Arriving {
    fn copy(archive: &Path, manifest: &Manifest, name: &str, place: &Path) -> Result<Self, RestoreError> {
        let promised = manifest.files.iter().find(|file| file.name == name);
        Self::of(&archive.join(name), promised.ok_or_else(|| RestoreError::Differs(name.to_owned()))?, place)
    }

    /// Copies a file beside its place, if it is what was promised.
    pub fn of(from: &Path, promised: &StoredFile, place: &Path) -> Result<Self, RestoreError> {
        let mut path = place.as_os_str().to_owned();
        path.push(".restoring");
        let arriving = Self { path: PathBuf::from(path), place: place.to_owned() };
        // What an interrupted restore has left is of no use.
        drop(std::fs::remove_file(&arriving.path));
        let failed = |source| RestoreError::File { path: arriving.path.clone(), source };
        let copied = copy_private(from, &arriving.path).map_err(failed)?;
        if *promised == StoredFile::new(&promised.name, copied) { Ok(arriving) } else { Err(RestoreError::Differs(promised.name.clone())) }
    }

    pub fn arrive(self) -> Result<(), RestoreError> {
        let failed = |source| RestoreError::File { path: self.place.clone(), source };
        std::fs::rename(&self.path, &self.place).map_err(failed)?;
        let folder = self.place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        sync_folder(folder).map_err(failed)
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        // After `arrive` there is nothing under this name.
        drop(std::fs::remove_file(&self.path));
    }
}
