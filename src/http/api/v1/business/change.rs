//! `PATCH /api/v1/business`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::business::BusinessView;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use crate::store::admin::tenants::TenantChange;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};
use serde::Deserialize;
use utoipa::ToSchema;

/// What is to be another way; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BusinessPatch {
    /// The name that customers read: 1 to 100 characters.
    name: Option<String>,
    /// A language tag such as `es-MX`.
    locale: Option<String>,
    /// An IANA zone name such as `America/Hermosillo`. Appointments keep their instants.
    timezone: Option<String>,
}

/// Changes the business.
///
/// # Errors
/// 422 naming a wrong field.
#[utoipa::path(patch, path = "/api/v1/business", tag = "business", request_body = BusinessPatch,
    responses((status = 200, description = "The business now", body = BusinessView)))]
pub async fn change_business(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<BusinessView>, Problem> {
    let BusinessPatch { name, locale, timezone } = read(&state, &request, payload).await?;
    let changed = origin.admin(&state, &who).change_tenant(who.tenant, TenantChange { name, locale, timezone }).await?;
    state.directory.refresh().await?;
    Ok(Json(changed.into()))
}
