//! The bytes of files: in a folder, or in a bucket that speaks S3; and the small pictures that are made of pictures.
//!
//! Names come from outside and are opaque here: hex and a slash, never what a person typed. Never lists, never overwrites, never decides
//! who may read. Knows no row: what is to be kept and what is to go, the store's rows say.

pub mod preview;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod tests;

use crate::ports::files::{FileBytes, FileError, FileStore, FileWriter};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, GetOptions, GetRange, ObjectStore, ObjectStoreExt, RetryConfig};
use secrecy::{ExposeSecret, SecretString};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::io::AsyncWriteExt;
use url::Url;

/// How much of a file is in memory while it is written: the smallest part that S3 takes, and one part under way.
const PART: usize = 5 * 1024 * 1024;
/// Parts under way at once.
const PARTS: usize = 1;
/// How often a call of a bucket is repeated, and for how long in all.
const RETRIES: usize = 3;
const RETRY_FOR: Duration = Duration::from_secs(30);
/// Longest time in which a bucket may stand still: a file of any size comes whole, as long as it comes.
const CALL: Duration = Duration::from_secs(30);

/// Where files are kept.
#[derive(Clone, Debug)]
pub enum Place {
    /// In a folder of this machine; made if it is not there.
    Folder(PathBuf),
    /// In a bucket.
    Bucket(Bucket),
}

/// A bucket that speaks S3.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What stands before every name in it; may be empty.
    pub prefix: String,
    /// The server, if it is not Amazon's.
    pub endpoint: Option<Url>,
    /// The region.
    pub region: String,
    /// The id of the key.
    pub key_id: SecretString,
    /// The key.
    pub secret_key: SecretString,
}

/// Why a place cannot be used.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// The folder cannot be made or read.
    #[error("could not open the folder of files {}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The settings do not make a store.
    #[error("could not set up the store of files")]
    Settings(#[source] object_store::Error),
}

/// A store of files.
#[derive(Clone)]
pub struct ObjectFiles {
    store: Arc<dyn ObjectStore>,
    /// Of a folder, to clear away what was never finished.
    folder: Option<Arc<PathBuf>>,
}

impl ObjectFiles {
    /// Opens a place.
    ///
    /// # Errors
    /// [`PlaceError`].
    pub fn open(place: &Place) -> Result<Self, PlaceError> {
        match place {
            Place::Folder(path) => Self::folder(path),
            Place::Bucket(bucket) => Self::bucket(bucket, CALL).map_err(PlaceError::Settings),
        }
    }

    /// Keeps files in memory, for tests.
    #[must_use]
    pub fn memory() -> Self {
        Self { store: Arc::new(InMemory::new()), folder: None }
    }

    fn folder(path: &Path) -> Result<Self, PlaceError> {
        let failed = |source| PlaceError::Folder { path: path.to_owned(), source };
        private_folder(path).map_err(failed)?;
        let path = path.canonicalize().map_err(failed)?;
        let store = LocalFileSystem::new_with_prefix(&path).map_err(PlaceError::Settings)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), folder: Some(Arc::new(path)) })
    }

    fn bucket(bucket: &Bucket, stall: Duration) -> Result<Self, object_store::Error> {
        let plain = bucket.endpoint.as_ref().is_some_and(|url| url.scheme() == "http");
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket.name)
            .with_region(&bucket.region)
            .with_access_key_id(bucket.key_id.expose_secret())
            .with_secret_access_key(bucket.secret_key.expose_secret())
            .with_retry(RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_FOR, ..RetryConfig::default() })
            .with_client_options(ClientOptions::new().with_allow_http(plain).with_timeout_disabled().with_read_timeout(stall));
        if let Some(endpoint) = &bucket.endpoint {
            builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
        }
        let store = PrefixStore::new(builder.build()?, bucket.prefix.as_str());
        Ok(Self { store: Arc::new(store), folder: None })
    }
}

