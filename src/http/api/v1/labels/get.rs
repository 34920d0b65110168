//! `GET /api/v1/labels/{id}`.

use crate::domain::ids::LabelId;
use crate::http::HttpState;
use crate::http::api::v1::labels::LabelView;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows a label.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/labels/{id}", tag = "labels", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The label", body = LabelView)))]
pub async fn get_label(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<LabelView>, Problem> {
    let id: LabelId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let row = who.scope(&state.store).label(id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(row.into()))
}
