//! `POST /api/v1/invitations`.

use crate::domain::account::Email;
use crate::domain::membership::{Place, Visibility};
use crate::domain::permission::Role;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::invitations::{NewInvitationView, mint, shown};
use crate::http::api::v1::members::{read_grants, read_inboxes, read_role, read_teams};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::people::invitations::NewInvitation;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Whom to ask.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationBody {
    /// The address.
    email: String,
    /// `administrator` or `member`; `member` if left out.
    role: Option<String>,
    /// Permissions in the place of the role's, such as `contacts:write`; null: those of the role.
    permissions: Option<Vec<String>>,
    /// The inboxes whose conversations are seen; null: all.
    inboxes: Option<Vec<Uuid>>,
    /// The teams whose conversations are seen, beside those assigned to the member; null: all, and what no team has.
    teams: Option<Vec<Uuid>>,
}

impl InvitationBody {
    fn place(&mut self) -> Result<Place, Problem> {
        Ok(Place {
            role: self.role.as_deref().map_or(Ok(Role::Member), read_role)?,
            permissions: self.permissions.as_deref().map(|list| read_grants("permissions", list)).transpose()?,
            visibility: Visibility::everything()
                .with_inboxes(read_inboxes(self.inboxes.take())?)
                .with_teams(read_teams(self.teams.take())?),
        })
    }
}

/// Asks a colleague into the business. The link is mailed; where no SMTP server is set it stands in the answer. It is good for 72 hours and
/// once; an older invitation of the same address is void, so a repeat doubles nothing.
///
/// # Errors
/// 403 for a place that is not yours to give, 409 for a member, 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/invitations", tag = "members", request_body = InvitationBody,
    responses((status = 201, description = "The invitation; with its link if no SMTP server is set", body = NewInvitationView), (status = 409, description = "A member already, or too many are open", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_invitation(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let by = who.person()?.member;
    let mut body: InvitationBody = read(&state, &request, payload).await?;
    let email = Email::parse(&body.email).ok_or_else(|| Problem::field("email", "must be an e-mail address"))?;
    let ticket = mint(&state)?;
    let link = ticket.link.clone();
    let new = NewInvitation { by, email: email.as_str().to_owned(), place: body.place()?, ticket };
    let made = shown(&state, origin.scope(&state, &who).invite(new).await?, &link)?;
    Ok(HttpResponse::Created().json(made))
}