/// Makes a folder that only its owner reads.
fn private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Says what an error is: its kind, and the status or the system's reason. Never its own text: a bucket answers a wrong signature with the id
/// of the key and all that was signed.
fn told(error: &object_store::Error) -> String {
    use object_store::Error;
    let kinds = [
        (matches!(error, Error::NotFound { .. }), "not found"),
        (matches!(error, Error::PermissionDenied { .. }), "not permitted"),
        (matches!(error, Error::Unauthenticated { .. }), "the key does not fit"),
        (matches!(error, Error::AlreadyExists { .. } | Error::Precondition { .. }), "something else is there"),
        (matches!(error, Error::InvalidPath { .. } | Error::NotSupported { .. } | Error::NotImplemented { .. }), "not possible there"),
    ];
    let kind = kinds.into_iter().find(|(is, _)| *is).map_or("it failed", |(_, kind)| kind);
    match because(error) {
        Some(reason) => format!("{kind}: {reason}"),
        None => kind.to_owned(),
    }
}

/// Returns the first reason below an error that holds nothing secret.
fn because(error: &object_store::Error) -> Option<String> {
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return Some(io.kind().to_string());
        }
        if let Some(status) = status_in(&cause.to_string()) {
            return Some(format!("status {status}"));
        }
        next = cause.source();
    }
    None
}

/// Finds the status that a server answered with: the library keeps the type that has it to itself, and shows it in words.
fn status_in(text: &str) -> Option<u16> {
    let after = text.split_once("status code: ")?.1;
    after.get(..3)?.parse().ok()
}

/// Sorts an error of the store; what is told of it is safe to be shown.
#[expect(clippy::needless_pass_by_value, reason = "used as a mapping function")]
fn sorted(error: object_store::Error) -> FileError {
    use object_store::Error::{Generic, JoinError, NotFound};
    if matches!(error, NotFound { .. }) {
        return FileError::Absent;
    }
    let passing = matches!(error, Generic { .. } | JoinError { .. });
    if passing { FileError::Retry(told(&error)) } else { FileError::Fail(told(&error)) }
}

/// Reads a name. Only what we made ourselves is one.
fn key(name: &str) -> Result<Key, FileError> {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if name.len() > 200 || !name.split('/').all(plain) {
        return Err(FileError::Fail("the name is none of ours".to_owned()));
    }
    Ok(Key::from(name))
}

#[async_trait]
impl FileStore for ObjectFiles {
    async fn begin(&self, name: &str) -> Result<Box<dyn FileWriter>, FileError> {
        let out = BufWriter::with_capacity(Arc::clone(&self.store), key(name)?, PART).with_max_concurrency(PARTS);
        Ok(Box::new(Writing(out)))
    }

    async fn read(&self, name: &str, part: Option<Range<u64>>) -> Result<FileBytes, FileError> {
        let options = GetOptions { range: part.map(GetRange::Bounded), ..GetOptions::default() };
        let found = self.store.get_opts(&key(name)?, options).await.map_err(sorted)?;
        Ok(FileBytes { size: found.meta.size, bytes: found.into_stream().map_err(sorted).boxed() })
    }

    async fn remove(&self, name: &str) -> Result<(), FileError> {
        let place = key(name)?;
        match self.store.delete(&place).await.map_err(sorted) {
            Ok(()) | Err(FileError::Absent) => {}
            Err(error) => return Err(error),
        }
        if let Some(folder) = self.folder.clone() {
            // Where a file is written before it gets its name; what a dead process left there has no other.
            let mut staged = folder.join(name).into_os_string();
            staged.push("#1");
            match tokio::fs::remove_file(staged).await {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(FileError::Retry(error.kind().to_string())),
            }
        }
        Ok(())
    }

    async fn check(&self) -> Result<(), FileError> {
        const NAME: &str = "0000/c4ec";
        let mut writer = self.begin(NAME).await?;
        writer.write(Bytes::from_static(b"recado")).await?;
        writer.finish().await?;
        let read = self.read(NAME, None).await?.bytes.try_collect::<Vec<_>>().await?.concat();
        self.remove(NAME).await?;
        if read == b"recado" { Ok(()) } else { Err(FileError::Fail("what was written does not come back".to_owned())) }
    }
}

/// A file that is being written.
struct Writing(BufWriter);

#[async_trait]
impl FileWriter for Writing {
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError> {
        self.0.put(bytes).await.map_err(sorted)
    }

    async fn finish(mut self: Box<Self>) -> Result<(), FileError> {
        self.0.shutdown().await.map_err(|error| {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<object_store::Error>());
            FileError::Retry(inner.map_or_else(|| error.kind().to_string(), told))
        })
    }

    async fn abort(mut self: Box<Self>) {
        if let Err(error) = self.0.abort().await {
            tracing::debug!(error = %sorted(error), "a file that was given up could not be taken back at once");
        }
    }
}
