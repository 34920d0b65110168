//! `POST /api/v1/webhooks/{id}/replay`.

use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::webhooks::{find, may_hear};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use crate::store::admin::webhooks::Stretch;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A stretch of events, both ends included: by numbers, by times, or both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayBody {
    /// The first number.
    #[schema(minimum = 1)]
    from: Option<i64>,
    /// The last number; absent: the newest.
    #[schema(minimum = 1)]
    to: Option<i64>,
    /// Not before (RFC 3339).
    #[schema(format = DateTime)]
    since: Option<String>,
    /// Not after (RFC 3339).
    #[schema(format = DateTime)]
    until: Option<String>,
}

/// What a replay came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayView {
    /// Deliveries that will be sent.
    queued: usize,
    /// There is more: ask again with this as `from`. Null: that was all.
    next: Option<i64>,
}

impl ReplayBody {
    fn stretch(self) -> Result<Stretch, Problem> {
        let Self { from, to, since, until } = self;
        for (field, number) in [("from", from), ("to", to)] {
            if number.is_some_and(|number| number < 1) {
                return Err(Problem::field(field, "must be a number of an event, from 1"));
            }
        }
        let instant = |field: &'static str, text: Option<String>| {
            let read = |text: String| {
                Timestamp::parse(&text).ok_or_else(|| Problem::field(field, "must be an instant such as 2026-11-28T10:00:00Z"))
            };
            text.map(read).transpose()
        };
        let (since, until) = (instant("since", since)?, instant("until", until)?);
        if from.is_none() && since.is_none() {
            return Err(Problem::field("from", "must be given, or since"));
        }
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err(Problem::field("to", "must not lie before from"));
        }
        if since.zip(until).is_some_and(|(since, until)| since > until) {
            return Err(Problem::field("until", "must not lie before since"));
        }
        Ok(Stretch { from, to, since, until })
    }
}

/// Sends a stretch of past events to an endpoint, those too that it has had: whatever of them it wants now, each under its own `webhook-id`.
/// At most 1,000 deliveries at once; the answer says where to go on.
///
/// # Errors
/// 404 for an absent one or another tenant's, 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/replay", tag = "webhooks", request_body = ReplayBody, params(("id" = Uuid, Path)),
    responses((status = 202, description = "They will be sent", body = ReplayView)))]
pub async fn replay_webhook(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let known = find(&state, &who, &id).await?;
    may_hear(&who, &known.inboxes)?;
    let body: ReplayBody = read(&state, &request, payload).await?;
    let done = origin.admin(&state, &who).replay_webhook(who.tenant, known.id, body.stretch()?).await?;
    Ok(HttpResponse::Accepted().json(ReplayView { queued: done.queued, next: done.next }))
}
