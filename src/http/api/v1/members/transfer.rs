//! `POST /api/v1/members/{id}/transfer-ownership`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::members::{MemberView, read_path, shown};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use crate::store::accounts::Confirmed;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// The proof that it is you.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferBody {
    /// Your password; needed if you signed in more than five minutes ago.
    #[schema(format = Password)]
    password: Option<String>,
}

/// Gives the business to another member: he becomes an owner, you become an administrator. Asks for your password, unless you have just signed
/// in: a session that somebody finds open must not cost you the business.
///
/// # Errors
/// 403 for anybody but an owner, and with the code `confirm` without a proof; 404 for an absent one or another tenant's; 422 for yourself, or
/// for a wrong password; 429 after too many wrong ones.
#[utoipa::path(post, path = "/api/v1/members/{id}/transfer-ownership", tag = "members", request_body = TransferBody, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The new owner", body = MemberView)))]
pub async fn transfer_ownership(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<MemberView>, Problem> {
    let (person, id) = (who.person()?, read_path(&id)?);
    let body: TransferBody = read(&state, &request, payload).await?;
    let password = body.password.map(SecretString::from);
    match origin.accounts(&state).confirm((who.tenant, person.account, person.session), password.as_ref()).await? {
        Confirmed::Yes => {}
        Confirmed::Wrong => return Err(Problem::field("password", "is not yours")),
        Confirmed::Missing => {
            return Err(Problem::forbidden("say that it is you: send your password, or sign in again and repeat this within five minutes")
                .with_code("confirm"));
        }
    }
    let changed = origin.scope(&state, &who).transfer_ownership(person.member, id).await?;
    state.accounts.forget_holders();
    Ok(Json(shown(changed)?))
}
