//! What surrounds every request: its id, the safe headers, one line in the log, and problems instead of bare statuses.
//!
//! The log holds the route's pattern, never the path, the query or a body.

use crate::http::HttpState;
use crate::http::headers;
use crate::http::problem::Problem;
use crate::http::rates;
use crate::ports::spans::TARGET;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};
use tracing::field::Empty;
use tracing::{Instrument, Span};

/// The header that names a request, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Surrounds one request. Give it to `App::wrap` through `actix_web::middleware::from_fn`.
///
/// # Errors
/// Only what the framework itself cannot answer.
pub async fn envelope(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = request.app_data::<web::Data<HttpState>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let id = given_id(request.headers()).unwrap_or_else(|| state.ids.uuid().to_string());
    let began = state.clock.moment();
    let method = request.method().clone();
    let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let span = span_of(&route, &method, &id);
    let response = rates::gate(&state, request, next).instrument(span.clone()).await?;
    let mut response = as_problem(response, &id);
    headers::add(response.headers_mut(), &id, state.https);
    let spent = state.clock.moment().0.saturating_sub(began.0);
    let status = response.status().as_u16();
    span.record("http.response.status_code", status);
    state.metrics.answered(&route, known_method(&method), status, spent);
    tracing::info!(
        request.id = %id,
        method = %method,
        route = %route,
        status,
        duration_ms = u64::try_from(spent.as_millis()).unwrap_or(u64::MAX),
        "request answered"
    );
    Ok(response)
}

/// Returns the span of a request, where spans are collected. What machines ask every few seconds has none.
fn span_of(route: &str, method: &Method, id: &str) -> Span {
    if matches!(route, "/healthz" | "/readyz" | "/metrics") {
        return Span::none();
    }
    let method = known_method(method);
    tracing::trace_span!(
        target: TARGET,
        "http request",
        otel.kind = "server",
        otel.name = format_args!("{method} {route}"),
        request.id = id,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    )
}

/// Returns a method by its name; any other word of the caller's is `other`.
pub(super) fn known_method(method: &Method) -> &'static str {
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    known.into_iter().find(|name| *name == method.as_str()).unwrap_or("other")
}

/// Returns the caller's own id of the request, if it is harmless.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    ((8..=64).contains(&id.len()) && id.bytes().all(plain)).then(|| id.to_owned())
}

/// Puts the request's id into a problem, and makes a problem of the framework's bare refusals.
fn as_problem(response: ServiceResponse<BoxBody>, id: &str) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let known = response.response().error().and_then(|error| error.as_error::<Problem>()).cloned();
    let bare = || {
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let failed = status.is_client_error() || status.is_server_error();
        (failed && (kind.is_empty() || kind.starts_with("text/plain"))).then(|| Problem::new(status, reason(status.as_u16())))
    };
    match known.or_else(bare) {
        Some(problem) => {
            let (request, _) = response.into_parts();
            ServiceResponse::new(request, problem.for_request(id).error_response())
        }
        None => response,
    }
}

const fn reason(status: u16) -> &'static str {
    match status {
        404 => "there is no such thing here",
        405 => "this address does not take that method",
        413 => "the request is too large",
        500..=599 => "something went wrong on our side; the request id finds it in the logs",
        _ => "the request cannot be taken as it is",
    }
}
