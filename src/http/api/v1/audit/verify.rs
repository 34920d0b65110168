//! `GET /api/v1/audit/verify`.

use crate::domain::audit::{Anchor, Broken, Fault};
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::store::audit::Followed;
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Most events that one request follows; a busy business writes some thousands a year.
const MOST: i64 = 10_000;

/// From where.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VerifyAudit {
    /// The value of `next` of the answer before; absent: from the beginning.
    cursor: Option<String>,
}

impl VerifyAudit {
    /// Reads the place up to which the chain was followed: the number of an event and its hash.
    fn place(&self) -> Result<Option<Anchor>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let (number, hash) = cursor.split_once('.').ok_or_else(not_ours)?;
        let number: i64 = number.parse().ok().filter(|number| *number > 0).ok_or_else(not_ours)?;
        let hex = hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
        if hex { Ok(Some(Anchor { number, hash: hash.to_owned() })) } else { Err(not_ours()) }
    }
}

fn not_ours() -> Problem {
    Problem::field("cursor", "must be `next` of an answer: begin anew without one")
}

/// Whether the chain holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditVerdict {
    /// True: every event that was followed is as it was written, none is missing. It holds as a whole once `next` is null.
    holds: bool,
    /// How many events were followed up to now, with those of the answers before; null if it does not hold.
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
    /// There is more to follow: the cursor of the next request. Null: this was the end.
    next: Option<String>,
}

impl From<Result<Followed, Broken>> for AuditVerdict {
    fn from(verdict: Result<Followed, Broken>) -> Self {
        match verdict {
            Ok(Followed { held, more }) => Self {
                holds: true,
                events: Some(held.events),
                last: Some(held.last),
                next: more.then(|| format!("{}.{}", held.last, held.hash)),
                hash: Some(held.hash),
                removed_up_to: Some(held.removed_up_to),
                broken_at: None,
                fault: None,
            },
            Err(broken) => {
                let (broken_at, fault) = (Some(broken.number), Some(Fault::as_str(broken.fault)));
                Self { holds: false, events: None, last: None, hash: None, removed_up_to: None, broken_at, fault, next: None }
            }
        }
    }
}

/// Follows the chain of the audit log, at most 10,000 events at a time: ask again with `next` until it is null.
///
/// # Errors
/// 403 without the permission to read the log, 422 for a cursor of no event.
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "audit", params(VerifyAudit),
    responses((status = 200, description = "Whether it holds", body = AuditVerdict)))]
pub async fn verify_audit(who: AgentPrincipal, state: Data<HttpState>, query: Query<VerifyAudit>) -> Result<Json<AuditVerdict>, Problem> {
    let scope = who.scope(&state.store);
    let from = query.place()?;
    // A made-up place would make a chain that holds look broken.
    if let Some(place) = &from
        && !scope.has_audit_place(place).await?
    {
        return Err(not_ours());
    }
    let verdict = scope.verify_audit_from(from, MOST).await?;
    if let Err(broken) = &verdict {
        tracing::error!(tenant.id = %who.tenant, number = broken.number, fault = broken.fault.as_str(), "an audit log does not hold");
    }
    Ok(Json(verdict.into()))
}
