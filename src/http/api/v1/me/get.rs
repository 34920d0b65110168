//! `GET /api/v1/me`.

use crate::domain::ids::{AccountId, MemberId, SessionId, TenantId};
use crate::domain::permission::Role;
use crate::http::HttpState;
use crate::http::auth::{AgentPrincipal, Person};
use crate::http::problem::Problem;
use crate::store::accounts::{BusinessView, ProfileView};
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

/// A person, as he himself sees it.
#[derive(Serialize, ToSchema)]
pub struct MeView {
    /// The account.
    #[schema(value_type = Uuid)]
    id: AccountId,
    /// The mail address.
    email: String,
    /// The address that takes its place once the link in the mail to it was followed.
    pending_email: Option<String>,
    /// The name.
    name: String,
    /// The telephone, in E.164.
    phone: Option<String>,
    /// The language of pages and mails.
    locale: String,
    /// Whether a code is asked for when signing in.
    second_factor: bool,
    /// Recovery codes that are left.
    recovery_codes: u64,
    /// The business of this session.
    #[schema(value_type = Uuid)]
    business_id: TenantId,
    /// The member in it.
    #[schema(value_type = Uuid)]
    member_id: MemberId,
    /// This session.
    #[schema(value_type = Uuid)]
    session_id: SessionId,
    /// `owner`, `administrator` or `member`.
    #[schema(value_type = String)]
    role: Role,
    /// What the member may do here: the highest permission of each area.
    permissions: Vec<String>,
    /// Every business of which the person is a member.
    businesses: Vec<MyBusiness>,
}

/// A business of which the person is a member.
#[derive(Serialize, ToSchema)]
pub struct MyBusiness {
    /// The business.
    #[schema(value_type = Uuid)]
    id: TenantId,
    /// Its short name; sign in with it to work there.
    slug: String,
    /// Its name.
    name: String,
    /// What the person is there.
    #[schema(value_type = String)]
    role: Role,
}

impl MeView {
    pub(super) fn new(who: AgentPrincipal, person: Person, profile: ProfileView) -> Self {
        let ProfileView { id, email, pending_email, name, phone, locale, second_factor, recovery_codes, businesses } = profile;
        let own = |BusinessView { id, slug, name, role, .. }: BusinessView| MyBusiness { id, slug, name, role };
        Self {
            id,
            email,
            pending_email,
            name,
            phone,
            locale,
            second_factor,
            recovery_codes,
            business_id: who.tenant,
            member_id: person.member,
            session_id: person.session,
            role: person.role,
            permissions: who.grants.highest().map(|one| one.to_string()).collect(),
            businesses: businesses.into_iter().map(own).collect(),
        }
    }
}

/// Returns who is signed in, and what they may do.
///
/// # Errors
/// 401 without a session.
#[utoipa::path(get, path = "/api/v1/me", tag = "me",
    responses((status = 200, description = "You", body = MeView)))]
pub async fn get_me(who: AgentPrincipal, state: Data<HttpState>) -> Result<Json<MeView>, Problem> {
    let person = who.person()?;
    let profile = state.accounts.profile(person.account).await?;
    Ok(Json(MeView::new(who, person, profile)))
}
