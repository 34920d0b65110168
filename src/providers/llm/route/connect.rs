//! Partners over HTTP: the client of the server's dialect, through the guard that fits who has set the address.

use crate::net::client::HttpClient;
use crate::ports::llm::{Llm, LlmError};
use crate::ports::models::ModelServer;
use crate::providers::llm::route::{Connect, SetBy};
use std::sync::Arc;
use std::time::Duration;

/// Makes partners of servers by HTTP.
pub struct HttpConnect {
    client: HttpClient,
    first_byte: Duration,
}

impl HttpConnect {
    /// Makes it. `client` must trust no origin of the operator's: it carries tenants' addresses. `first_byte` is the most time until an
    /// answer begins.
    #[must_use]
    pub const fn new(client: HttpClient, first_byte: Duration) -> Self {
        Self { client, first_byte }
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
        drop((client.clone(), self.first_byte));
        Err(LlmError::Unreachable("not in this release".to_owned()))
    }
}
