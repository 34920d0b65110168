//! `POST /api/v1/model-providers/{id}/check`: asks the model for one word.

use crate::http::HttpState;
use crate::http::api::v1::model_providers::read_id;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

/// What came of a check.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckView {
    /// True if the model answered.
    ok: bool,
    /// What is wrong otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Makes one tiny call, whatever the provider's standing is, and says what is wrong.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(post, path = "/api/v1/model-providers/{id}/check", tag = "models", params(("id" = Uuid, Path)),
    responses((status = 200, description = "What came of it", body = CheckView)))]
pub async fn check_provider(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<CheckView>, Problem> {
    let provider = state.models.admin.open_model_provider(who.tenant, read_id(&id)?).await?;
    let problem = state.models.desk.check(who.tenant, &provider.server).await.err().map(|error| error.to_string());
    Ok(Json(CheckView { ok: problem.is_none(), problem }))
}
