//! `GET /api/v1/audit/verify`.

use crate::domain::audit::Fault;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

/// Whether the chain holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditVerdict {
    /// True: every event is as it was written, none is missing.
    holds: bool,
    /// How many events were followed; null if it does not hold.
    events: Option<i64>,
    /// The number of the last one; keep it with `hash` to prove later that nothing was cut off.
    last: Option<i64>,
    /// The hash of the last one.
    hash: Option<String>,
    /// The number of the last event that was removed after twelve months; 0: none.
    removed_up_to: Option<i64>,
    /// The number of the event at which the chain breaks.
    broken_at: Option<i64>,
    /// How: `number`, `link`, `content`, `tenant` or `end`.
    fault: Option<&'static str>,
}

/// Follows the chain of the audit log from its beginning.
///
/// # Errors
/// 403 without the permission to read the log.
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "audit",
    responses((status = 200, description = "Whether it holds", body = AuditVerdict)))]
pub async fn verify_audit(who: AgentPrincipal, state: Data<HttpState>) -> Result<Json<AuditVerdict>, Problem> {
    let verdict = match who.scope(&state.store).verify_audit().await? {
        Ok(held) => AuditVerdict {
            holds: true,
            events: Some(held.events),
            last: Some(held.last),
            hash: Some(held.hash),
            removed_up_to: Some(held.removed_up_to),
            broken_at: None,
            fault: None,
        },
        Err(broken) => {
            tracing::error!(tenant.id = %who.tenant, number = broken.number, fault = broken.fault.as_str(), "an audit log does not hold");
            let (broken_at, fault) = (Some(broken.number), Some(Fault::as_str(broken.fault)));
            AuditVerdict { holds: false, events: None, last: None, hash: None, removed_up_to: None, broken_at, fault }
        }
    };
    Ok(Json(verdict))
}
