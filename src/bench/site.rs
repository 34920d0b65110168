//! The real product under test: an installation in a folder of its own, set up by its own commands, served by its own binary.
//!
//! Nothing of the caller's environment reaches it. It is removed at the end unless something was wrong: then its log is of use.

use crate::bench::error::{BenchError, io};
use crate::bench::meta::{ACCESS_TOKEN, APP_SECRET, VERSION, number_id};
use crate::bench::process::Running;
use crate::bench::wire::Wire;
use crate::crypto::mac::hex;
use crate::crypto::random::random_bytes;
use serde_json::json;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;

/// 32 bytes in Base64; protects nothing but a benchmark.
const KEY: &str = "YmVuY2htYXJrLW9ubHktc2VjcmV0LWtleS0zMmJ5dGU=";
/// The only tenant.
const SLUG: &str = "bench";
/// Commands that run at the same time.
const TOGETHER: usize = 4;
/// How long a start may take.
const START: Duration = Duration::from_secs(60);
/// How long a dead server's lock on PostgreSQL may outlive it.
const UNLOCK: Duration = Duration::from_secs(15);
/// How often something is looked at again.
const LOOK: Duration = Duration::from_millis(20);

/// What an installation is made with.
#[derive(Debug)]
pub struct SiteOptions<'a> {
    /// Where its folder is made; the system's place for temporary files if `None`.
    pub parent: Option<&'a Path>,
    /// An empty PostgreSQL database; SQLite in the folder if `None`.
    pub database: Option<&'a str>,
    /// Where it is to listen.
    pub port: u16,
    /// The channel's port.
    pub channel: u16,
    /// More variables for the server: those of the model.
    pub variables: Vec<(&'static str, String)>,
}

/// An installation; its folder goes when it is dropped.
#[derive(Debug)]
pub struct Site {
    folder: PathBuf,
    binary: PathBuf,
    port: u16,
    variables: Vec<(&'static str, String)>,
    postgres: bool,
    keep: bool,
}

impl Site {
    /// Makes an empty installation with its schema.
    ///
    /// # Errors
    /// If the database is in use, or a command fails.
    pub fn new(options: SiteOptions<'_>) -> Result<Self, BenchError> {
        let parent = options.parent.map_or_else(std::env::temp_dir, Path::to_path_buf);
        let folder = parent.join(format!("recado-bench-{}", hex(&random_bytes::<6>()?)));
        std::fs::create_dir(&folder).map_err(io("make a folder"))?;
        let data = folder.join("data");
        let database = options.database.map_or_else(|| format!("sqlite://{}?mode=rwc", data.join("recado.db").display()), str::to_owned);
        let graph = format!("http://127.0.0.1:{}/{VERSION}", options.channel);
        let variables = [
            ("RECADO_DATA_DIR", data.display().to_string()),
            ("RECADO_DATABASE_URL", database),
            ("RECADO_LISTEN", format!("127.0.0.1:{}", options.port)),
            ("RECADO_SECRET_KEY", KEY.to_owned()),
            ("RECADO_META_GRAPH_URL", graph),
            ("RECADO_META_APP_SECRET", APP_SECRET.to_owned()),
            ("RECADO_OUTBOUND_ALLOW", "127.0.0.0/8".to_owned()),
            ("RECADO_LOG", "warn".to_owned()),
        ];
        let binary = std::env::current_exe().map_err(io("find our own binary"))?;
        let variables = variables.into_iter().chain(options.variables).collect();
        let site = Self { folder, binary, port: options.port, variables, postgres: options.database.is_some(), keep: false };
        if site.run(&["migrate", "status"])?.lines().any(|line| line.starts_with("applied")) {
            return Err(BenchError::NotEmpty);
        }
        site.run(&["migrate", "up"])?;
        Ok(site)
    }

    /// Keeps the folder; returns where it is.
    pub fn keep(&mut self) -> &Path {
        self.keep = true;
        &self.folder
    }

