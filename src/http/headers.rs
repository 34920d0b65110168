//! The safe headers of every answer: what a browser may do with it, and that nobody keeps it.
//!
//! A handler may set a stricter or longer one of its own; it is never overwritten.

use crate::http::envelope::REQUEST_ID;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// The policy of pages of ours: scripts, styles and data from here only, never inline, never in a frame.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
/// The policy of everything else, which is no page.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
/// A year, in all that is below our name.
const HSTS: &str = "max-age=31536000; includeSubDomains";

/// What every answer carries, whatever it is.
const ALWAYS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::PERMISSIONS_POLICY, "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Adds what is missing. `https`: the world reaches this server over TLS only.
pub(super) fn add(headers: &mut HeaderMap, id: &str, https: bool) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in ALWAYS {
        unless_set(headers, name, value);
    }
    let page = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.starts_with("text/html"));
    unless_set(headers, header::CONTENT_SECURITY_POLICY, if page { PAGE_POLICY } else { DATA_POLICY });
    if page {
        unless_set(headers, header::CROSS_ORIGIN_OPENER_POLICY, "same-origin");
    }
    if https {
        unless_set(headers, header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
}

fn unless_set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(kind: Option<&'static str>, https: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        add(&mut headers, "request-1", https);
        headers
    }

    #[test]
    fn tls_is_demanded_only_where_there_is_tls() {
        assert!(!added(None, false).contains_key(header::STRICT_TRANSPORT_SECURITY));
        assert!(added(None, true).contains_key(header::STRICT_TRANSPORT_SECURITY));
    }

    #[test]
    fn pages_run_no_inline_script_and_stand_in_no_frame_and_data_runs_nothing() {
        let page = added(Some("text/html; charset=utf-8"), false);
        let policy = page.get(header::CONTENT_SECURITY_POLICY).and_then(|value| value.to_str().ok()).unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-"), "{policy}");
        assert!(page.contains_key(header::CROSS_ORIGIN_OPENER_POLICY));
        let data = added(Some("application/json"), false);
        assert_eq!(data.get(header::CONTENT_SECURITY_POLICY).unwrap(), DATA_POLICY);
    }

    #[test]
    fn what_a_handler_set_stays() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=300"));
        add(&mut headers, "request-1", false);
        assert_eq!(headers.get(header::CACHE_CONTROL).unwrap(), "private, max-age=300");
    }
}
