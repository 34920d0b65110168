//! `GET /api/v1/canned-replies`.

use crate::domain::canned::code;
use crate::domain::ids::CannedReplyId;
use crate::http::HttpState;
use crate::http::api::v1::canned_replies::{CannedReplyView, member};
use crate::http::auth::AgentPrincipal;
use crate::http::files::links::Linker;
use crate::http::pagination::{Page, limit, page, place_cursor, read_place_cursor};
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which ones.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListCannedReplies {
    /// The beginning of the code.
    code: Option<String>,
    /// Those of this language.
    language: Option<String>,
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists the prepared texts that you may use, the oldest first: everybody's and your own.
///
/// # Errors
/// 422 naming a wrong parameter.
#[utoipa::path(get, path = "/api/v1/canned-replies", tag = "canned replies", params(ListCannedReplies),
    responses((status = 200, description = "A page", body = Page<CannedReplyView>)))]
pub async fn list_canned_replies(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListCannedReplies>,
) -> Result<Json<Page<CannedReplyView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_place_cursor).transpose()?;
    let begins = |text: &str| code(text).ok_or_else(|| Problem::field("code", "must be the beginning of a code: a-z, 0-9, - and _"));
    let begins = query.code.as_deref().map(begins).transpose()?;
    let filter = (begins, query.language.clone().filter(|tag| !tag.contains('\0')));
    let rows = who.scope(&state.store).canned_replies(member(&who), filter, after.map(|(_, id)| CannedReplyId(id)), limit + 1).await?;
    let linker = Linker::new(&state, who.tenant);
    Ok(Json(page(rows, limit, |row| place_cursor(0, row.id.0), |row| CannedReplyView::of(row, &linker))))
}
