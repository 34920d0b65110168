//! What can be seen without the database: settings, data folder, key.

use crate::cli::doctor::report::Report;
use crate::cli::secret;
use crate::config::{Config, SECRET_KEY_VARIABLE};
use crate::crypto::keyring::KeyRing;
use crate::store::connect::database_file;
use crate::store::lock::open_to_others;
use secrecy::ExposeSecret;
use std::path::Path;

/// Less free space than this and nothing is accepted soon.
const TOO_LITTLE: u64 = 100 * 1024 * 1024;
/// Less free space than this is worth a look.
const LITTLE: u64 = 1024 * 1024 * 1024;

/// The settings were read; some of them deserve a word.
pub(super) fn settings(config: &Config, report: &mut Report) {
    for name in &config.unknown_variables {
        report.warn("settings", format!("{name} means nothing to this release"), "correct its spelling, or take it away");
    }
    let public = &config.public_url;
    let local = public.host_str().is_none_or(|host| host == "localhost" || host == "127.0.0.1" || host == "[::1]");
    if public.scheme() != "https" && !local {
        report.warn("settings", "public_url is not https", "put a proxy with TLS before the server: channels call nothing else");
    }
    report.ok("settings", format!("valid; listens on {}, log {}", config.listen, config.log.filter));
}

/// The folder is there, private, writable, and has room.
pub(super) fn folder(config: &Config, report: &mut Report) {
    let path = &config.data_dir;
    if !path.is_dir() {
        return report.warn("data folder", format!("{} is not there yet", path.display()), "the first command or `serve` makes it");
    }
    let probe = path.join(format!(".doctor-{}", std::process::id()));
    let written = secret::write_private(&probe, "", secret::Existing::Replace);
    // It may never have been made.
    drop(std::fs::remove_file(&probe));
    if let Err(error) = written {
        return report.fail("data folder", format!("{} cannot be written: {error}", path.display()), "give it to the server's user");
    }
    if open_to_others(path) {
        report.warn("data folder", format!("others may enter {}", path.display()), "chmod 700: it holds the database and keys");
    } else {
        report.ok("data folder", format!("{} is writable and private", path.display()));
    }
    space("data folder", path, report);
    let database = database_file(config.database_url.expose_secret());
    if let Some(other) = database.as_deref().and_then(Path::parent).filter(|parent| parent != path && parent.is_dir()) {
        space("database", other, report);
    }
}

fn space(check: &'static str, path: &Path, report: &mut Report) {
    let Ok(disk) = rustix::fs::statvfs(path) else {
        return report.warn(check, "its free space cannot be asked", "look at the disk yourself");
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let says = format!("{} MiB free at {}", free / (1024 * 1024), path.display());
    match free {
        0..TOO_LITTLE => report.fail(check, says, "make room: a full disk stops every acknowledgement"),
        TOO_LITTLE..LITTLE => report.warn(check, says, "make room before it is full"),
        LITTLE.. => report.ok(check, says),
    }
}

/// There is a key, and it is one.
pub(super) fn secret_key(config: &Config, report: &mut Report) -> Option<KeyRing> {
    let found = secret::from_settings_or_folder(config);
    match &found {
        Ok(ring) if config.secret_key.is_some() => {
            let older = ring.ids().count().saturating_sub(1);
            if older > 0 {
                let says = format!("set, with {older} older one(s) beside it");
                report.warn("secret key", says, "run `recado keys rotate`, then drop RECADO_SECRET_KEY_PREVIOUS");
            } else {
                report.ok("secret key", "set");
            }
        }
        Ok(_) => report.warn("secret key", "only the one in the data folder", format!("`serve` needs it in {SECRET_KEY_VARIABLE}")),
        Err(error) => report.fail("secret key", error.to_string(), "give the key that the installation was set up with"),
    }
    found.ok()
}
