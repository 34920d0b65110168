//! `recado openapi`.

use std::io::Write;

pub(super) fn run(out: &mut dyn Write) -> anyhow::Result<()> {
    Ok(writeln!(out, "{}", crate::app::openapi()?)?)
}
