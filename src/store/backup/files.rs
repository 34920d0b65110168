//! Files of an archive: hashed while they are read or copied, on disk before anybody relies on them, for their owner alone.

use crate::crypto::mac::hex;
use crate::store::lock::make_private_folder;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

/// Bytes read at a time.
const PIECE: usize = 256 * 1024;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Digested {
    /// Its length.
    pub bytes: u64,
    /// SHA-256 in lower-case hex.
    pub sha256: String,
}

/// Reads a file once.
pub(super) fn digest(path: &Path) -> std::io::Result<Digested> {
    pump(&mut File::open(path)?, &mut std::io::sink())
}

/// Copies a file, and returns what was copied: what is checked is what was written.
pub(super) fn copy_private(from: &Path, to: &Path) -> std::io::Result<Digested> {
    let mut target = create_private(to)?;
    let digested = pump(&mut File::open(from)?, &mut target)?;
    target.sync_all()?;
    Ok(digested)
}

/// Writes a new file that only its owner may read.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = create_private(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Puts the names in a folder on disk.
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes a folder that only its owner may use, such that a loss of power does not take it away again: each new name in the folder above it too.
pub(super) fn make_durable_folder(path: &Path) -> std::io::Result<()> {
    let above = above_new(path);
    make_private_folder(path)?;
    above.into_iter().try_for_each(sync_folder)
}

/// Returns the folders that get a new name when a path is made, the deepest first.
fn above_new(path: &Path) -> Vec<&Path> {
    let new = path.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.is_dir());
    new.filter_map(Path::parent).map(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above }).collect()
}

/// Makes a new file that only its owner may read.
pub(super) fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn pump(from: &mut impl Read, to: &mut impl Write) -> std::io::Result<Digested> {
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
    loop {
        let read = from.read(&mut piece)?;
        let Some(some) = piece.get(..read).filter(|some| !some.is_empty()) else { break };
        hash.update(some);
        to.write_all(some)?;
        bytes += u64::try_from(read).unwrap_or_default();
    }
    Ok(Digested { bytes, sha256: hex(&hash.finalize()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::test_folder::TestFolder;

    #[test]
    fn every_folder_that_gets_a_new_name_is_put_on_disk() {
        let home = TestFolder::new();
        let (files, business) = (home.path().join("files"), home.path().join("files").join("business"));
        assert_eq!(above_new(&business), [files.as_path(), home.path()]);
        make_durable_folder(&business).unwrap();
        assert!(business.is_dir());
        assert_eq!(above_new(&business), Vec::<&Path>::new(), "nothing is new any more");
        assert_eq!(above_new(Path::new("nowhere-yet")), [Path::new(".")]);
    }
}
