//! The files that people attach, in an archive: a folder of them, and a list with their hashes that the manifest vouches for.
//!
//! Copied after the database: whatever the copy knows was there at its moment. What has gone since, or was lost before, is missing and is
//! said to be; nobody is kept from copying the rest. Only of a folder: a bucket keeps versions of its own.

use crate::ports::files::preview_name;
use crate::store::backup::files::{copy_private, create_private, digest, make_durable_folder, sync_folder};
use crate::store::backup::restore::{Arriving, RestoreError};
use crate::store::backup::{BackupError, StoredFile, open_copy};
use crate::store::lock::make_private_folder;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The name of their folder in an archive.
pub const FOLDER: &str = "files";
/// The name of their list in an archive.
pub const LIST: &str = "files.jsonl";
/// Rows read at a time.
const PAGE: i64 = 1_000;
/// Most missing files that are named.
const NAMED: usize = 20;

/// What was copied of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Attached {
    /// How many, with the small pictures of them.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many the database knows that are not there.
    pub missing: u64,
    /// The names of some of these.
    pub named: Vec<String>,
    /// How many were in their place and not what the copy says: they are now.
    #[serde(skip_serializing_if = "is_none")]
    pub mended: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_none(many: &u64) -> bool {
    *many == 0
}

/// Returns true for a name that the product gives: the business's id, and what nobody guesses. No other is ever joined to a path.
fn is_ours(name: &str) -> bool {
    let plain = |part: &str| (1..=64).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    name.split_once('/').is_some_and(|(tenant, file)| plain(tenant) && plain(file))
}

/// Copies every file that the copy of the database knows; `None`: it knows none.
pub(super) async fn copy_all(copy: &Path, from: &Path, archive: &Path) -> Result<Option<Attached>, BackupError> {
    let db = open_copy(copy).await.map_err(BackupError::Copy)?;
    let copied = copy_known(&db, from, archive).await;
    // They were read or not, whatever the end of the connection brings.
    drop(db.close().await);
    copied
}

async fn copy_known(db: &DatabaseConnection, from: &Path, archive: &Path) -> Result<Option<Attached>, BackupError> {
    let (mut copying, mut after) = (None, 0);
    loop {
        let page = page(db, after).await.map_err(BackupError::Copy)?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        if copying.is_none() {
            copying = Some(Copying::begin(from, archive)?);
        }
        let Some(copying) = copying.as_mut() else { break };
        page.iter().flat_map(|(_, names)| names).try_for_each(|name| copying.take(name))?;
    }
    copying.map(Copying::end).transpose()
}

/// Returns the next rows with the names of their bytes.
async fn page(db: &DatabaseConnection, after: i64) -> Result<Vec<(i64, Vec<String>)>, DbErr> {
    let sql = "SELECT rowid AS place, name, preview FROM file WHERE state = 'ready' AND rowid > $1 ORDER BY rowid LIMIT $2";
    let rows = db.query_all_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, [after.into(), PAGE.into()])).await?;
    let row = |row: &sea_orm::QueryResult| {
        let (name, preview): (String, bool) = (row.try_get("", "name")?, row.try_get("", "preview")?);
        let small = preview.then(|| preview_name(&name));
        Ok((row.try_get("", "place")?, std::iter::once(name).chain(small).collect()))
    };
    rows.iter().map(row).collect()
}

/// Files on their way into an archive.
struct Copying {
    from: PathBuf,
    to: PathBuf,
    list: BufWriter<File>,
    list_path: PathBuf,
    folders: BTreeSet<PathBuf>,
    copied: Attached,
}

impl Copying {
    fn begin(from: &Path, archive: &Path) -> Result<Self, BackupError> {
        let (to, list_path) = (archive.join(FOLDER), archive.join(LIST));
        make_private_folder(&to).map_err(failed(&to))?;
        let list = BufWriter::new(create_private(&list_path).map_err(failed(&list_path))?);
        Ok(Self { from: from.to_owned(), to, list, list_path, folders: BTreeSet::new(), copied: Attached::default() })
    }

