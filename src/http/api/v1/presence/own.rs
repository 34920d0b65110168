//! `PUT /api/v1/me/presence`.

use crate::domain::routing::Choice;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::presence::{PresenceView, show, tell};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};
use serde::Deserialize;
use utoipa::ToSchema;

/// What you are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoosePresence {
    /// `online`: you take what comes; `busy`: you are there, but are given nothing by itself; `away`: you are not there.
    #[schema(example = "online")]
    status: String,
}

/// Says what you are. Whoever says `online` is given at once what waits and what he has room for.
///
/// # Errors
/// 422 for another word.
#[utoipa::path(put, path = "/api/v1/me/presence", tag = "presence", request_body = ChoosePresence,
    responses((status = 200, description = "You, as colleagues see you", body = PresenceView)))]
pub async fn choose_presence(
    who: AgentPrincipal,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<PresenceView>, Problem> {
    let member = who.person()?.member;
    let ChoosePresence { status } = read(&state, &request, payload).await?;
    let choice = Choice::parse(&status).ok_or_else(|| Problem::field("status", "must be online, busy or away"))?;
    tell(&state, who.scope(&state.store).choose_presence(member, choice, state.clock.now()).await?);
    show(&state, &who, member).await.map(Json)
}
