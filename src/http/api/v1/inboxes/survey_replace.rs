//! `PUT /api/v1/inboxes/{id}/survey`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::inboxes::desk::read_path;
use crate::http::api::v1::inboxes::survey::InboxSurvey;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};

/// Sets how an inbox asks customers how they were served. A conversation asks once each time that it is resolved, if its customer wrote in it
/// since it was last open.
///
/// # Errors
/// 404 for an absent one, one that you do not see, or another tenant's; 422 naming a wrong field.
#[utoipa::path(put, path = "/api/v1/inboxes/{id}/survey", tag = "inboxes", request_body = InboxSurvey, params(("id" = Uuid, Path)),
    responses((status = 200, description = "How it asks now", body = InboxSurvey)))]
pub async fn replace_inbox_survey(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<InboxSurvey>, Problem> {
    let id = read_path(&id)?;
    let rules = read::<InboxSurvey>(&state, &request, payload).await?.rules()?;
    let scope = origin.scope(&state, &who);
    for (field, labels) in [("only_labels", &rules.only_labels), ("never_labels", &rules.never_labels)] {
        if !scope.has_labels(labels).await? {
            return Err(Problem::field(field, "names a label that is not yours"));
        }
    }
    if !scope.set_survey_rules(id, rules.clone()).await? {
        return Err(Problem::not_found());
    }
    // What this server resolves next asks by the new rules; other servers see them within a moment.
    state.directory.refresh().await?;
    Ok(Json(rules.into()))
}
