//! `DELETE /api/v1/conversations/{id}`

use crate::http::HttpState;
use crate::http::api::v1::contacts::runs_the_house;
use crate::http::api::v1::conversations::find;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Deletes a conversation for good: messages, notes, files, turns, what waits to be sent, notifications, webhooks that were not called yet. The
/// assistant stops in mid-sentence. What stays: its numbered events, which hold no words, an appointment made in it, and who deleted it. What
/// the customer writes next opens a new conversation. For administrators, and keys that may do everything.
///
/// # Errors
/// 403 for anybody else, 404 for an absent conversation or another tenant's.
#[utoipa::path(delete, path = "/api/v1/conversations/{id}", tag = "conversations", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Deleted")))]
pub async fn remove_conversation(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let found = find(&state, &who, &id).await?;
    if !runs_the_house(&who) {
        return Err(Problem::forbidden("only administrators delete conversations").with_code("administrator"));
    }
    let gone = origin.scope(&state, &who).delete_conversation(found.key().id, state.clock.now()).await?;
    let gone = gone.ok_or_else(Problem::not_found)?;
    state.engine.publish(gone.published);
    // Whoever holds it in memory reads that it is gone, and lets the model go.
    state.engine.hint(gone.key);
    Ok(HttpResponse::NoContent().finish())
}
