//! `GET /api/v1/views/{id}/count`.

use crate::http::HttpState;
use crate::http::api::v1::conversations::counts::CountView;
use crate::http::api::v1::saved_views::find;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Counts what a saved view shows you: exactly where it asks for status, inbox and assignee alone, else up to 1,000.
///
/// # Errors
/// 404 for an absent one, another member's or another tenant's.
#[utoipa::path(get, path = "/api/v1/views/{id}/count", tag = "views", params(("id" = Uuid, Path)),
    responses((status = 200, description = "How many", body = CountView)))]
pub async fn count_view(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<CountView>, Problem> {
    let view = find(&state, &who, &id).await?;
    let found = who.scope(&state.store).count_conversations(view.form.filter, who.agent()).await?;
    Ok(Json(found.into()))
}
