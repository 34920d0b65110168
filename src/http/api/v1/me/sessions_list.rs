//! `GET /api/v1/me/sessions`.

use crate::domain::ids::{SessionId, TenantId};
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

/// Where you are signed in.
#[derive(Serialize, ToSchema)]
pub struct MySession {
    /// The session.
    #[schema(value_type = Uuid)]
    id: SessionId,
    /// The business.
    #[schema(value_type = Uuid)]
    business_id: TenantId,
    /// The address that it was last renewed from.
    ip: String,
    /// The device, as it calls itself.
    user_agent: String,
    /// When it began.
    created_at: String,
    /// When it was last used, within five minutes.
    last_seen_at: String,
    /// When it ends if it is not used.
    expires_at: String,
    /// Whether it is the one that asks.
    current: bool,
}

/// Your sessions.
#[derive(Serialize, ToSchema)]
pub struct MySessions {
    /// The last used first.
    items: Vec<MySession>,
}

/// Lists your live sessions, in all your businesses.
///
/// # Errors
/// 401 without a session.
#[utoipa::path(get, path = "/api/v1/me/sessions", tag = "me",
    responses((status = 200, description = "Your sessions", body = MySessions), (status = 401, description = "Not signed in", body = ProblemDetails), (status = 403, description = "An API key", body = ProblemDetails)))]
pub async fn list_sessions(who: AgentPrincipal, state: Data<HttpState>) -> Result<Json<MySessions>, Problem> {
    let person = who.person()?;
    let found = state.accounts.sessions(person.account).await?;
    let items = found.into_iter().map(|one| MySession {
        id: one.id,
        business_id: one.tenant,
        ip: one.ip,
        user_agent: one.user_agent,
        created_at: one.created_at.to_string(),
        last_seen_at: one.last_seen_at.to_string(),
        expires_at: one.expires_at.to_string(),
        current: one.id == person.session,
    });
    Ok(Json(MySessions { items: items.collect() }))
}