    fn take(&mut self, name: &str) -> Result<(), BackupError> {
        let (from, to) = (self.from.join(name), self.to.join(name));
        let Some(folder) = to.parent().filter(|_| is_ours(name)).map(Path::to_owned) else {
            self.miss(name);
            return Ok(());
        };
        if !self.folders.contains(&folder) {
            make_private_folder(&folder).map_err(failed(&folder))?;
            self.folders.insert(folder);
        }
        match copy_private(&from, &to) {
            Ok(copied) => {
                let file = StoredFile::new(name, copied);
                (self.copied.files, self.copied.bytes) = (self.copied.files + 1, self.copied.bytes + file.bytes);
                let line = serde_json::to_string(&file).unwrap_or_default() + "\n";
                self.list.write_all(line.as_bytes()).map_err(failed(&self.list_path))
            }
            // One file that cannot be read must not keep the database from being copied. What cannot be written is told below: a disk that is full.
            Err(error) if error.kind() != ErrorKind::StorageFull && !is_readable(&from) => {
                // What was made for it is not whole.
                std::fs::remove_file(&to).map_err(failed(&to))?;
                self.miss(name);
                Ok(())
            }
            Err(error) => Err(failed(&from)(error)),
        }
    }

    fn miss(&mut self, name: &str) {
        self.copied.missing += 1;
        if self.copied.named.len() < NAMED {
            self.copied.named.push(name.to_owned());
        }
    }

    /// Puts everything on disk.
    fn end(mut self) -> Result<Attached, BackupError> {
        let flushed = self.list.flush().and_then(|()| self.list.get_ref().sync_all());
        flushed.map_err(failed(&self.list_path))?;
        for folder in self.folders.iter().chain([&self.to]) {
            sync_folder(folder).map_err(failed(folder))?;
        }
        Ok(self.copied)
    }
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { path, source }
}

/// Goes through the list of an archive.
fn each(archive: &Path, mut file: impl FnMut(&StoredFile) -> Result<(), RestoreError>) -> Result<(), RestoreError> {
    let damaged = || RestoreError::Differs(LIST.to_owned());
    let list = File::open(archive.join(LIST)).map_err(|_error| damaged())?;
    for line in BufReader::new(list).lines() {
        let line = line.map_err(|_error| damaged())?;
        let listed: StoredFile = serde_json::from_str(&line).map_err(|_error| damaged())?;
        if !is_ours(&listed.name) {
            return Err(damaged());
        }
        file(&listed)?;
    }
    Ok(())
}

/// Checks every file that the list names.
pub(super) fn check(archive: &Path) -> Result<(), RestoreError> {
    each(archive, |listed| {
        let found = digest(&archive.join(FOLDER).join(&listed.name)).map(|found| StoredFile::new(&listed.name, found));
        if found.is_ok_and(|found| found == *listed) { Ok(()) } else { Err(RestoreError::Differs(listed.name.clone())) }
    })
}

/// Puts every file that the list names in its place. One that is there stays if it is what the list says: what a name names never changes, but
/// a disk may have lost some of it. Nothing of the folder goes.
pub(super) fn bring_back(archive: &Path, to: &Path) -> Result<Attached, RestoreError> {
    let mut brought = Attached::default();
    each(archive, |listed| {
        let place = to.join(&listed.name);
        let there = place.exists();
        let whole = there && digest(&place).is_ok_and(|found| StoredFile::new(&listed.name, found) == *listed);
        if !whole {
            let folder = place.parent().unwrap_or(to);
            make_durable_folder(folder).map_err(|source| RestoreError::File { path: folder.to_owned(), source })?;
            Arriving::of(&archive.join(FOLDER).join(&listed.name), listed, &place)?.arrive()?;
        }
        brought.mended += u64::from(there && !whole);
        (brought.files, brought.bytes) = (brought.files + 1, brought.bytes + listed.bytes);
        Ok(())
    })?;
    Ok(brought)
}

/// Tells whether the whole of a file can be read.
fn is_readable(path: &Path) -> bool {
    std::fs::File::open(path).and_then(|mut file| std::io::copy(&mut file, &mut std::io::sink())).is_ok()
}
