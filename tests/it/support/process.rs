//! The real binary as an operator runs it: a folder, an environment, commands, a server that can be killed at any moment.
//!
//! Nothing of the caller's environment reaches it. Everything it writes to stderr is kept beside its data.

use crate::support::database::unique;
use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use recado::crypto::random::random_bytes;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use tokio::time::Instant;

/// How often we look whether it is ready or dead.
const LOOK: Duration = Duration::from_millis(10);
/// How long a start may take.
const START: Duration = Duration::from_secs(20);
/// `abort()`.
const SIGABRT: i32 = 6;

/// An installation: settings and data. Dropping it removes the folder, unless a test fails: then its log is of use.
#[derive(Debug)]
pub struct Installation {
    home: PathBuf,
    port: u16,
    environment: BTreeMap<String, String>,
}

impl Installation {
    /// Makes an installation on SQLite with a key of its own, that may call the loopback.
    pub fn new() -> Result<Self> {
        let home = std::env::temp_dir().join(unique("recado_home"));
        std::fs::create_dir_all(&home)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let made = Self { home, port, environment: BTreeMap::new() };
        let data = made.home.join("data").display().to_string();
        let key = STANDARD.encode(random_bytes::<32>()?);
        Ok(made
            .with("RECADO_LISTEN", format!("127.0.0.1:{port}"))
            .with("RECADO_DATA_DIR", data)
            .with("RECADO_SECRET_KEY", key)
            .with("RECADO_OUTBOUND_ALLOW", "127.0.0.0/8")
            .with("RECADO_LOG", "warn"))
    }

    /// Sets a variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Takes a variable away.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    /// Returns the server's base URL.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns where the SQLite database lies.
    pub fn database_file(&self) -> PathBuf {
        self.home.join("data").join("recado.db")
    }

    /// Returns everything that was written to stderr.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.home.join("stderr.log")).unwrap_or_default()
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Result<std::process::Output> {
        self.command(&[]).args(arguments).output().with_context(|| format!("cannot run recado {arguments:?}"))
    }

    /// Runs a command to its end while the test's other tasks go on.
    pub async fn run_beside(&self, arguments: &[&str]) -> Result<std::process::Output> {
        let mut command = self.command(&[]);
        command.args(arguments);
        Ok(tokio::task::spawn_blocking(move || command.output()).await??)
    }

    /// Starts a command and kills it after a while, wherever it is by then.
    pub async fn run_killed(&self, arguments: &[&str], after: Duration) -> Result<()> {
        let mut child = self.command(&[]).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        tokio::time::sleep(after).await;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Makes an installation of its own with the same settings, the key among them.
    pub fn sibling(&self) -> Result<Self> {
        let mut made = Self::new()?;
        for (name, value) in self.environment.iter().filter(|(name, _)| !["RECADO_LISTEN", "RECADO_DATA_DIR"].contains(&name.as_str())) {
            made.environment.insert(name.clone(), value.clone());
        }
        Ok(made)
    }

    /// Runs a command with `--json` that must succeed and returns what it printed.
    pub fn json(&self, arguments: &[&str]) -> Result<Value> {
        let output = self.run(&[arguments, &["--json"]].concat())?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "recado {arguments:?} failed: {complaint}");
        serde_json::from_slice(&output.stdout).with_context(|| format!("recado {arguments:?} printed no JSON"))
    }

    /// Starts the server and waits until it is ready, or has died by an abort at a fault point that its start passes.
    pub async fn serve(&self, variables: &[(&str, &str)]) -> Result<Server> {
        let until = Instant::now() + START;
        loop {
            let mut server = self.spawn(variables)?;
            match server.ready_or_dead(&self.base(), until).await? {
                None => return Ok(server),
                Some(status) if status.signal() == Some(SIGABRT) => return Ok(server),
                // A killed server's lock on PostgreSQL ends when the database has noticed.
                Some(_) if Instant::now() < until && self.last_line().contains("another recado server") => tokio::time::sleep(LOOK).await,
                Some(status) => bail!("the server did not start ({status}): {}", self.last_line()),
            }
        }
    }

    fn spawn(&self, variables: &[(&str, &str)]) -> Result<Server> {
        let log = OpenOptions::new().create(true).append(true).open(self.home.join("stderr.log"))?;
        let mut command = self.command(variables);
        command.arg("serve").stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Ok(Server { child: command.spawn().context("cannot start the server")?, dead: None })
    }

    fn command(&self, variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_recado"));
        command.env_clear().envs(&self.environment).envs(variables.iter().copied()).current_dir(&self.home);
        command
    }

    fn last_line(&self) -> String {
        self.log().lines().last().unwrap_or_default().to_owned()
    }

    /// Copies the SQLite database of a dead server, so that looking at it repairs nothing that the next server must repair itself.
    pub fn copy_database(&self) -> Result<PathBuf> {
        let copy = self.home.join("copy");
        drop(std::fs::remove_dir_all(&copy));
        std::fs::create_dir_all(&copy)?;
        for name in ["recado.db", "recado.db-wal"] {
            let from = self.database_file().with_file_name(name);
            if from.exists() {
                std::fs::copy(from, copy.join(name))?;
            }
        }
        File::open(copy.join("recado.db")).context("there is no database")?;
        Ok(copy.join("recado.db"))
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            crate::support::variables::say(format!("the installation is kept in {}", self.home.display()));
        } else {
            drop(std::fs::remove_dir_all(&self.home));
        }
    }
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    dead: Option<ExitStatus>,
}

impl Server {
    /// Kills it at once, as `kill -9` does, and waits until it is gone.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.dead = Some(self.child.wait()?);
        Ok(())
    }

    /// Asks it to end, as a supervisor does, and waits until it has. How it ended tells whether it did so well.
    pub async fn terminate(&mut self, patience: Duration) -> Result<ExitStatus> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        ensure!(asked.success(), "the server cannot be asked to end");
        let until = Instant::now() + patience;
        loop {
            match self.look()? {
                Some(status) => return Ok(status),
                None if Instant::now() >= until => bail!("the server did not end in time"),
                None => tokio::time::sleep(LOOK).await,
            }
        }
    }

    /// Waits until it dies by itself. False if it lives on; another death than an abort is an error.
    pub async fn aborts_within(&mut self, patience: Duration) -> Result<bool> {
        let until = Instant::now() + patience;
        loop {
            match self.look()? {
                Some(status) if status.signal() == Some(SIGABRT) => return Ok(true),
                Some(status) => bail!("the server ended by itself ({status})"),
                None if Instant::now() >= until => return Ok(false),
                None => tokio::time::sleep(LOOK).await,
            }
        }
    }

    /// Returns how much memory it holds, in bytes.
    pub fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes * 1024)
    }

    fn look(&mut self) -> Result<Option<ExitStatus>> {
        if self.dead.is_none() {
            self.dead = self.child.try_wait()?;
        }
        Ok(self.dead)
    }

    async fn ready_or_dead(&mut self, base: &str, until: Instant) -> Result<Option<ExitStatus>> {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(1)).no_proxy().pool_max_idle_per_host(0).build()?;
        while Instant::now() < until {
            if let Some(status) = self.look()? {
                return Ok(Some(status));
            }
            let answer = client.get(format!("{base}/readyz")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(None);
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("the server was not ready in time")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already.
        drop(self.kill());
    }
}
