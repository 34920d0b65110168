//! A store of files in memory that fails as it is told and says what it holds.

use crate::files::ObjectFiles;
use crate::ports::clock::Clock;
use crate::ports::files::{FileBytes, FileError, FileRows, FileStore, FileWriter};
use crate::ports::store::StoreError;
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// Which call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// Beginning a file.
    Begin,
    /// Writing a piece.
    Write,
    /// Ending a file.
    Finish,
    /// Reading.
    Read,
    /// Taking away.
    Remove,
}

#[derive(Default)]
struct Plan {
    failing: Option<(Failing, usize)>,
    held: BTreeSet<String>,
}

/// A store of files in memory.
#[derive(Clone)]
pub struct FlakyFiles {
    inner: ObjectFiles,
    plan: Arc<Mutex<Plan>>,
}

impl Default for FlakyFiles {
    fn default() -> Self {
        Self { inner: ObjectFiles::memory(), plan: Arc::default() }
    }
}

impl FlakyFiles {
    /// Lets the next `times` calls of one kind fail as if the store were away.
    pub fn fail(&self, what: Failing, times: usize) {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).failing = Some((what, times));
    }

    /// Returns the names of what it holds.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).held.iter().cloned().collect()
    }

    fn passes(&self, what: Failing) -> Result<(), FileError> {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        match plan.failing.as_mut() {
            Some((failing, left)) if *failing == what && *left > 0 => {
                *left -= 1;
                Err(FileError::Retry("the test lets it fail".to_owned()))
            }
            Some(_) | None => Ok(()),
        }
    }
}

struct FlakyWriter {
    files: FlakyFiles,
    name: String,
    inner: Box<dyn FileWriter>,
}

#[async_trait]
impl FileWriter for FlakyWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError> {
        self.files.passes(Failing::Write)?;
        self.inner.write(bytes).await
    }

    async fn finish(self: Box<Self>) -> Result<(), FileError> {
        self.files.passes(Failing::Finish)?;
        self.inner.finish().await?;
        self.files.plan.lock().unwrap_or_else(PoisonError::into_inner).held.insert(self.name);
        Ok(())
    }

    async fn abort(self: Box<Self>) {
        self.inner.abort().await;
    }
}

#[async_trait]
impl FileStore for FlakyFiles {
    async fn begin(&self, name: &str) -> Result<Box<dyn FileWriter>, FileError> {
        self.passes(Failing::Begin)?;
        let inner = self.inner.begin(name).await?;
        Ok(Box::new(FlakyWriter { files: self.clone(), name: name.to_owned(), inner }))
    }

    async fn read(&self, name: &str, part: Option<Range<u64>>) -> Result<FileBytes, FileError> {
        self.passes(Failing::Read)?;
        self.inner.read(name, part).await
    }

    async fn remove(&self, name: &str) -> Result<(), FileError> {
        self.passes(Failing::Remove)?;
        self.inner.remove(name).await?;
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).held.remove(name);
        Ok(())
    }

    async fn check(&self) -> Result<(), FileError> {
        self.inner.check().await
    }
}

/// Does what the engine's look does with files that nobody uses; returns how many were taken away.
///
/// # Errors
/// The store's.
pub async fn clear_away(rows: &dyn FileRows, files: &dyn FileStore, clock: &dyn Clock) -> Result<usize, StoreError> {
    crate::engine::files::clear_away(rows, files, clock, || true).await
}
