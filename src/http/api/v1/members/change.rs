//! `PATCH /api/v1/members/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::members::{MemberView, given, read_grants, read_inboxes, read_name, read_path, read_role, read_teams, shown};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::people::members::MemberChange;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What is to be another way; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberPatch {
    /// What colleagues read.
    name: Option<String>,
    /// `owner`, `administrator` or `member`.
    role: Option<String>,
    /// Permissions in the place of the role's, such as `contacts:write`; null: those of the role.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    permissions: Option<Option<Vec<String>>>,
    /// The inboxes whose conversations are seen; null: all.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<Uuid>>)]
    inboxes: Option<Option<Vec<Uuid>>>,
    /// The teams whose conversations are seen, beside those assigned to the member; null: all, and what no team has.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<Uuid>>)]
    teams: Option<Option<Vec<Uuid>>>,
}

impl MemberPatch {
    fn change(self) -> Result<MemberChange, Problem> {
        let grants = |list: Option<Vec<String>>| list.map(|list| read_grants("permissions", &list)).transpose();
        Ok(MemberChange {
            name: self.name.as_deref().map(read_name).transpose()?,
            role: self.role.as_deref().map(read_role).transpose()?,
            permissions: self.permissions.map(grants).transpose()?,
            inboxes: self.inboxes.map(read_inboxes).transpose()?,
            teams: self.teams.map(read_teams).transpose()?,
        })
    }
}

/// Changes a member. Nobody gives what he does not hold, only owners make and change owners, and there is always one.
///
/// # Errors
/// 403 for a change that is not yours, 404 for an absent one or another tenant's, 409 for the last owner, 422 naming a wrong field.
#[utoipa::path(patch, path = "/api/v1/members/{id}", tag = "members", request_body = MemberPatch, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The member now", body = MemberView), (status = 409, description = "The last owner", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn change_member(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<MemberView>, Problem> {
    let (by, id) = (who.person()?.member, read_path(&id)?);
    let change = read::<MemberPatch>(&state, &request, payload).await?.change()?;
    let changed = origin.scope(&state, &who).change_member(by, id, change).await?;
    state.accounts.forget_holders();
    Ok(Json(shown(changed)?))
}
