//! `PUT /api/v1/inboxes/{id}/assignment`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::inboxes::desk::{InboxAssignment, read_path};
use crate::http::api::v1::teams::at_desk;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};

/// Sets how an inbox gives conversations to people. What waits goes at once to whoever is free.
///
/// # Errors
/// 404 for an absent one, one that you do not see, or another tenant's; 422 naming a wrong field.
#[utoipa::path(put, path = "/api/v1/inboxes/{id}/assignment", tag = "inboxes", request_body = InboxAssignment, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The rule now", body = InboxAssignment)))]
pub async fn replace_inbox_assignment(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<InboxAssignment>, Problem> {
    let id = read_path(&id)?;
    let rule = read::<InboxAssignment>(&state, &request, payload).await?.rule()?;
    at_desk(&state, origin.scope(&state, &who).set_inbox_rule(id, rule).await?)?;
    Ok(Json(rule.into()))
}
