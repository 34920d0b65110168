//! Whether the server lives, whether it takes work, and what it counts.

use crate::http::HttpState;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::Data;
use prometheus::TextEncoder;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Longest time that the database may take for a trivial read.
const PATIENCE: Duration = Duration::from_secs(1);

/// A word about the server.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct HealthView {
    /// `ok` or `not_ready`.
    pub status: &'static str,
}

/// Tells that the process lives. Asks nobody.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "Alive", body = HealthView)))]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(HealthView { status: "ok" })
}

/// Tells whether this node takes work: the engine does, and the database answers within a second.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, description = "Ready", body = HealthView), (status = 503, description = "Not ready", body = HealthView)))]
pub async fn readyz(state: Data<HttpState>) -> HttpResponse {
    let deadline = state.clock.moment().after(PATIENCE);
    let answers = tokio::select! {
        read = state.store.ping() => read.is_ok(),
        () = state.clock.sleep_until(deadline) => false,
    };
    if answers && state.engine.ready() {
        return HttpResponse::Ok().json(HealthView { status: "ok" });
    }
    HttpResponse::ServiceUnavailable().json(HealthView { status: "not_ready" })
}

/// Shows the counters, for Prometheus.
///
/// # Errors
/// 500 if they cannot be written as text.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, description = "Counters", content_type = "text/plain", body = String)))]
pub async fn metrics(state: Data<HttpState>) -> Result<HttpResponse, Problem> {
    state.metrics.look_at_queue(&state.store, state.clock.as_ref()).await;
    let text = TextEncoder::new().encode_to_string(&state.registry.gather()).map_err(|error| {
        tracing::error!(error = %error, "the counters cannot be written");
        Problem::internal()
    })?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}
