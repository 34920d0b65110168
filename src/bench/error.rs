//! Why a benchmark came to nothing.

use std::io;
use thiserror::Error;

/// Why a benchmark came to nothing. What it measured is told by the report, also if it is bad.
#[derive(Debug, Error)]
pub enum BenchError {
    /// Files, processes, sockets.
    #[error("could not {what}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// A command of ours failed.
    #[error("recado {command} failed: {complaint}")]
    Command {
        /// Which, without secrets.
        command: String,
        /// The last line that it complained with.
        complaint: String,
    },
    /// A command printed something else than it promises.
    #[error("recado {0} printed something unexpected")]
    Printed(String),
    /// The database is in use.
    #[error("the database is not empty: give the benchmark one of its own")]
    NotEmpty,
    /// A child did not come up.
    #[error("{what} did not start: {complaint}")]
    NotReady {
        /// Which.
        what: &'static str,
        /// The last line that it complained with.
        complaint: String,
    },
    /// The generator is wrong, or the product.
    #[error("a signed delivery was answered with {0}")]
    Refused(String),
    /// The setting that should lead to the fake model leads nowhere.
    #[error(
        "the server never asked the fake model: this build does not use RECADO_LLM_BASE_URL, or the model's failures were all covered up"
    )]
    ModelNeverAsked,
    /// Something that runs beside failed.
    #[error("a part of the benchmark ended early")]
    Ended,
    /// Ctrl-C, SIGTERM.
    #[error("interrupted")]
    Interrupted,
    /// The bare program's HTTP client.
    #[error(transparent)]
    Client(#[from] crate::net::client::BuildError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] crate::crypto::random::RandomError),
}

/// Returns what makes an I/O error ours.
pub(super) fn io(what: &'static str) -> impl FnOnce(io::Error) -> BenchError {
    move |source| BenchError::Io { what, source }
}
