//! The demo: one page where a newcomer writes as a customer and, beside it, works as the people of the business.
//!
//! The customer's side is a small channel adapter that speaks the generic contract within this process; the people's side uses nothing
//! but the public API, with a key that the page carries. So this must never be served anywhere but on loopback, and never by `serve`.

mod adapter;
mod customer;
mod page;
pub mod rooms;
mod stream;

use crate::domain::ids::InboxId;
use crate::http::demo::rooms::Rooms;
use crate::http::problem::Problem;
use crate::ports::clock::Clock;
use crate::ports::directory::{Directory, InboxEntry};
use crate::ports::engine::Engine;
use crate::ports::ids::IdSource;
use crate::ports::store::EngineStore;
use actix_web::web::{Data, ServiceConfig, get, post, resource};
use secrecy::SecretString;
use std::sync::Arc;

/// Where the demo's inbox must send: its setting `url` is the server's own address followed by this.
pub const ADAPTER_PATH: &str = "/demo/adapter";

/// What the demo's handlers may use. One per server, shared by its workers.
#[derive(Clone)]
pub struct DemoState {
    /// The engine's queue.
    pub queue: Arc<dyn EngineStore>,
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// The demo's inbox and its secret.
    pub directory: Arc<dyn Directory>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn IdSource>,
    /// The generic inbox that the customers write to.
    pub inbox: InboxId,
    /// The key with which the page works as the people of the business.
    pub api_key: SecretString,
    /// The customers' telephones.
    pub rooms: Rooms,
}

impl DemoState {
    /// Finds the demo's inbox.
    async fn entry(&self) -> Result<Arc<InboxEntry>, Problem> {
        self.directory.inbox(self.inbox).await?.ok_or_else(Problem::not_found)
    }
}

/// Adds the demo to an app: `/` leads to `/demo`.
pub fn configure(config: &mut ServiceConfig, state: DemoState) {
    config
        .app_data(Data::new(state))
        .service(resource("/").route(get().to(page::to_demo)))
        .service(resource("/demo").route(get().to(page::show_page)))
        .service(resource("/demo/assets/{file}").route(get().to(page::show_asset)))
        .service(resource("/demo/adapter/messages").route(post().to(adapter::receive_message)))
        .service(resource("/demo/adapter/capabilities").route(get().to(adapter::show_capabilities)))
        .service(resource("/demo/rooms/{room}/messages").route(post().to(customer::write_message)))
        .service(resource("/demo/rooms/{room}/receipts").route(post().to(customer::confirm_messages)))
        .service(resource("/demo/rooms/{room}/events").route(get().to(stream::stream_room)));
}

#[cfg(test)]
mod tests;
