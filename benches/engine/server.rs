//! The server under test: the real binary as a child with a data folder of its own, ended when it is dropped.

use anyhow::{Context, bail};
use recado::bench::{Running, Wire};
use recado::domain::ids::TenantId;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;

const BINARY: &str = env!("CARGO_BIN_EXE_recado");
/// 32 bytes in Base64; protects nothing but a benchmark.
const KEY: &str = "YmVuY2htYXJrLW9ubHktc2VjcmV0LWtleS0zMmJ5dGU=";

/// The key of every installation under test.
pub fn secret_key() -> SecretString {
    SecretString::from(KEY)
}

/// An installation: a folder, a database, a port.
pub struct Site {
    folder: PathBuf,
    database: Option<String>,
    /// Where its server listens.
    pub port: u16,
}

/// An inbox of the generic channel.
#[derive(Clone)]
pub struct Inbox {
    /// Its id.
    pub id: String,
    /// What signs its deliveries.
    pub secret: SecretString,
}

/// What an inbox is made with.
#[derive(Clone, Copy)]
pub enum Answers {
    /// The assistant answers, without waiting for a burst.
    Assistant,
    /// As the engine says (gathering by its own setting).
    AsSet,
    /// Nobody: rows are recorded only.
    Nobody,
}

impl Site {
    /// Makes an empty installation in a new folder; on PostgreSQL the database must be empty.
    pub fn new(name: &str, database: Option<String>) -> anyhow::Result<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}-{}", std::process::id()));
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let site = Self { folder, database, port };
        site.command(&["migrate", "up"])?;
        Ok(site)
    }

    /// The URL of its database.
    pub fn database_url(&self) -> String {
        self.database.clone().unwrap_or_else(|| format!("sqlite://{}?mode=rwc", self.folder.join("recado.db").display()))
    }

    fn prepare(&self, settings: &[(&str, &str)]) -> Command {
        let mut command = Command::new(BINARY);
        command.env_clear().current_dir(&self.folder);
        command.env("RECADO_DATA_DIR", &self.folder).env("RECADO_DATABASE_URL", self.database_url());
        command.env("RECADO_LISTEN", format!("127.0.0.1:{}", self.port)).env("RECADO_SECRET_KEY", KEY);
        command.env("RECADO_OUTBOUND_ALLOW", "127.0.0.0/8").env("RECADO_LOG", "warn").env("RECADO_LIMITS_MULTIPLIER", "100000");
        command.envs(settings.iter().copied());
        command
    }

    fn command(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.prepare(&[]).args(arguments).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            bail!("recado {} failed", arguments.join(" "));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Makes a tenant with one inbox whose adapter listens on `adapter`.
    pub fn tenant(&self, slug: &str, adapter: u16, answers: Answers) -> anyhow::Result<Inbox> {
        self.command(&["tenant", "create", "--slug", slug, "--name", slug, "--json"])?;
        let url = format!("http://127.0.0.1:{adapter}");
        let config = match answers {
            Answers::Assistant => json!({ "url": url, "assistant": true, "gathering_ms": 0 }),
            Answers::AsSet => json!({ "url": url, "assistant": true }),
            Answers::Nobody => json!({ "url": url, "assistant": false }),
        };
        let config = config.to_string();
        let arguments = ["inbox", "create", "--tenant", slug, "--channel", "generic", "--name", slug, "--config", &config, "--json"];
        let made: Value = serde_json::from_str(&self.command(&arguments)?)?;
        let text = |name: &str| made.get(name).and_then(Value::as_str).map(str::to_owned).with_context(|| format!("no {name}"));
        Ok(Inbox { id: text("id")?, secret: SecretString::from(text("secret")?) })
    }

    /// Makes an API key of a tenant.
    pub fn api_key(&self, slug: &str) -> anyhow::Result<String> {
        let made: Value = serde_json::from_str(&self.command(&["api-key", "create", "--tenant", slug, "--name", "bench", "--json"])?)?;
        made.get("key").and_then(Value::as_str).map(str::to_owned).context("no key")
    }

    /// The id of a tenant.
    pub fn tenant_id(&self, slug: &str) -> anyhow::Result<TenantId> {
        let list = self.command(&["tenant", "list", "--json"])?;
        let tenants = list.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut found = tenants.filter(|tenant| tenant.get("slug").and_then(Value::as_str) == Some(slug));
        let id = found.next().and_then(|tenant| tenant.get("id").and_then(Value::as_str).map(str::to_owned));
        Ok(id.context("no such tenant")?.parse()?)
    }

    /// Starts the server and waits until it answers.
    pub async fn serve(&self, settings: &[(&str, &str)]) -> anyhow::Result<Server> {
        let server = Server { process: Running::start(self.prepare(settings).arg("serve").stdin(Stdio::null()))? };
        let until = Instant::now() + Duration::from_secs(30);
        while Instant::now() < until {
            if Wire::connect(self.port).await.is_ok() {
                return Ok(server);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bail!("the server did not start")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // A folder that stays is in the target directory: `cargo clean` takes it.
        let _left = std::fs::remove_dir_all(&self.folder);
    }
}

/// A running server; ended at once (SIGKILL) when it is dropped.
pub struct Server {
    process: Running,
}

impl Server {
    /// CPU time spent so far, all threads.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        Ok(self.process.cost().context("the system does not tell what a process costs")?.cpu)
    }

    /// Resident memory in bytes.
    pub fn rss(&self) -> anyhow::Result<u64> {
        Ok(self.process.cost().context("the system does not tell what a process costs")?.resident)
    }
}
