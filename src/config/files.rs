//! Where files are kept, as an operator may set it. A key in it is never shown.

use crate::config::read::Reader;
use crate::files::{Bucket, Place};
use secrecy::SecretString;
use std::path::{Path, PathBuf};

/// Where files are kept, and how large one may be.
#[derive(Clone, Debug)]
pub struct FilesConfig {
    /// The folder or the bucket.
    pub place: Place,
    /// Most bytes of one file.
    pub max_bytes: usize,
}

/// Reads every key.
pub(super) fn read(reader: &mut Reader, data_dir: &Path) -> FilesConfig {
    let max_bytes = usize::try_from(reader.number("files_max_bytes", 1_024, 1_073_741_824)).unwrap_or(usize::MAX);
    let place = reader.optional("files_url");
    let place = match place.as_deref() {
        None => Place::Folder(data_dir.join("files")),
        Some(text) => match text.strip_prefix("s3://") {
            Some(bucket) => Place::Bucket(read_bucket(reader, bucket)),
            None if text.contains("://") => {
                reader.wrong("files_url", "must be a folder, or s3://bucket or s3://bucket/prefix");
                Place::Folder(PathBuf::new())
            }
            None => Place::Folder(PathBuf::from(text)),
        },
    };
    FilesConfig { place, max_bytes }
}

fn read_bucket(reader: &mut Reader, text: &str) -> Bucket {
    let (name, prefix) = text.split_once('/').unwrap_or((text, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/'));
    if name.len() < 3 || !plain(name) || !plain(prefix) {
        reader.wrong("files_url", "must name a bucket, and perhaps a prefix of letters, digits, dots, dashes and slashes");
    }
    let mut key = |name: &str| {
        reader.secret(name).unwrap_or_else(|| {
            reader.wrong(name, "must not be empty where files_url is a bucket");
            SecretString::default()
        })
    };
    let (key_id, secret_key) = (key("files_key_id"), key("files_secret_key"));
    Bucket {
        name: name.to_owned(),
        prefix: prefix.trim_matches('/').to_owned(),
        endpoint: reader.optional_url("files_endpoint"),
        region: reader.required("files_region"),
        key_id,
        secret_key,
    }
}
