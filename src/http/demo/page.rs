//! The page and its files, embedded in the program: nothing is fetched from anywhere else.
//!
//! The page carries a key, so it is shown only to a browser that asked for this very machine: a foreign name that resolves to loopback
//! gets nothing.

use crate::http::demo::DemoState;
use crate::http::problem::Problem;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, LOCATION};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::ExposeSecret;
use serde_json::json;
use std::net::IpAddr;

/// What the page may load and run: its own files only.
pub(super) const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

pub(super) const INDEX: &str = include_str!("assets/index.html");
/// Stands in the page where its settings go.
const SETTINGS: &str = "{{settings}}";

/// Every file of the page: name, media type, text.
pub(super) const ASSETS: [(&str, &str, &str); 9] = [
    ("demo.css", "text/css; charset=utf-8", include_str!("assets/demo.css")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
    ("demo.js", SCRIPT, include_str!("assets/demo.js")),
    ("api.js", SCRIPT, include_str!("assets/api.js")),
    ("customer.js", SCRIPT, include_str!("assets/customer.js")),
    ("people.js", SCRIPT, include_str!("assets/people.js")),
    ("thread.js", SCRIPT, include_str!("assets/thread.js")),
    ("dom.js", SCRIPT, include_str!("assets/dom.js")),
    ("words.js", SCRIPT, include_str!("assets/words.js")),
];
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Leads to the page.
pub(super) async fn to_demo() -> HttpResponse {
    HttpResponse::Found().insert_header((LOCATION, "/demo")).finish()
}

/// Shows the page.
///
/// # Errors
/// 403 under a name that is not this machine's, 404 without an inbox, 503 if the database is away.
pub(super) async fn show_page(state: Data<DemoState>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    require_this_machine(&request)?;
    let entry = state.entry().await?;
    let tenant = &entry.inbox.tenant;
    let settings = json!({
        "key": state.api_key.expose_secret(),
        "inbox_id": state.inbox,
        "business": tenant.name,
        "language": tenant.language(),
        "process": state.rooms.process(state.ids.as_ref()),
    });
    // Inside a script element only `<` could end it; JSON may spell it otherwise.
    let settings = settings.to_string().replace('<', "\\u003c");
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(INDEX.replace(SETTINGS, &settings)))
}

/// Refuses a request that was sent to another name than this machine's.
///
/// # Errors
/// 403.
pub(super) fn require_this_machine(request: &HttpRequest) -> Result<(), Problem> {
    // The header itself: what a proxy says about it could be made up by the page that we guard against.
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if is_loopback(host) { Ok(()) } else { Err(Problem::forbidden("open the demo under localhost or 127.0.0.1")) }
}

/// Shows a file of the page.
///
/// # Errors
/// 404 for a name that is none.
pub(super) async fn show_asset(file: Path<String>) -> Result<HttpResponse, Problem> {
    let found = ASSETS.iter().find(|(name, ..)| *name == file.as_str());
    let (_, kind, text) = found.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok()
        .content_type(*kind)
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(*text))
}

/// Returns true for the names and addresses of this machine, with or without a port.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _port)) => address,
        None => host.split_once(':').map_or(host, |(name, _port)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_s_names_are_loopback() {
        for host in ["localhost", "localhost:8080", "LOCALHOST:1", "127.0.0.1:8080", "127.8.8.8", "[::1]:8080", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example", "10.0.0.1:8080", "[::2]", "0.0.0.0:8080"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
