//! What the doctor found: a line per check, with what to do. Never shows a secret's value.

use serde::Serialize;
use std::io::Write;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// Nothing to do.
    Ok,
    /// It works, but somebody should look.
    Warn,
    /// It does not work.
    Fail,
}

/// One finding.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    /// What was checked, a fixed word for scripts.
    pub check: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found.
    pub says: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// All findings, in the order of the checks.
#[derive(Debug, Default)]
pub(super) struct Report(pub Vec<Finding>);

impl Report {
    pub fn ok(&mut self, check: &'static str, says: impl Into<String>) {
        self.0.push(Finding { check, verdict: Verdict::Ok, says: says.into(), advice: None });
    }

    pub fn warn(&mut self, check: &'static str, says: impl Into<String>, advice: impl Into<String>) {
        self.0.push(Finding { check, verdict: Verdict::Warn, says: says.into(), advice: Some(advice.into()) });
    }

    pub fn fail(&mut self, check: &'static str, says: impl Into<String>, advice: impl Into<String>) {
        self.0.push(Finding { check, verdict: Verdict::Fail, says: says.into(), advice: Some(advice.into()) });
    }

    pub fn count(&self, verdict: Verdict) -> usize {
        self.0.iter().filter(|finding| finding.verdict == verdict).count()
    }

    /// Writes a line per check, its advice behind an arrow.
    pub fn print(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for finding in &self.0 {
            let word = match finding.verdict {
                Verdict::Ok => "ok",
                Verdict::Warn => "warn",
                Verdict::Fail => "FAIL",
            };
            let says = finding.says.replace('\n', " ");
            match &finding.advice {
                Some(advice) => writeln!(out, "{word:<4}  {:<14}  {says} -> {advice}", finding.check)?,
                None => writeln!(out, "{word:<4}  {:<14}  {says}", finding.check)?,
            }
        }
        Ok(())
    }
}
