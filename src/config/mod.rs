//! Settings: the embedded `default.toml`, then `recado.toml`, then the environment. Read once, at start; nothing reads them later.
//!
//! All mistakes are reported together, each with its key and where it stands. Never shows a value: it may be a secret.

mod accounts;
mod engine;
mod files;
mod layers;
mod limits;
mod llm;
mod mail;
mod read;
#[cfg(test)]
mod tests;

pub use accounts::AccountsConfig;
pub use engine::{EngineConfig, GatheringWait};
pub use files::FilesConfig;
pub use limits::LimitsConfig;
pub use llm::{LlmConfig, PlatformConfig};
pub use mail::MailConfig;

use crate::config::layers::Layers;
use crate::config::read::Reader;
use ipnet::IpNet;
use secrecy::SecretString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;
use url::Url;

/// The embedded file with every key, its meaning and its default.
pub const DEFAULTS: &str = include_str!("default.toml");

/// The file that is read from the working folder if no other is named.
pub const FILE: &str = "recado.toml";

/// The variable that `serve` cannot do without.
pub const SECRET_KEY_VARIABLE: &str = "RECADO_SECRET_KEY";

/// Everything that an operator may set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the HTTP server listens.
    pub listen: SocketAddr,
    /// The address for the world; `http://` and `listen` if not set.
    pub public_url: Url,
    /// Longest time for a request's body to arrive.
    pub body_time: Duration,
    /// The folder for database, lock and key.
    pub data_dir: PathBuf,
    /// The database; may hold a password.
    pub database_url: SecretString,
    /// How several servers share the work.
    pub placement: Placement,
    /// This server's name among the others.
    pub node_id: String,
    /// The key-encryption key, if it is set.
    pub secret_key: Option<SecretString>,
    /// Older keys that still open.
    pub secret_key_previous: Vec<SecretString>,
    /// Meta's platform.
    pub meta: MetaConfig,
    /// Models.
    pub llm: LlmConfig,
    /// Signing in.
    pub accounts: AccountsConfig,
    /// Who sends mails.
    pub mail: Option<MailConfig>,
    /// Where files are kept.
    pub files: FilesConfig,
    /// Networks that tenants' addresses may reach besides public ones.
    pub outbound_allow: Vec<IpNet>,
    /// Logs.
    pub log: LogConfig,
    /// The base address of a collector of spans, if there is one.
    pub otlp_endpoint: Option<Url>,
    /// Timings and bounds of the engine.
    pub engine: EngineConfig,
    /// Bounds of the HTTP server, and how often one may ask.
    pub limits: LimitsConfig,
    /// Variables that begin with `RECADO_` and mean nothing here, for a warning at start.
    pub unknown_variables: Vec<String>,
}

/// How several servers share the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// One server owns everything.
    Single,
}

/// What all WhatsApp inboxes share.
#[derive(Clone, Debug)]
pub struct MetaConfig {
    /// The Graph API, with its version.
    pub graph_url: Url,
    /// Signs deliveries, for inboxes without a secret of their own.
    pub app_secret: Option<SecretString>,
    /// Confirms webhooks, for inboxes without a token of their own.
    pub verify_token: Option<SecretString>,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// A filter in the form of `tracing-subscriber`.
    pub filter: String,
    /// The form of a line.
    pub format: LogFormat,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// One wrong setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The key as the file spells it, such as `engine.sweep_ms`.
    pub key: String,
    /// Where the wrong value stands.
    pub place: String,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.key, self.place, self.problem)
    }
}

/// Why the settings cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file does not open.
    #[error("could not read the settings in {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// At least one setting is wrong.
    #[error("the settings hold {} mistake(s):{}", .0.len(), listed(.0))]
    Invalid(Vec<Mistake>),
}

fn listed(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect()
}

impl Config {
    /// Reads the settings: `file` must exist if named; [`FILE`] in the working folder is read if it exists.
    ///
    /// # Errors
    /// [`ConfigError`], with every mistake.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let text = match file {
            Some(path) => Some((path.display().to_string(), read_file(path)?)),
            None if Path::new(FILE).exists() => Some((FILE.to_owned(), read_file(Path::new(FILE))?)),
            None => None,
        };
        let text = text.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
        Self::from_layers(text, std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))))
    }

    /// Reads the settings from texts, for tests and for [`Config::load`].
    ///
    /// # Errors
    /// [`ConfigError::Invalid`], with every mistake.
    pub fn from_layers<V: Into<std::ffi::OsString>>(
        file: Option<(&str, &str)>,
        environment: impl IntoIterator<Item = (String, V)>,
    ) -> Result<Self, ConfigError> {
        let mut layers = Layers::with_defaults();
        if let Some((name, text)) = file {
            layers.add_file(name, text);
        }
        layers.add_environment(environment);
        let unknown_variables = layers.take_unknown();
        let mut reader = Reader::new(layers);
        let config = build(&mut reader, unknown_variables);
        let mistakes = reader.finish();
        if mistakes.is_empty() { Ok(config) } else { Err(ConfigError::Invalid(mistakes)) }
    }
}

fn read_file(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::File { path: path.to_owned(), source })
}

/// Reads every key; wrong ones leave a mistake behind and a stand-in here, which is then thrown away.
fn build(reader: &mut Reader, unknown_variables: Vec<String>) -> Config {
    let listen = reader.parsed("listen", "must be an address and a port such as 127.0.0.1:8080", SocketAddr::from(([127, 0, 0, 1], 8080)));
    let data_dir = PathBuf::from(reader.required("data_dir"));
    Config {
        listen,
        public_url: reader.optional_url("public_url").unwrap_or_else(|| origin_of(listen)),
        database_url: reader.database_url("database_url", &data_dir),
        body_time: reader.millis("body_time_ms"),
        files: files::read(reader, &data_dir),
        data_dir,
        placement: reader.placement("placement"),
        node_id: reader.name("node_id"),
        secret_key: reader.secret("secret_key"),
        secret_key_previous: reader.secrets("secret_key_previous"),
        meta: MetaConfig {
            graph_url: reader.optional_url("meta_graph_url").unwrap_or_else(|| reader.missing_url("meta_graph_url")),
            app_secret: reader.secret("meta_app_secret"),
            verify_token: reader.secret("meta_verify_token"),
        },
        llm: llm::read(reader),
        accounts: accounts::read(reader),
        mail: mail::read(reader),
        outbound_allow: reader.networks("outbound_allow"),
        log: LogConfig { filter: reader.log_filter("log"), format: reader.log_format("log_format") },
        otlp_endpoint: reader.optional_url("otlp_endpoint"),
        engine: engine::read(reader),
        limits: limits::read(reader),
        unknown_variables,
    }
}

/// Returns the address of a server that listens there; an unspecified address becomes loopback.
fn origin_of(listen: SocketAddr) -> Url {
    let mut url = read::loopback();
    let ip = match listen.ip() {
        ip if ip.is_unspecified() => std::net::IpAddr::from([127, 0, 0, 1]),
        ip => ip,
    };
    // Both succeed for an http address; a failure would only leave the loopback address.
    let _ = url.set_ip_host(ip);
    let _ = url.set_port(Some(listen.port()));
    url
}
