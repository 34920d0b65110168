//! `POST /api/v1/conversations/{id}/messages/{message_id}/retry`: sends a failed message once more, with everything it carried.

use crate::domain::ids::MessageId;
use crate::http::HttpState;
use crate::http::api::v1::conversations::find;
use crate::http::api::v1::views::MessageView;
use crate::http::auth::AgentPrincipal;
use crate::http::files::links::Linker;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::people::retry::Retried;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde_json::Value;
use std::sync::Arc;

/// Sends a failed message again.
///
/// # Errors
/// 404 for an absent message or another tenant's, 409 for one that was sent or cancelled. A repeat while it is on its way answers the same.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/messages/{message_id}/retry", tag = "messages",
    params(("id" = Uuid, Path), ("message_id" = Uuid, Path)),
    responses((status = 200, description = "The message, queued", body = MessageView), (status = 409, description = "It was sent or cancelled", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn retry_message(who: AgentPrincipal, state: Data<HttpState>, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (conversation, message) = path.into_inner();
    let conversation = find(&state, &who, &conversation).await?;
    let message: MessageId = message.parse().ok().ok_or_else(Problem::not_found)?;
    let key = conversation.key();
    let scope = who.scope(&state.store);
    let seq = match scope.retry_message(key.id, message, state.clock.now()).await? {
        Retried::Queued(event) => {
            let seq = event.data.get("seq").and_then(Value::as_i64).unwrap_or_default();
            state.engine.publish(vec![Arc::new(*event)]);
            seq
        }
        // The answer to the first wish was lost, or two people wished at once.
        Retried::Underway(seq) => seq,
        Retried::NotFailed => return Err(Problem::conflict("only a message that failed can be sent again")),
        Retried::Absent => return Err(Problem::not_found()),
    };
    state.engine.outbox_hint(key);
    // It leaves, even if the conversation has moved out of their sight meanwhile.
    let row = state.store.tenant(who.tenant).messages_at(vec![(key.id, seq)]).await?.pop().ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(MessageView::linked(row, &Linker::new(&state, who.tenant))))
}
