//! `GET` and `POST /api/v1/conversations/{id}/presence`: who looks at a conversation and who writes in it. Of the moment and of this node:
//! nothing is written to the database.

use crate::domain::ids::{ConversationId, TenantId};
use crate::domain::time::Timestamp;
use crate::domain::watching::{Board, Sign, Watcher};
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::conversations::find;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::ports::engine::LiveEvent;
use actix_web::web::{Data, Json, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who is where; shared by the workers of a server.
#[derive(Clone, Default)]
pub struct Watchers(Arc<Mutex<Board>>);

impl Watchers {
    /// What is said once is said again: a board stays good even if somebody panicked beside it.
    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, place: (TenantId, ConversationId), watcher: Watcher, at: Timestamp) {
        self.board().note(place, watcher, at);
    }

    fn of(&self, place: (TenantId, ConversationId), at: Timestamp) -> Vec<Watcher> {
        self.board().of(place, at)
    }
}

/// What you do in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    /// You look at it: good for 60 seconds.
    Viewing,
    /// You write in it: good for 10 seconds, and for 60 as looking.
    Typing,
    /// You have left it.
    Gone,
}

/// What you say of yourself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SayPresence {
    /// `viewing` (say it every 30 seconds), `typing` (every 5 seconds while keys are pressed) or `gone`.
    doing: Doing,
}

/// A member who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WatcherView {
    /// The member.
    member_id: Uuid,
    /// Looks until then, unless there is another sign; null: has left.
    #[schema(value_type = Option<String>, format = DateTime)]
    viewing_until: Option<Timestamp>,
    /// Writes until then, unless there is another sign.
    #[schema(value_type = Option<String>, format = DateTime)]
    typing_until: Option<Timestamp>,
}

impl From<Watcher> for WatcherView {
    fn from(watcher: Watcher) -> Self {
        Self { member_id: watcher.member.0, viewing_until: watcher.viewing, typing_until: watcher.typing }
    }
}

/// Who is there.
#[derive(Debug, Serialize, ToSchema)]
pub struct WatchersView {
    /// At most 50, who came first first.
    members: Vec<WatcherView>,
}

/// Says that you look at a conversation, write in it, or have left it. Those who see it hear it as an event `presence`, which has no number.
///
/// # Errors
/// 403 for an API key, 404 for an absent conversation or another tenant's.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/presence", tag = "conversations", request_body = SayPresence,
    params(("id" = Uuid, Path)), responses((status = 204, description = "Told")))]
pub async fn say_presence(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let SayPresence { doing } = read(&state, &request, payload).await?;
    let (member, id) = (who.person()?.member, find(&state, &who, &id).await?.key().id);
    let sign = match doing {
        Doing::Viewing => Sign::Viewing,
        Doing::Typing => Sign::Typing,
        Doing::Gone => Sign::Gone,
    };
    let at = state.clock.now();
    let watcher = Watcher::of(member, sign, at);
    state.watchers.note((who.tenant, id), watcher, at);
    state.engine.tell(who.tenant, LiveEvent::Presence { conversation: id, watcher, at });
    Ok(HttpResponse::NoContent().finish())
}

/// Lists who looks at a conversation and who writes in it, as far as they said it to this node.
///
/// # Errors
/// 404 for an absent conversation or another tenant's.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/presence", tag = "conversations", params(("id" = Uuid, Path)),
    responses((status = 200, description = "Who is there now", body = WatchersView)))]
pub async fn show_presence(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<WatchersView>, Problem> {
    let id = find(&state, &who, &id).await?.key().id;
    let members = state.watchers.of((who.tenant, id), state.clock.now()).into_iter().map(WatcherView::from).collect();
    Ok(Json(WatchersView { members }))
}
