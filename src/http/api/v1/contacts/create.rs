//! `POST /api/v1/contacts`.

use crate::domain::contact::Typed;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::contacts::{ContactItem, id_for, saved, sees_everybody};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::people::contacts::NewContact;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A customer: at least a name, a telephone or an address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Ana López", "attributes": {"plan": "gold"}}))]
pub struct ContactBody {
    /// 1 to 200 characters without line breaks.
    name: Option<String>,
    /// E.164, such as `+5215512345678`: whoever writes from it is this contact.
    phone: Option<String>,
    /// An address: whoever writes from it is this contact.
    email: Option<String>,
    /// A language tag such as `es-MX`.
    locale: Option<String>,
    /// Up to 50 words, numbers, true or false, by name; at most 8 KiB as JSON.
    #[serde(default)]
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
}

/// Makes a contact.
///
/// # Errors
/// 403 for somebody limited to inboxes or teams, 409 if another contact has the telephone or address, 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/contacts", tag = "contacts", request_body = ContactBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable ASCII characters; the same key makes one contact")),
    responses((status = 201, description = "The contact", body = ContactItem), (status = 409, description = "Another contact has the telephone or address", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_contact(
    who: AgentPrincipal,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body: ContactBody = read(&state, &request, payload).await?;
    sees_everybody(&who)?;
    if body.name.is_none() && body.phone.is_none() && body.email.is_none() {
        return Err(Problem::field("name", "must be there, or a phone, or an email"));
    }
    let typed = Typed {
        name: body.name.as_deref().map(Some),
        phone: body.phone.as_deref().map(Some),
        email: body.email.as_deref().map(Some),
        locale: body.locale.as_deref().map(Some),
        attributes: body.attributes,
    };
    let new = NewContact { id: id_for(&state, &who, &request)?.into(), what: typed.read()? };
    let (contact, repeat) = saved(who.scope(&state.store).create_contact(new, state.clock.now()).await?)?;
    let mut answer = HttpResponse::Created();
    answer.insert_header((LOCATION, format!("/api/v1/contacts/{}", contact.id)));
    if repeat {
        answer.insert_header(("idempotent-replayed", "true"));
    }
    Ok(answer.json(contact))
}
