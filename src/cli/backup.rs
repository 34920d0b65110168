//! `recado backup` and `recado restore`.

use crate::cli::{print_json, secret};
use crate::config::Config;
use crate::files::Place;
use crate::net::clock::SystemClock;
use crate::ports::clock::Clock;
use crate::store::backup::{self, Attached, BackupPlan, Made, Manifest, RestorePlan, Restored, Strangers};
use crate::store::lock::ServeLock;
use anyhow::Context;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How to make an archive.
#[derive(Debug, clap::Args)]
pub struct Backup {
    /// The new archive's folder; if it is there already, the archive is made in it, named by the time.
    #[arg(long, value_name = "FOLDER")]
    pub to: PathBuf,
    /// Put the key into the archive. Whoever has it then can open every secret: keep such an archive as you keep the key. Without it the
    /// key must be kept elsewhere, or the secrets are lost.
    #[arg(long)]
    pub with_key: bool,
    /// Leave the files out that people attach. From a bucket they are never copied: keep its versions.
    #[arg(long)]
    pub without_files: bool,
    /// Print the object as JSON.
    #[arg(long)]
    pub json: bool,
}

/// How to bring an archive back.
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// The archive's folder.
    #[arg(long, value_name = "FOLDER")]
    pub from: PathBuf,
    /// Replace the database that is there.
    #[arg(long)]
    pub force: bool,
    /// Only check the archive; nothing is changed.
    #[arg(long, conflicts_with = "force")]
    pub check: bool,
    /// Also take files away that neither the archive nor the replaced database knows. Only where nobody else uses their folder.
    #[arg(long, conflicts_with = "check")]
    pub prune_files: bool,
    /// Print the object as JSON.
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn back_up(config: &Config, args: Backup, out: &mut dyn Write) -> anyhow::Result<()> {
    let at = SystemClock::new().now();
    let archive = if args.to.is_dir() { args.to.join(at.to_chrono().format("recado-%Y%m%dT%H%M%SZ").to_string()) } else { args.to };
    let key = if args.with_key { Some(secret::text_from_settings_or_folder(config)?) } else { None };
    let plan = BackupPlan {
        database_url: config.database_url.expose_secret(),
        files: folder(config).filter(|_| !args.without_files),
        archive: &archive,
        key: key.as_ref(),
        version: env!("CARGO_PKG_VERSION"),
        at,
    };
    let Made { manifest, attached } = backup::back_up(plan).await?;
    if args.json {
        return print_json(out, &object(&archive, &manifest, attached.as_ref()));
    }
    writeln!(out, "made {} ({} bytes)", archive.display(), manifest.files.iter().map(|file| file.bytes).sum::<u64>())?;
    if let Some(files) = &attached {
        writeln!(out, "with {} attached files ({} bytes)", files.files, files.bytes)?;
        if files.missing > 0 {
            let named = files.named.join(", ");
            writeln!(out, "{} files that the database knows are not there, among them {named}", files.missing)?;
        }
    }
    if folder(config).is_none() {
        writeln!(out, "attached files are in a bucket and not in it: keep the bucket's versions")?;
    }
    if !manifest.has_key() {
        writeln!(out, "RECADO_SECRET_KEY is not in it: without that key the tenants' secrets in it cannot be opened")?;
    }
    Ok(())
}

pub(super) async fn restore(config: &Config, args: Restore, out: &mut dyn Write) -> anyhow::Result<()> {
    let known = migration::names();
    let database_url = config.database_url.expose_secret();
    let Restored { manifest, attached, strangers } = if args.check {
        Restored { manifest: backup::verify(&args.from, &known).await?.manifest, attached: None, strangers: None }
    } else {
        let lock = ServeLock::acquire(&config.data_dir, database_url).await.context("nothing is restored under a running server")?;
        let plan = RestorePlan {
            archive: &args.from,
            database_url,
            data_dir: &config.data_dir,
            files: folder(config),
            known: &known,
            replace: args.force,
            prune: args.prune_files,
            lock: &lock,
        };
        backup::restore(plan).await?
    };
    if args.json {
        let mut object = object(&args.from, &manifest, attached.as_ref());
        if let Some(fields) = object.as_object_mut().filter(|_| !args.check) {
            fields.insert("strangers".to_owned(), json!(strangers));
        }
        return print_json(out, &object);
    }
    let verb = if args.check { "whole:" } else { "restored" };
    writeln!(out, "{verb} {} of {} by release {}", args.from.display(), manifest.created_at, manifest.version)?;
    match attached {
        Some(files) => {
            writeln!(out, "with {} attached files ({} bytes)", files.files, files.bytes)?;
            if files.mended > 0 {
                writeln!(out, "{} of them were in their place and damaged", files.mended)?;
            }
        }
        None if manifest.has_files() && !args.check => {
            writeln!(out, "attached files are kept in a bucket here: put those of {} there yourself", args.from.join("files").display())?;
        }
        None => {}
    }
    strangers.map_or(Ok(()), |strangers| tell_strangers(&strangers, out))
}

/// Says what is in the folder of files and not in the database that came back.
fn tell_strangers(strangers: &Strangers, out: &mut dyn Write) -> anyhow::Result<()> {
    if strangers.let_go > 0 {
        writeln!(out, "{} files came after the copy: the server takes them away", strangers.let_go)?;
    }
    if strangers.left > 0 {
        let named = strangers.named.join(", ");
        writeln!(out, "{} files are known to neither database and stay, among them {named}", strangers.left)?;
        writeln!(out, "if nobody else uses their folder, the same command with --force --prune-files takes them away")?;
    }
    Ok(())
}

/// The folder with the files that people attach; `None`: they are kept in a bucket.
fn folder(config: &Config) -> Option<&Path> {
    match &config.files.place {
        Place::Folder(path) => Some(path),
        Place::Bucket(_) => None,
    }
}

fn object(archive: &Path, manifest: &Manifest, attached: Option<&Attached>) -> Value {
    json!({ "archive": archive, "with_key": manifest.has_key(), "manifest": manifest, "attached": attached })
}
