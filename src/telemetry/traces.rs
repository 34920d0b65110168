//! Export of spans over OTLP/HTTP, where the operator has named a collector. Off otherwise: the spans' callsites then cost nothing.
//!
//! Only spans of the target [`TARGET`] leave: they hold ids, route patterns and fixed words, never a customer's words, an address or a
//! token. Logs and their fields stay out. The exporter has a thread and a runtime of its own: a collector that hangs holds up nobody.

use crate::net::client::{Failure, HttpClient, OutboundPolicy};
use crate::telemetry::TelemetryError;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::LookupSpan;
use url::Url;

pub use crate::ports::spans::TARGET;

/// Where a collector takes spans, below its base address.
const PATH: &str = "v1/traces";
/// Longest time for one export, and for the last one at the end.
const PATIENCE: Duration = Duration::from_secs(5);

/// The running export; ended by [`Traces::end`].
pub struct Traces {
    provider: SdkTracerProvider,
    runtime: Runtime,
}

impl Traces {
    /// Starts the export to a collector, named by its base address such as `http://collector:4318`.
    ///
    /// # Errors
    /// [`TelemetryError::Traces`].
    pub fn start(collector: &Url) -> Result<Self, TelemetryError> {
        let failed = |error: &dyn fmt::Display| TelemetryError::Traces(error.to_string());
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("traces").enable_all().build();
        let runtime = runtime.map_err(|error| failed(&error))?;
        let http = HttpClient::build(OutboundPolicy::default()).map_err(|error| failed(&error))?;
        let carrier = Carrier { http, runtime: runtime.handle().clone(), failing: AtomicBool::new(false) };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(carrier)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint(collector))
            .with_timeout(PATIENCE)
            .build()
            .map_err(|error| failed(&error))?;
        let resource = Resource::builder().with_service_name("recado");
        let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = resource.with_attribute(version).build();
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        Ok(Self { provider, runtime })
    }

    /// Makes the layer that takes the spans.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("recado"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_filter(Targets::new().with_target(TARGET, LevelFilter::TRACE))
    }

    /// Sends what is left and ends the export. Waits five seconds at most.
    pub fn end(self) {
        if let Err(error) = self.provider.shutdown_with_timeout(PATIENCE) {
            tracing::warn!(error = %error, "the last spans were not exported");
        }
        self.runtime.shutdown_background();
    }
}

fn endpoint(collector: &Url) -> String {
    let base = collector.as_str().trim_end_matches('/');
    if base.ends_with(PATH) { base.to_owned() } else { format!("{base}/{PATH}") }
}

/// Carries exports through the product's own HTTP client.
struct Carrier {
    http: HttpClient,
    runtime: Handle,
    /// The last export failed; said once, not with every batch.
    failing: AtomicBool,
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Carrier")
    }
}

impl Carrier {
    fn note(&self, failure: Option<String>) {
        let before = self.failing.swap(failure.is_some(), Ordering::Relaxed);
        match failure {
            Some(failure) if !before => tracing::warn!(failure, "spans cannot be exported; they are dropped until the collector answers"),
            None if before => tracing::info!("spans are exported again"),
            Some(_) | None => {}
        }
    }
}

#[async_trait::async_trait]
impl opentelemetry_http::HttpClient for Carrier {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let client = self.http.operator().clone();
        // The exporter's thread has no reactor: the call runs where one is.
        let call = self.runtime.spawn(async move {
            let answer = client.execute(request).await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let (status, body) = match call.await? {
            Ok(answer) => answer,
            Err(error) => {
                self.note(Some(Failure::of(&error).to_string()));
                return Err(error.into());
            }
        };
        self.note((!status.is_success()).then(|| status.as_u16().to_string()));
        Ok(Response::builder().status(status).body(body)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_named_by_its_base_or_in_full() {
        for (given, used) in [
            ("http://c:4318", "http://c:4318/v1/traces"),
            ("http://c:4318/", "http://c:4318/v1/traces"),
            ("https://c/otlp", "https://c/otlp/v1/traces"),
            ("https://c/otlp/v1/traces", "https://c/otlp/v1/traces"),
        ] {
            assert_eq!(endpoint(&Url::parse(given).unwrap()), used);
        }
    }
}
