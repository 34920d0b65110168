//! Wires the models: the operator's from the settings, the tenants' from the directory, one router before all of them.

use crate::app::AppError;
use crate::config::{Config, PlatformConfig};
use crate::net::client::{HttpClient, OutboundPolicy};
use crate::net::clock::SystemClock;
use crate::net::guard::AllowList;
use crate::ports::clock::Clock;
use crate::ports::metrics::ModelMeters;
use crate::ports::models::ModelDesk;
use crate::providers::llm::offline::OfflineAssistant;
use crate::providers::llm::route::connect::HttpConnect;
use crate::providers::llm::route::{PLATFORM, Platform, RouteLimits, RouteParts, Router};
use crate::store::admin::Admin;
use crate::store::directory::StoreDirectory;
use std::sync::Arc;

/// Makes the router over a directory.
pub(super) fn router(config: &Config, directory: &StoreDirectory, clock: &Arc<dyn Clock>) -> Result<Arc<Router>, AppError> {
    // No origin of the operator's is trusted here: a tenant's address is filtered, whatever else it equals.
    let client = HttpClient::build(OutboundPolicy { allow: AllowList::new(config.outbound_allow.clone(), &[]) })?;
    let connect = HttpConnect::new(client, config.llm.first_byte, Arc::clone(clock));
    let limits = RouteLimits { tenant_parallel: config.llm.tenant_parallel, call: config.llm.call_deadline };
    let platform = config.llm.platform.as_ref().map(platform);
    let parts = RouteParts {
        models: Arc::new(directory.clone()),
        connect: Arc::new(connect),
        offline: Arc::new(OfflineAssistant),
        clock: Arc::clone(clock),
        platform,
        limits,
    };
    Ok(Arc::new(Router::new(parts)))
}

/// Lets the operator's own words become labels of the metrics; tenants' stay `other`.
pub(super) fn name_labels(config: &Config, meters: &ModelMeters) {
    if let Some(platform) = &config.llm.platform {
        meters.allow(PLATFORM);
        meters.allow(&platform.model);
    }
}

fn platform(config: &PlatformConfig) -> Platform {
    Platform { server: config.server(), budget: config.tenant_budget }
}

/// Makes what a command needs to ask a model for a word.
///
/// # Errors
/// [`AppError`].
pub async fn model_desk(config: &Config, admin: &Admin) -> Result<Arc<dyn ModelDesk>, AppError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    Ok(router(config, &admin.directory().await?, &clock)?)
}
