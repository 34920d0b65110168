//! The key of the installation: from the settings, or from the data folder where the demo has put one.
//!
//! Only `create` writes it, for its owner's eyes alone, and never over an old one: what that closed would be lost.

use crate::config::{Config, SECRET_KEY_VARIABLE};
use crate::crypto::keyring::{KeyError, KeyRing};
use crate::crypto::random::{RandomError, random_bytes};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The file's name in the data folder.
const FILE: &str = "secret.key";

/// Why there is no key.
#[derive(Debug, Error)]
pub enum SecretError {
    /// Nobody has set one.
    #[error("{SECRET_KEY_VARIABLE} is not set: make one with `openssl rand -base64 32` and keep it safe, without it secrets are lost")]
    Missing,
    /// It is set to something else.
    #[error("{SECRET_KEY_VARIABLE} (or RECADO_SECRET_KEY_PREVIOUS, or the file secret.key) cannot be used")]
    Unusable(#[from] KeyError),
    /// The file cannot be read or written.
    #[error("could not use the key file {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// Returns the keys of the settings alone: for `serve`.
///
/// # Errors
/// [`SecretError`].
pub(super) fn from_settings(config: &Config) -> Result<KeyRing, SecretError> {
    let current = config.secret_key.as_ref().ok_or(SecretError::Missing)?;
    Ok(KeyRing::parse(current, &config.secret_key_previous)?)
}

/// Returns the keys of the settings, else of the data folder: for every other command.
///
/// # Errors
/// [`SecretError`].
pub(super) fn from_settings_or_folder(config: &Config) -> Result<KeyRing, SecretError> {
    if config.secret_key.is_some() {
        return from_settings(config);
    }
    let current = read(&config.data_dir)?.ok_or(SecretError::Missing)?;
    Ok(KeyRing::parse(&current, &config.secret_key_previous)?)
}

/// Returns the current key as it is written, for an archive that is to hold it.
///
/// # Errors
/// [`SecretError`], also if it is no key.
pub(super) fn text_from_settings_or_folder(config: &Config) -> Result<SecretString, SecretError> {
    from_settings_or_folder(config)?;
    match &config.secret_key {
        Some(key) => Ok(key.clone()),
        None => read(&config.data_dir)?.ok_or(SecretError::Missing),
    }
}

/// As [`from_settings_or_folder`]; makes the file if there is no key at all: for `demo`.
///
/// # Errors
/// [`SecretError`].
pub(super) fn from_anywhere_or_new(config: &Config) -> Result<KeyRing, SecretError> {
    if config.secret_key.is_none() && read(&config.data_dir)?.is_none() {
        create(&config.data_dir)?;
    }
    from_settings_or_folder(config)
}

/// Stands in where a missing key does no harm: returns keys that open nothing. Other mistakes stay mistakes.
///
/// # Errors
/// [`SecretError`], any but [`SecretError::Missing`].
pub(super) fn without(error: SecretError) -> Result<KeyRing, SecretError> {
    match error {
        SecretError::Missing => Ok(KeyRing::parse(&new_key()?, &[])?),
        SecretError::Unusable(_) | SecretError::File { .. } | SecretError::Random(_) => Err(error),
    }
}

fn new_key() -> Result<SecretString, SecretError> {
    Ok(SecretString::from(STANDARD.encode(random_bytes::<32>()?)))
}

fn read(data_dir: &Path) -> Result<Option<SecretString>, SecretError> {
    let path = data_dir.join(FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(SecretString::from(text.trim()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SecretError::File { path, source }),
    }
}

fn create(data_dir: &Path) -> Result<(), SecretError> {
    let key = new_key()?;
    let path = data_dir.join(FILE);
    write_private(&path, key.expose_secret(), Existing::Keep).map_err(|source| SecretError::File { path, source })
}

/// What to do with a file that is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// Fail.
    Keep,
    /// Write over it.
    Replace,
}

/// Writes a line that only the owner may read; the file is never, not for a moment, open to others.
pub(super) fn write_private(path: &Path, line: &str, existing: Existing) -> std::io::Result<()> {
    if existing == Existing::Replace {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{line}")?;
    file.sync_all()
}
