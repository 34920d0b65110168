//! `DELETE /api/v1/conversations/{id}/messages/{message_id}`: the words of one message go from our record.

use crate::domain::ids::MessageId;
use crate::http::HttpState;
use crate::http::api::v1::contacts::runs_the_house;
use crate::http::api::v1::conversations::find;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::people::messages_gone::{Deleter, MessageGone};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Deletes the words and files of a message: one's own private note, or, for administrators and keys that may do everything, any message. It keeps
/// its place and its number, and says that it is deleted and by whom; searching, previews and the assistant know its words no more, and notes and
/// traces that a machine made of them lose the lines that tell. Only our record is meant: what has reached the customer stays with the customer.
/// What waits to be sent is not sent. Twice is once.
///
/// # Errors
/// 403 for what somebody else has written, 404 for an absent message or another tenant's, 409 while it is being sent.
#[utoipa::path(delete, path = "/api/v1/conversations/{id}/messages/{message_id}", tag = "messages",
    params(("id" = Uuid, Path), ("message_id" = Uuid, Path)),
    responses((status = 204, description = "Its words are gone"), (status = 409, description = "It is being sent at this moment", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn remove_message(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (conversation, message) = path.into_inner();
    let conversation = find(&state, &who, &conversation).await?.key().id;
    let message: MessageId = message.parse().ok().ok_or_else(Problem::not_found)?;
    let by = Deleter { agent: who.agent(), any: runs_the_house(&who) };
    match origin.scope(&state, &who).delete_message(conversation, message, by, state.clock.now()).await? {
        MessageGone::Done(key, published) => {
            state.engine.publish(published);
            // Whoever holds it in memory reads it again without these words; a lane finds that its row does not wait any more.
            state.engine.hint(key);
            state.engine.outbox_hint(key);
        }
        MessageGone::Already => {}
        MessageGone::Leaving => return Err(Problem::conflict("the message is being sent: try again in a moment").with_code("leaving")),
        MessageGone::NotYours => {
            let detail = "only who wrote a note may delete it; administrators delete any message";
            return Err(Problem::forbidden(detail).with_code("not_yours"));
        }
        MessageGone::Absent => return Err(Problem::not_found()),
    }
    Ok(HttpResponse::NoContent().finish())
}
