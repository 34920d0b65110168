//! API keys of the business: made, listed, refused. A key is shown once and found by its hash.

pub mod create;
pub mod list;
pub mod remove;

use crate::domain::time::Timestamp;
use crate::store::admin::api_keys::ApiKeyView as Row;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApiKeyView {
    /// Its id.
    id: Uuid,
    /// What you call it.
    name: String,
    /// Its last four characters.
    last4: String,
    /// What it may do, such as `contacts:write`; `*` is everything.
    scopes: Vec<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used; coarse. Null: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// Since when it is refused.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

impl From<Row> for ApiKeyView {
    fn from(row: Row) -> Self {
        let Row { id, name, last4, scopes, created_at, last_used_at, revoked_at } = row;
        Self { id: id.0, name, last4, scopes, created_at, last_used_at, revoked_at }
    }
}
