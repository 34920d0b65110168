//! Where a request comes from, for the list of sessions and for notices. The one place that reads the caller's address for them.

use crate::http::rates::client_of;
use crate::store::accounts::Device;
use actix_web::HttpRequest;
use actix_web::http::header::USER_AGENT;

/// Returns the device of a request. The address is the connection's, or what a configured proxy says: others' headers are not believed.
#[must_use]
pub fn device_of(request: &HttpRequest) -> Device {
    let ip = client_of(request).unwrap_or_else(|| "unknown".to_owned());
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    Device::new(ip, agent)
}
