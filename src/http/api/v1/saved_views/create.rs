//! `POST /api/v1/views`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::conversations::filter::FilterBody;
use crate::http::api::v1::saved_views::{SavedView, ViewBody, known, owner, shown};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

/// A view to save.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewViewBody {
    /// Its name: 1 to 60 characters, unlike the owner's other ones.
    #[schema(example = "Urgent, waiting longest")]
    name: String,
    /// True: for everybody; false (if left out): your own.
    #[serde(default)]
    #[schema(example = true)]
    shared: bool,
    /// What it shows; left out: everything.
    #[serde(default)]
    filter: FilterBody,
    /// In which order, as in the list of conversations.
    #[schema(example = "waiting")]
    sort: Option<String>,
}

/// Saves a view. Names are unique, so a repeat doubles nothing.
///
/// # Errors
/// 403 for a shared one that is not yours to make, 409 for a name that is taken, 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/views", tag = "views", request_body = NewViewBody,
    responses((status = 201, description = "The view", body = SavedView), (status = 409, description = "The name is taken, or there are too many", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_view(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let NewViewBody { name, shared, filter, sort } = read(&state, &request, payload).await?;
    let (owner, form) = (owner(&who, shared)?, ViewBody { name, filter, sort }.form()?);
    known(&state, &who, &form).await?;
    let view = shown(origin.scope(&state, &who).create_view(owner, form).await?)?;
    Ok(HttpResponse::Created().insert_header((LOCATION, format!("/api/v1/views/{}", view.id))).json(view))
}
