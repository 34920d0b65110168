//! Files of an archive: hashed while they are read or copied, on disk before anybody relies on them, for their owner alone.

use crate::crypto::mac::hex;
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
