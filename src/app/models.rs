//! Wires the models: the operator's from the settings, the tenants' from the directory, one router before all of them.

use crate::app::AppError;
use crate::config::{Config, PlatformConfig};
use crate::net::client::{HttpClient, OutboundPolicy};
use crate::net::clock::SystemClock;
use crate::net::guard::AllowList;
use crate::ports::clock::Clock;
use crate::ports::models::{ModelDesk, ModelServer};
use crate::providers::llm::route::connect::HttpConnect;
use crate::providers::llm::route::{Platform, RouteLimits, Router};
use crate::store::admin::Admin;
use crate::store::directory::StoreDirectory;
use std::sync::Arc;

/// Makes the router over a directory.
pub(super) fn router(config: &Config, directory: &StoreDirectory, clock: &Arc<dyn Clock>) -> Result<Arc<Router>, AppError> {
    // No origin of the operator's is trusted here: a tenant's address is filtered, whatever else it equals.
    let client = HttpClient::build(OutboundPolicy { allow: AllowList::new(config.outbound_allow.clone(), &[]) })?;
    let connect = HttpConnect::new(client, config.llm.first_byte);
    let limits = RouteLimits { tenant_parallel: config.llm.tenant_parallel, call: config.llm.call_deadline };
    let platform = config.llm.platform.as_ref().map(platform);
    Ok(Arc::new(Router::new(Arc::new(directory.clone()), Arc::new(connect), Arc::clone(clock), platform, limits)))
}

fn platform(config: &PlatformConfig) -> Platform {
    let server = ModelServer {
        kind: config.kind,
        base_url: config.base_url.as_str().trim_end_matches('/').to_owned(),
        model: config.model.clone(),
        key: config.api_key.clone(),
        prices: config.prices,
        parallel: config.parallel,
    };
    Platform { server, budget: config.tenant_budget }
}

/// Makes what a command needs to ask a model for a word.
///
/// # Errors
/// [`AppError`].
pub async fn model_desk(config: &Config, admin: &Admin) -> Result<Arc<dyn ModelDesk>, AppError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    Ok(router(config, &admin.directory().await?, &clock)?)
}
