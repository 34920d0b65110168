//! Where the bytes of files are kept, what is made of them, and the links that open them. No implementation lives here.
//!
//! A row is there before its bytes are, and goes before they do: whatever stops between, a row says what is left to take away.

use crate::domain::ids::{FileId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use std::ops::Range;
use thiserror::Error;

/// Why bytes could not be kept or read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileError {
    /// There are none under this name.
    #[error("there is no such file in the store")]
    Absent,
    /// Not now: a later try may succeed.
    #[error("the store of files did not take the call ({0})")]
    Retry(String),
    /// Not like this: a wrong key, a folder that may not be written.
    #[error("the store of files refused the call ({0})")]
    Fail(String),
}

/// Bytes on their way out.
pub struct FileBytes {
    /// Length of the whole file.
    pub size: u64,
    /// The part that was asked for, piece by piece.
    pub bytes: BoxStream<'static, Result<Bytes, FileError>>,
}

/// Keeps bytes under names that nobody guesses. A name is used once: what it names never changes.
#[async_trait]
pub trait FileStore: Send + Sync {
    /// Begins a file; nothing is seen of it before it is finished.
    ///
    /// # Errors
    /// [`FileError`].
    async fn begin(&self, name: &str) -> Result<Box<dyn FileWriter>, FileError>;

    /// Reads a file, or a part of it.
    ///
    /// # Errors
    /// [`FileError`].
    async fn read(&self, name: &str, part: Option<Range<u64>>) -> Result<FileBytes, FileError>;

    /// Takes a file away, also what is left of one that was never finished. One that is not there is away.
    ///
    /// # Errors
    /// [`FileError`].
    async fn remove(&self, name: &str) -> Result<(), FileError>;

    /// Writes, reads and removes a small file: tells whether the store can be used.
    ///
    /// # Errors
    /// [`FileError`].
    async fn check(&self) -> Result<(), FileError>;
}

/// A file that is being written.
#[async_trait]
pub trait FileWriter: Send {
    /// Adds bytes. Holds a bounded part of them in memory.
    ///
    /// # Errors
    /// [`FileError`]; the file is lost.
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError>;

    /// Ends the file: from here on it is durable.
    ///
    /// # Errors
    /// [`FileError`]; the file is lost.
    async fn finish(self: Box<Self>) -> Result<(), FileError>;

    /// Gives up. Whatever is left goes with [`FileStore::remove`].
    async fn abort(self: Box<Self>);
}

/// A small picture of a picture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preview {
    /// Width and height of the picture itself, as it is meant to be seen.
    pub pixels: (u32, u32),
    /// The small one: JPEG, without anything that the picture carried beside its pixels.
    pub bytes: Bytes,
}

/// Makes small pictures.
#[async_trait]
pub trait Previews: Send + Sync {
    /// Makes one; `None`: it is no picture, too large, damaged, or it took too long. Never takes a thread of the callers.
    async fn preview(&self, picture: Bytes) -> Option<Preview>;
}

/// What a link opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Shown {
    /// The file, to be seen in place where that is harmless.
    InPlace,
    /// The file, to be saved.
    Download,
    /// The small picture.
    Preview,
}

/// Makes links that open one file for a while, for whoever has them.
pub trait FileLinks: Send + Sync {
    /// Returns the address.
    fn link(&self, tenant: TenantId, file: FileId, shown: Shown, until: Timestamp) -> String;
}

/// The rows that say what bytes are to be taken away.
#[async_trait]
pub trait FileRows: Send + Sync {
    /// Lets go of files that were meant for a message that was never written, and gives up rows of files that nobody uses. What these were
    /// called stands among the leftovers then. True: there may be more.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn give_up_files(&self, now: Timestamp) -> Result<bool, StoreError>;

    /// Lists names of bytes to be taken away, the oldest first; what was made of them goes too ([`preview_name`]).
    ///
    /// # Errors
    /// [`StoreError`].
    async fn leftover_files(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, String)>, StoreError>;

    /// Forgets bytes that are away.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn forget_files(&self, gone: Vec<(TenantId, String)>) -> Result<(), StoreError>;

    /// Puts off what could not be taken away.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn put_off_files(&self, stuck: Vec<(TenantId, String)>, until: Timestamp) -> Result<(), StoreError>;
}

/// Names the small picture of a file by the file's own name.
#[must_use]
pub fn preview_name(name: &str) -> String {
    format!("{name}-1")
}
