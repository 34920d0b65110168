//! The store of files: the folder is tried; a bucket only where others may be called.

use crate::cli::doctor::report::Report;
use crate::config::Config;
use crate::files::{ObjectFiles, Place};
use crate::ports::files::FileStore;

/// Writes, reads and removes a small file.
pub(super) async fn check(config: &Config, online: bool, report: &mut Report) {
    let (is_there, name) = match &config.files.place {
        Place::Folder(path) => (path.is_dir(), path.display().to_string()),
        Place::Bucket(bucket) => (online, format!("the bucket {}", bucket.name)),
    };
    if !is_there {
        return match &config.files.place {
            Place::Folder(_) => report.warn("files", format!("{name} is not there yet"), "`serve` makes it"),
            Place::Bucket(_) => report.ok("files", format!("{name}; --online tries it")),
        };
    }
    let tried = match ObjectFiles::open(&config.files.place) {
        Ok(files) => files.check().await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match tried {
        Ok(()) => report.ok("files", format!("{name} can be written and read")),
        Err(error) => report.fail("files", format!("{name}: {error}"), "correct files_url and its keys, or the rights of the folder"),
    }
}
