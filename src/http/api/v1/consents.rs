//! `GET /api/v1/consents`: newest first. Consents are given where they are asked for, never here.

use crate::domain::consent::ConsentKind;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_moment_cursor};
use crate::http::problem::Problem;
use crate::store::consents::ConsentView as Row;
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What somebody agreed to, or took back.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConsentView {
    /// Its id.
    id: Uuid,
    /// The account whose consent it is; or else
    account_id: Option<Uuid>,
    /// the customer.
    contact_id: Option<Uuid>,
    /// `terms`, `privacy`, `age_authority` or `marketing`.
    kind: String,
    /// Which version of the text was shown.
    text_version: String,
    /// False: taken back.
    given: bool,
    /// Where it was said, such as `sign_up`.
    source: String,
    /// From which address.
    ip: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<Row> for ConsentView {
    fn from(row: Row) -> Self {
        let Row { id, account: account_id, contact: contact_id, kind, text_version, given, source, ip, at } = row;
        Self { id, account_id, contact_id, kind, text_version, given, source, ip, at }
    }
}

/// Which consents.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListConsents {
    /// Only of this kind: `terms`, `privacy`, `age_authority` or `marketing`.
    kind: Option<String>,
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists what people agreed to, and took back.
///
/// # Errors
/// 422 for a filter that is none.
#[utoipa::path(get, path = "/api/v1/consents", tag = "audit", params(ListConsents),
    responses((status = 200, description = "A page", body = Page<ConsentView>)))]
pub async fn list_consents(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListConsents>,
) -> Result<Json<Page<ConsentView>>, Problem> {
    let limit = limit(query.limit)?;
    let known = |text: &str| ConsentKind::parse(text).map(ConsentKind::as_str).ok_or_else(|| Problem::field("kind", "is not a kind"));
    let kind = query.kind.as_deref().map(known).transpose()?;
    let before = query.cursor.as_deref().map(read_moment_cursor).transpose()?;
    let rows = who.scope(&state.store).consents(kind, before, limit + 1).await?;
    Ok(Json(page(rows, limit, |row| place_cursor(row.at.micros(), row.id), ConsentView::from)))
}
