//! Logs and traces of the process: one subscriber, made once, and what a panic may say.
//!
//! Never prints a panic's payload: it may quote a customer. Metrics are in [`ports::metrics`](crate::ports::metrics).

pub mod traces;

use std::io::Write;
use std::panic::PanicHookInfo;
use thiserror::Error;
use traces::Traces;
use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// Each module by itself: a filter that names one of them would win over one for all.
const SILENT: [&str; 3] = ["async_openai=off", "async_openai::client=off", "async_openai::error=off"];

/// Why there are no logs.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The filter is none.
    #[error("the log filter cannot be read")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// Another subscriber is there already.
    #[error("logs were set up before")]
    Twice(#[source] tracing::subscriber::SetGlobalDefaultError),
    /// Spans cannot be exported.
    #[error("the export of spans could not be started ({0})")]
    Traces(String),
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Sends logs to standard error and keeps panics from printing their payload. Call it once, in `main`.
///
/// # Errors
/// [`TelemetryError`].
pub fn start(filter: &str, lines: Lines, traces: Option<&Traces>) -> Result<(), TelemetryError> {
    let subscriber = match traces {
        Some(traces) => exporting(filter, lines, std::io::stderr, traces)?,
        None => subscriber(filter, lines, std::io::stderr)?,
    };
    tracing::subscriber::set_global_default(subscriber).map_err(TelemetryError::Twice)?;
    std::panic::set_hook(Box::new(report_panic));
    Ok(())
}

/// Makes the subscriber; colours only where the environment of a terminal would not surprise a log collector, that is never.
fn subscriber<W>(filter: &str, lines: Lines, writer: W) -> Result<Box<dyn tracing::Subscriber + Send + Sync>, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter).map_err(TelemetryError::Filter)?;
    // The library behind the models quotes what it cannot read, customers' words included: whatever the filter says, it is not heard.
    let filter = SILENT.iter().try_fold(filter, |filter, off| off.parse().map(|off| filter.add_directive(off)));
    let filter = filter.map_err(TelemetryError::Filter)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false);
    Ok(match lines {
        Lines::Text => Box::new(builder.finish()),
        Lines::Json => Box::new(builder.json().flatten_event(true).finish()),
    })
}

/// As [`subscriber`], and spans go to the collector. Each side has a filter of its own: what is exported is not logged.
fn exporting<W>(filter: &str, lines: Lines, writer: W, traces: &Traces) -> Result<Box<dyn Subscriber + Send + Sync>, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter).map_err(TelemetryError::Filter)?;
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    let logs: Box<dyn Layer<Registry> + Send + Sync> = match lines {
        Lines::Text => layer.with_filter(filter).boxed(),
        Lines::Json => layer.json().flatten_event(true).with_filter(filter).boxed(),
    };
    Ok(Box::new(Registry::default().with(logs).with(traces.layer())))
}

/// Logs where a panic happened, and nothing of what it said.
fn report_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), |at| format!("{}:{}", at.file(), at.line()));
    let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
    tracing::error!(place, thread, "a panic was caught");
}

/// Writes one line to standard error, for failures before there are logs; a closed stream is no reason to fail.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(form: Lines, filter: &str, work: impl FnOnce()) -> String {
        let lines = Sink::default();
        let writer = lines.clone();
        let subscriber = subscriber(filter, form, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, work);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn json_lines_are_objects_and_the_filter_holds() {
        let text = logged(Lines::Json, "warn", || {
            tracing::info!("not this");
            tracing::warn!(conversation.id = "c-1", "a line");
        });
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((line["message"].as_str(), line["conversation.id"].as_str()), (Some("a line"), Some("c-1")));
    }

    #[test]
    fn the_library_behind_the_models_is_never_heard() {
        for filter in ["trace", "async_openai=trace", "async_openai::error=trace"] {
            let text = logged(Lines::Text, filter, || {
                tracing::error!(target: "async_openai", "failed deserialization of: hunter2");
                tracing::error!(target: "async_openai::error", "failed deserialization of: hunter2");
            });
            assert_eq!(text, "", "{filter}");
        }
    }

    #[test]
    fn a_text_line_carries_no_escape_codes() {
        let text = logged(Lines::Text, "info", || tracing::info!(channel = "generic\u{1b}[31m", "a line"));
        assert!(text.contains("a line") && !text.contains('\u{1b}'), "{text}");
    }

    /// The hook of the whole process is put back at once; a panic of another test meanwhile would only miss its message.
    #[test]
    fn a_panic_is_logged_without_its_payload() {
        let text = logged(Lines::Text, "info", || {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(report_panic));
            let caught = std::panic::catch_unwind(|| panic!("the customer said hunter2"));
            std::panic::set_hook(before);
            assert!(caught.is_err());
        });
        assert!(text.contains("telemetry/mod.rs:") && !text.contains("hunter2"), "{text}");
    }
}
