//! `PATCH /api/v1/me`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::me::get::MeView;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::accounts::ProfileChange;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

/// What is to be different; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeBody {
    /// The name.
    #[serde(default)]
    name: Option<String>,
    /// The telephone, in E.164; null takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// The language of pages and mails.
    #[serde(default)]
    locale: Option<String>,
    /// Another mail address; needs the password. It counts once the link in the mail to it was followed, within 24 hours: until then it is
    /// `pending_email`. The address that counts takes back what was asked for before.
    #[serde(default)]
    email: Option<String>,
    /// The password, where the address changes.
    #[serde(default)]
    #[schema(format = Password)]
    password: Option<String>,
}

/// Tells null from absent.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(value).map(Some)
}

/// Changes your own data. Another mail address gets a link, and counts once that was followed; the old one is told.
///
/// # Errors
/// 401 for a wrong password, 409 for an address that is taken, 422 naming a wrong field.
#[utoipa::path(patch, path = "/api/v1/me", tag = "me", request_body = MeBody,
    responses((status = 200, description = "You", body = MeView), (status = 409, description = "The address is taken, or too many were asked for within an hour", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn update_me(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<MeView>, Problem> {
    let person = who.person()?;
    let MeBody { name, phone, locale, email, password } = read(&state, &request, payload).await?;
    let email = match (email, password) {
        (Some(email), Some(password)) => Some((email, SecretString::from(password), person.session)),
        (Some(_), None) => return Err(Problem::field("password", "is needed to change the mail address")),
        (None, _) => None,
    };
    let profile = origin.accounts(&state).change_profile(person.account, ProfileChange { name, phone, locale, email }).await?;
    Ok(Json(MeView::new(who, person, profile)))
}
