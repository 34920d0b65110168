//! `GET /api/v1/attachments/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::attachments::{UploadView, find};
use crate::http::auth::AgentPrincipal;
use crate::http::files::links::Linker;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows a file, with links that hold anew. Members limited to inboxes or teams see what they brought, what conversations of theirs have, and what
/// prepared texts have.
///
/// # Errors
/// 404 for an absent one, and for what is not seen.
#[utoipa::path(get, path = "/api/v1/attachments/{id}", tag = "attachments", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The file", body = UploadView)))]
pub async fn get_attachment(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<UploadView>, Problem> {
    let row = find(&state, &who, &id).await?;
    Ok(Json(UploadView::of(row, &Linker::new(&state, who.tenant))))
}
