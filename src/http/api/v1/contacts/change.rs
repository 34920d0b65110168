//! `PATCH /api/v1/contacts/{id}`.

use crate::domain::contact::Typed;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::contacts::{ContactItem, read_path, saved};
use crate::http::api::v1::members::given;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What is to be another way; what is left out stays, null takes away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Ana López", "attributes": {"plan": null}}))]
pub struct ContactPatch {
    /// 1 to 200 characters without line breaks. Channels no longer change it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// E.164, such as `+5215512345678`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// An address.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    /// A language tag such as `es-MX`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    locale: Option<Option<String>>,
    /// Those to set; null takes one away, the others stay.
    #[serde(default)]
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
}

/// Changes a contact. What you set, no channel overwrites.
///
/// # Errors
/// 404 for an absent one or another tenant's, 409 if another contact has the telephone or address, 422 naming a wrong field.
#[utoipa::path(patch, path = "/api/v1/contacts/{id}", tag = "contacts", request_body = ContactPatch, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The contact now", body = ContactItem), (status = 409, description = "Another contact has the telephone or address, or this one was merged", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn change_contact(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<ContactItem>, Problem> {
    let id = read_path(&id)?;
    let body: ContactPatch = read(&state, &request, payload).await?;
    let typed = Typed {
        name: body.name.as_ref().map(Option::as_deref),
        phone: body.phone.as_ref().map(Option::as_deref),
        email: body.email.as_ref().map(Option::as_deref),
        locale: body.locale.as_ref().map(Option::as_deref),
        attributes: body.attributes,
    };
    let changed = who.scope(&state.store).change_contact(id, typed.read()?, state.clock.now()).await?;
    Ok(Json(saved(changed)?.0))
}
