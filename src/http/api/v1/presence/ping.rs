//! `POST /api/v1/presence/ping`.

use crate::http::HttpState;
use crate::http::api::v1::presence::tell;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::Data;

/// Says that you are still there. An open stream of events says it too; without either you are offline after a minute and a half.
///
/// # Errors
/// 503 while the database is away.
#[utoipa::path(post, path = "/api/v1/presence/ping", tag = "presence", responses((status = 204, description = "Noted")))]
pub async fn ping_presence(who: AgentPrincipal, state: Data<HttpState>) -> Result<HttpResponse, Problem> {
    let member = who.person()?.member;
    tell(&state, who.scope(&state.store).note_seen(member, state.clock.now()).await?);
    Ok(HttpResponse::NoContent().finish())
}
