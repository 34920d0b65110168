//! What the caller of the tests may set: length and seed of the long tests.

use anyhow::{Context, Result};

/// Returns a variable of the environment as a number, or `otherwise`. A text that is no number fails the test.
#[expect(clippy::disallowed_methods, reason = "a test's length is chosen by its caller, there is no config here")]
pub fn number(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.trim().parse().unwrap_or_else(|error| panic!("{name} must be a number: {error}")),
        Err(_) => otherwise,
    }
}

/// Returns a variable of the environment that a test cannot do without; `hint` says how to get it.
#[expect(clippy::disallowed_methods, reason = "where a partner listens is known to the caller of the tests only")]
pub fn needed(name: &str, hint: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set: {hint}"))
}

/// Writes a line for whoever reads a test's output.
#[expect(clippy::print_stderr, reason = "a long test tells its seed and what it saw")]
pub fn say(line: impl std::fmt::Display) {
    eprintln!("{line}");
}

/// Returns a variable of the environment, if it is set.
#[expect(clippy::disallowed_methods, reason = "a test speaks to a process that it starts by its environment")]
pub fn text(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
