//! `GET /api/v1/surveys/{id}`.

use crate::domain::ids::SurveyId;
use crate::http::HttpState;
use crate::http::api::v1::surveys::SurveyView;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows what a customer was asked and answered.
///
/// # Errors
/// 404 for an absent one, one of an inbox that you do not see, or another tenant's.
#[utoipa::path(get, path = "/api/v1/surveys/{id}", tag = "surveys", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The survey", body = SurveyView)))]
pub async fn get_survey(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<SurveyView>, Problem> {
    let id: SurveyId = id.parse().map_err(|_not_an_id| Problem::not_found())?;
    let row = who.scope(&state.store).one_survey(id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(row.into()))
}
