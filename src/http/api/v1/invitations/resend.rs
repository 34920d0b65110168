//! `POST /api/v1/invitations/{id}/resend`.

use crate::http::HttpState;
use crate::http::api::v1::invitations::{NewInvitationView, mint, read_path, shown};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Gives an invitation a new link, good for 72 hours, and mails it; the one before is void. It is yours from now on.
///
/// # Errors
/// 403 for a place that is not yours to give, 404 for an absent one or another tenant's.
#[utoipa::path(post, path = "/api/v1/invitations/{id}/resend", tag = "members", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The invitation; with its link if no SMTP server is set", body = NewInvitationView)))]
pub async fn resend_invitation(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
) -> Result<Json<NewInvitationView>, Problem> {
    let (by, id) = (who.person()?.member, read_path(&id)?);
    let ticket = mint(&state)?;
    let link = ticket.link.clone();
    Ok(Json(shown(&state, origin.scope(&state, &who).renew_invitation(by, id, ticket).await?, &link)?))
}
