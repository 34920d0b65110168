//! Files at the door: they come in by one form, and go out by links that open one of them for a while.
//!
//! Never trusts a name or a type that came with a file; never lets a browser run what is in one; never has one whole in memory, but a picture
//! while its preview is made.

pub mod links;
pub mod places;
pub mod serve;
pub mod upload;

use crate::crypto::file_links::SignedFiles;
use crate::http::files::places::Places;
use crate::http::problem::Problem;
use crate::ports::files::{FileError, FileStore, Previews};
use std::sync::Arc;

/// What concerns files.
#[derive(Clone)]
pub struct FileDoor {
    /// The bytes.
    pub store: Arc<dyn FileStore>,
    /// Who makes small pictures.
    pub previews: Arc<dyn Previews>,
    /// The links.
    pub links: Arc<SignedFiles>,
    /// How many come in at once.
    pub places: Places,
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Absent => Self::not_found(),
            FileError::Retry(_) | FileError::Fail(_) => {
                tracing::error!(error = %error, "the store of files does not answer as it should");
                Self::unavailable()
            }
        }
    }
}
