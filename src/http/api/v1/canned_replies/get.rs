//! `GET /api/v1/canned-replies/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::canned_replies::{CannedReplyView, find};
use crate::http::auth::AgentPrincipal;
use crate::http::files::links::Linker;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows a prepared text.
///
/// # Errors
/// 404 for an absent one, a colleague's own, or another tenant's.
#[utoipa::path(get, path = "/api/v1/canned-replies/{id}", tag = "canned replies", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The text", body = CannedReplyView)))]
pub async fn get_canned_reply(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<CannedReplyView>, Problem> {
    Ok(Json(CannedReplyView::of(find(&state, &who, &id).await?, &Linker::new(&state, who.tenant))))
}
