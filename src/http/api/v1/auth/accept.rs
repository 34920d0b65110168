//! `POST /api/v1/auth/invitations/accept`.

use crate::domain::ids::{MemberId, TenantId};
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::accounts::Joining;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What whoever was asked says of themselves.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptBody {
    /// The token of the link.
    token: String,
    /// The name; for a new account only.
    name: Option<String>,
    /// The password: of the account with this address, or, if there is none, for a new one: 8 to 256 characters.
    #[schema(format = Password)]
    password: Option<String>,
    /// The language, such as `es-MX`; for a new account only. Absent: the business's.
    locale: Option<String>,
    /// The version of the terms; for a new account only. By sending it you accept them, and say that you are of age and may act for the business.
    terms: Option<String>,
}

/// Somebody has joined a business, and can sign in.
#[derive(Serialize, ToSchema)]
pub struct JoinedView {
    /// The business.
    #[schema(value_type = Uuid)]
    business_id: TenantId,
    /// The member.
    #[schema(value_type = Uuid)]
    member_id: MemberId,
    /// True: an account was made with this name and password. False: the account of this address is a member now, and keeps its password.
    new_account: bool,
}

/// Accepts an invitation. An account is made if there is none with the address that was asked; sign in afterwards.
///
/// # Errors
/// 401 for a link that is unknown, used, taken back or too old, and for a wrong password; 409 for a member; 422 naming what is missing.
#[utoipa::path(post, path = "/api/v1/auth/invitations/accept", tag = "auth", request_body = AcceptBody, security(()),
    responses((status = 201, description = "Joined; sign in", body = JoinedView), (status = 409, description = "A member already", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn accept_invitation(
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let AcceptBody { token, name, password, locale, terms } = read(&state, &request, payload).await?;
    let joining = Joining { token: SecretString::from(token), name, password: password.map(SecretString::from), locale, terms };
    let joined = origin.accounts(&state).accept_invitation(joining).await?;
    state.accounts.forget_holders();
    let view = JoinedView { business_id: joined.tenant, member_id: joined.member, new_account: joined.new_account };
    Ok(HttpResponse::Created().json(view))
}
