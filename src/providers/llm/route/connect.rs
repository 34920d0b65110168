//! Partners over HTTP: the client of the server's dialect, through the guard that fits who has set the address.

use crate::net::client::HttpClient;
use crate::ports::clock::Clock;
use crate::ports::llm::{Llm, LlmError};
use crate::ports::models::ModelServer;
use crate::providers::llm::openai::{Endpoint, Flags, OpenAi, Shapes, Timeouts};
use crate::providers::llm::route::{Connect, SetBy};
use std::sync::Arc;
use std::time::Duration;

/// Makes partners of servers by HTTP.
pub struct HttpConnect {
    client: HttpClient,
    first_byte: Duration,
    clock: Arc<dyn Clock>,
    /// What servers have shown about shapes; partners come and go.
    shapes: Arc<Shapes>,
}

impl HttpConnect {
    /// Makes it. `client` must trust no origin of the operator's: it carries tenants' addresses. `first_byte` is the most time until an
    /// answer begins.
    #[must_use]
    pub fn new(client: HttpClient, first_byte: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { client, first_byte, clock, shapes: Arc::default() }
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
        let mut endpoint = Endpoint::new(server.kind, server.base_url.clone(), server.key.clone(), server.model.clone());
        endpoint.prices = server.prices;
        endpoint.max_output = Some(server.manner.max_output);
        endpoint.temperature = server.manner.temperature;
        if !server.manner.tools {
            endpoint.flags = Some(Flags { tools: false, ..Flags::of(server.kind, &server.model) });
        }
        endpoint.timeouts = Timeouts { first_byte: self.first_byte, ..endpoint.timeouts };
        match OpenAi::new(endpoint, client.clone(), Arc::clone(&self.clock)) {
            Ok(partner) => Ok(Arc::new(partner.sharing(Arc::clone(&self.shapes)))),
            Err(error) => Err(LlmError::Rejected(error.to_string())),
        }
    }
}
