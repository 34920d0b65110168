//! `POST /api/v1/conversations/{id}/status`: sets the status, or toggles it.

use crate::domain::conversation::event::Happening;
use crate::domain::conversation::standing::Status;
use crate::domain::time::Timestamp;
use crate::http::api::v1::command::{CommandPending, CommandRequest};
use crate::http::api::v1::conversations::{find_for, run_and_show};
use crate::http::api::v1::views::ConversationView;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::http::{HttpState, body};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

/// The wish. Without a status: open becomes resolved, anything else open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetStatus {
    /// `pending` (gives it back to the assistant), `open`, `snoozed`, `resolved` or `spam`.
    #[schema(value_type = Option<String>)]
    status: Option<Status>,
    /// With `snoozed`: when it wakes; absent: when the customer writes.
    #[schema(value_type = Option<String>, format = DateTime)]
    snoozed_until: Option<Timestamp>,
    /// With `resolved`: true asks the customer how they were served although the inbox's rules of labels and of who resolves would not, false
    /// does not ask; absent: as these rules say. Where the inbox asks nobody, true asks nobody either.
    survey: Option<bool>,
}

impl SetStatus {
    /// Whether the time is past, the engine says: it answers a repeat from what it stored, however late the repeat comes.
    fn check(&self) -> Result<(), Problem> {
        if self.snoozed_until.is_some() && self.status != Some(Status::Snoozed) {
            return Err(Problem::field("snoozed_until", "is for the status snoozed only"));
        }
        if self.survey.is_some() && self.status.is_some_and(|status| status != Status::Resolved) {
            return Err(Problem::field("survey", "is for the status resolved only"));
        }
        Ok(())
    }
}

/// Sets the status of a conversation.
///
/// # Errors
/// 404 for an absent conversation or another tenant's, 422 for a status or time that is none.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/status", tag = "conversations", request_body = SetStatus,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The conversation now", body = ConversationView), (status = 202, description = "Will be done", body = CommandPending)))]
pub async fn set_status(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let command = CommandRequest::read(&state, who.clone(), &request, payload).await?;
    let conversation = find_for(&state, &command, &id).await?;
    let input: SetStatus = body::decode(&command.body)?;
    input.check()?;
    let happening = Happening::AgentSetStatus { by: who.agent(), status: input.status, until: input.snoozed_until, survey: input.survey };
    run_and_show(&state, &command, &conversation, happening).await
}
