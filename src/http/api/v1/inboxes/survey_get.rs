//! `GET /api/v1/inboxes/{id}/survey`.

use crate::http::HttpState;
use crate::http::api::v1::inboxes::desk::read_path;
use crate::http::api::v1::inboxes::survey::InboxSurvey;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows how an inbox asks customers how they were served.
///
/// # Errors
/// 404 for an absent one, one that you do not see, or another tenant's.
#[utoipa::path(get, path = "/api/v1/inboxes/{id}/survey", tag = "inboxes", params(("id" = Uuid, Path)),
    responses((status = 200, description = "How it asks", body = InboxSurvey)))]
pub async fn get_inbox_survey(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<InboxSurvey>, Problem> {
    let rules = who.scope(&state.store).survey_rules(read_path(&id)?).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(rules.into()))
}
