//! Partners over HTTP: the client of the server's dialect, through the guard that fits who has set the address, counted by dialect.

use crate::net::client::HttpClient;
use crate::ports::clock::Clock;
use crate::ports::llm::{Llm, LlmError};
use crate::ports::metrics::ModelMeters;
use crate::ports::models::ModelServer;
use crate::providers::llm::route::{Connect, SetBy};
use std::sync::Arc;
use std::time::Duration;

/// Makes partners of servers by HTTP.
pub struct HttpConnect {
    client: HttpClient,
    first_byte: Duration,
    meters: ModelMeters,
    clock: Arc<dyn Clock>,
}

impl HttpConnect {
    /// Makes it. `client` must trust no origin of the operator's: it carries tenants' addresses. `first_byte` is the most time until an
    /// answer begins.
    #[must_use]
    pub const fn new(client: HttpClient, first_byte: Duration, meters: ModelMeters, clock: Arc<dyn Clock>) -> Self {
        Self { client, first_byte, meters, clock }
    }
}

impl Connect for HttpConnect {
    fn connect(&self, server: &ModelServer, set_by: SetBy) -> Result<Arc<dyn Llm>, LlmError> {
        let client = match set_by {
            SetBy::Operator => self.client.operator(),
            SetBy::Tenant => match self.client.client_for(&server.base_url) {
                Ok(client) => client,
                Err(error) => return Err(LlmError::Unreachable(error.to_string())),
            },
        };
        // The client of the dialects comes with another change.
        drop((client.clone(), self.first_byte, self.meters.clone(), Arc::clone(&self.clock)));
        Err(LlmError::Unreachable("no client for models yet".to_owned()))
    }
}
