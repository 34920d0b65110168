//! The audit log as its owner reads it. There is no address that changes it.

pub mod list;
#[cfg(test)]
mod tests;
pub mod verify;

use crate::domain::audit::Event;
use crate::domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Who acted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditActorView {
    /// `member`, `api_key`, `operator` or `system`.
    kind: String,
    /// Which member or key.
    id: Option<String>,
}

/// What it was done to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditTargetView {
    /// Its kind, such as `inbox`.
    kind: String,
    /// Which one.
    id: String,
}

/// One administrative act.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditEventView {
    /// Its number: 1, 2, 3 … without a gap.
    number: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who acted.
    actor: AuditActorView,
    /// What was done, such as `inbox.created`.
    action: String,
    /// What it was done to.
    target: AuditTargetView,
    /// From which address.
    ip: Option<String>,
    /// By which program, as it calls itself.
    user_agent: Option<String>,
    /// Names of fields that were written, and ids and states before and after; never what a field holds.
    #[schema(value_type = Object)]
    details: serde_json::Value,
}

impl From<Event> for AuditEventView {
    fn from(event: Event) -> Self {
        let Event { number, at, actor_kind, actor_id, action, target_kind, target_id, ip, user_agent, details, .. } = event;
        let details = serde_json::from_str(&details).unwrap_or_else(|_| serde_json::json!({}));
        let (actor, target) = (AuditActorView { kind: actor_kind, id: actor_id }, AuditTargetView { kind: target_kind, id: target_id });
        Self { number, at, actor, action, target, ip, user_agent, details }
    }
}
