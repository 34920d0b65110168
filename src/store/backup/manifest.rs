//! What an archive says about itself. Holds no secret and nothing of customers.

use crate::domain::time::Timestamp;
use crate::store::backup::{DATABASE, KEY, LIST, MANIFEST};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use thiserror::Error;

/// The format of an archive without the files that people attach.
const PLAIN: u32 = 1;
/// The format of one with them. Both are read; each is written where it fits, so that earlier releases read what they can.
const WITH_FILES: u32 = 2;
/// Longest manifest, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// The manifest of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format of the archive.
    pub format: u32,
    /// The release that made it.
    pub version: String,
    /// When.
    pub created_at: Timestamp,
    /// The migrations that the schema has.
    pub schema: Vec<String>,
    /// Every file beside the manifest; those that people attach have a list of their own among them.
    pub files: Vec<StoredFile>,
}

/// A file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredFile {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 in lower-case hex.
    pub sha256: String,
}

/// Why a manifest is not believed.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// It is not there: no archive, or half of one.
    #[error("it has no readable manifest.json: it is no archive, or was not finished")]
    Unreadable(#[source] std::io::Error),
    /// It is no manifest.
    #[error("its manifest.json is damaged")]
    Damaged,
    /// It is of another format.
    #[error("its format {0} is none that this release reads ({PLAIN} and {WITH_FILES})")]
    Format(u32),
}

impl Manifest {
    pub(super) fn new(version: &str, created_at: Timestamp, schema: Vec<String>, files: Vec<StoredFile>) -> Self {
        let format = if files.iter().any(|file| file.name == LIST) { WITH_FILES } else { PLAIN };
        Self { format, version: version.to_owned(), created_at, schema, files }
    }

    /// Reads the manifest of an archive.
    pub(super) fn read(archive: &Path) -> Result<Self, ManifestError> {
        let mut text = String::new();
        let file = std::fs::File::open(archive.join(MANIFEST)).map_err(ManifestError::Unreadable)?;
        file.take(LONGEST).read_to_string(&mut text).map_err(ManifestError::Unreadable)?;
        // The format first: a newer one may have other fields.
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|_error| ManifestError::Damaged)?;
        let format = value.get("format").and_then(serde_json::Value::as_u64).ok_or(ManifestError::Damaged)?;
        if ![PLAIN, WITH_FILES].map(u64::from).contains(&format) {
            return Err(ManifestError::Format(u32::try_from(format).unwrap_or(u32::MAX)));
        }
        let manifest: Self = serde_json::from_value(value).map_err(|_error| ManifestError::Damaged)?;
        let names: BTreeSet<&str> = manifest.files.iter().map(|file| file.name.as_str()).collect();
        // No other name is ever joined to a path of ours.
        let known = names.contains(DATABASE) && names.iter().all(|name| [DATABASE, KEY, LIST].contains(name));
        if known && names.len() == manifest.files.len() { Ok(manifest) } else { Err(ManifestError::Damaged) }
    }

    /// Returns true if the key is in the archive.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.files.iter().any(|file| file.name == KEY)
    }

    /// Returns true if files that people attach are in the archive.
    #[must_use]
    pub fn has_files(&self) -> bool {
        self.files.iter().any(|file| file.name == LIST)
    }

    /// Writes it for people, too.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}