    /// Makes the tenant and its WhatsApp numbers. The assistant answers without waiting for a burst.
    ///
    /// # Errors
    /// If a command fails.
    pub fn set_up(&self, numbers: u32) -> Result<(), BenchError> {
        self.run(&["tenant", "create", "--slug", SLUG, "--name", "Bench"])?;
        let all: Vec<u32> = (0..numbers).collect();
        for some in all.chunks(TOGETHER) {
            let begun: Vec<Child> = some.iter().map(|number| self.begin_inbox(*number)).collect::<Result<_, _>>()?;
            for child in begun {
                self.end("inbox create", child)?;
            }
        }
        Ok(())
    }

    fn begin_inbox(&self, number: u32) -> Result<Child, BenchError> {
        let config = json!({"phone_number_id": number_id(number), "waba_id": "100200300", "access_token": ACCESS_TOKEN,
            "app_secret": APP_SECRET, "assistant": true, "gathering_ms": 0});
        let name = format!("number {number}");
        let mut command = self.command()?;
        command.args([
            "inbox",
            "create",
            "--tenant",
            SLUG,
            "--channel",
            "whatsapp",
            "--name",
            &name,
            "--config",
            &config.to_string(),
            "--json",
        ]);
        command.stdout(Stdio::piped()).spawn().map_err(io("start a child"))
    }

    /// Starts the server and waits until it is ready.
    ///
    /// # Errors
    /// If it dies or takes too long.
    pub async fn serve(&self) -> Result<Running, BenchError> {
        let mut server = Running::start(self.command()?.arg("serve").stdout(Stdio::null()))?;
        let until = Instant::now() + START;
        while server.is_alive() && Instant::now() < until {
            if self.is_ready().await {
                return Ok(server);
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(BenchError::NotReady { what: "the server", complaint: self.complaint() })
    }

    async fn is_ready(&self) -> bool {
        let ask = async { Wire::connect(self.port).await?.ask(b"GET /readyz HTTP/1.1\r\nhost: bench\r\n\r\n").await };
        ask.await.is_ok_and(|answer| answer.word == "200")
    }

    /// Leaves a PostgreSQL database as empty as it was. The server must be dead.
    ///
    /// # Errors
    /// If it cannot be cleared; then it is told how.
    pub async fn clear(&self) -> Result<(), BenchError> {
        if !self.postgres {
            return Ok(());
        }
        let until = Instant::now() + UNLOCK;
        loop {
            match self.run(&["migrate", "down"]) {
                Ok(_) => return Ok(()),
                // The dead server's lock ends when the database has noticed.
                Err(error) if Instant::now() >= until => return Err(error),
                Err(_) => tokio::time::sleep(LOOK * 10).await,
            }
        }
    }

    /// The line that the product complained with last.
    #[must_use]
    pub fn complaint(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        log.lines().last().unwrap_or("it said nothing").to_owned()
    }

    fn command(&self) -> Result<Command, BenchError> {
        let log =
            OpenOptions::new().create(true).append(true).open(self.folder.join("server.log")).map_err(io("write the server's log"))?;
        let mut command = Command::new(&self.binary);
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (*name, value))).current_dir(&self.folder);
        command.stdin(Stdio::null()).stderr(log);
        Ok(command)
    }

    fn run(&self, arguments: &[&str]) -> Result<String, BenchError> {
        let child = self.command()?.args(arguments).stdout(Stdio::piped()).spawn().map_err(io("start a child"))?;
        self.end(&arguments.iter().take(2).copied().collect::<Vec<_>>().join(" "), child)
    }

    fn end(&self, what: &str, child: Child) -> Result<String, BenchError> {
        let output = child.wait_with_output().map_err(io("wait for a child"))?;
        if !output.status.success() {
            return Err(BenchError::Command { command: what.to_owned(), complaint: self.complaint() });
        }
        String::from_utf8(output.stdout).ok().ok_or_else(|| BenchError::Printed(what.to_owned()))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if !self.keep {
            // What cannot be removed stays among the temporary files.
            let _left = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A port of the loopback on which nobody listens now.
///
/// # Errors
/// If there is none.
pub fn free_port() -> Result<u16, BenchError> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(io("listen"))?;
    Ok(listener.local_addr().map_err(io("listen"))?.port())
}
