//! `GET /api/v1/commands/{id}`: what became of a command that was answered with 202.

use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::ids::InboundId;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CommandView {
    /// Its id.
    pub id: Uuid,
    /// The conversation.
    pub conversation_id: Uuid,
    /// `pending`, `done`, `refused` or `failed`.
    pub state: &'static str,
    /// The number of the message that it made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// Why it was refused, as a fixed word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What to do instead; left out where you do not see the conversation any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Tells what became of a command: of a conversation that you see, or your own.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/commands/{id}", tag = "commands", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The command", body = CommandView)))]
pub async fn get_command(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<CommandView>, Problem> {
    let id: InboundId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let row = who.scope(&state.store).command(id).await?.ok_or_else(Problem::not_found)?;
    let (done, seq, code, detail) = match row.outcome {
        Some(CommandOutcome::Done { seq, .. }) => ("done", seq, None, None),
        Some(CommandOutcome::Refused { code, detail }) => ("refused", None, Some(code), row.seen.then_some(detail)),
        None if row.state == "dead" => ("failed", None, None, None),
        None => ("pending", None, None, None),
    };
    Ok(Json(CommandView { id: row.id.0, conversation_id: row.conversation.0, state: done, seq, code, detail }))
}
