//! `POST /api/v1/conversations/{id}/messages`: a person writes. A public text takes the conversation over; a private one is a note.

use crate::domain::content::{Content, MAX_MENTIONS, MessageKind, Template};
use crate::domain::conversation::event::Happening;
use crate::domain::ids::{InboxId, MemberId};
use crate::http::api::v1::command::{CommandPending, CommandRequest, Ended};
use crate::http::api::v1::conversations::find;
use crate::http::api::v1::views::{MessageView, checked_text};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::{Problem, ProblemDetails};
use crate::http::{HttpState, body};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Most parameters of a template.
const MAX_PARAMETERS: usize = 50;

/// What to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateMessage {
    /// The words: 1 to 65,536 bytes.
    text: String,
    /// True for a note that the customer never sees.
    #[serde(default)]
    private: bool,
    /// Members whom a private note mentions, at most 20: each is told once, and nobody of an own note. Only who sees the conversation may be
    /// mentioned. The text stays as it is; a client writes `@Name` where it wants.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>, max_items = 20, example = json!([]))]
    mentions: Vec<MemberId>,
    /// An approved template to send; `text` is what people read then.
    template: Option<TemplateInput>,
}

/// An approved template.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateInput {
    /// Its name at the provider.
    name: String,
    /// Its language code at the provider, such as `es_MX`.
    language: String,
    /// Positional parameters of its body.
    #[serde(default)]
    parameters: Vec<String>,
}

/// The message that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageCreated {
    /// The message.
    #[serde(flatten)]
    pub message: MessageView,
    /// Texts of the assistant that were under way already and may still reach the customer.
    pub may_still_arrive: Vec<String>,
}

impl CreateMessage {
    fn content(self) -> Result<Content, Problem> {
        let text = checked_text(&self.text)?;
        if !self.mentions.is_empty() {
            return Ok(Content { mentions: self.mentions, ..Content::text(text) });
        }
        let Some(template) = self.template else {
            return Ok(Content::text(text));
        };
        if self.private {
            return Err(Problem::field("template", "cannot be private"));
        }
        let long = |text: &String| text.len() > 1024 || text.contains('\0');
        if template.name.is_empty() || long(&template.name) || long(&template.language) {
            return Err(Problem::field("template", "name and language must be short texts"));
        }
        if template.parameters.len() > MAX_PARAMETERS || template.parameters.iter().any(long) {
            return Err(Problem::field("template", "has too many or too long parameters"));
        }
        let template = Template { name: template.name, language: template.language, parameters: template.parameters };
        Ok(Content { kind: MessageKind::Template, template: Some(template), ..Content::text(text) })
    }
}

/// Looks whether everybody who is mentioned may know of it.
async fn check_mentions(state: &HttpState, who: &AgentPrincipal, inbox: InboxId, input: &mut CreateMessage) -> Result<(), Problem> {
    if input.mentions.is_empty() {
        return Ok(());
    }
    if !input.private || input.template.is_some() {
        return Err(Problem::field("mentions", "are for private notes: set \"private\": true, without a template"));
    }
    if input.mentions.len() > MAX_MENTIONS {
        return Err(Problem::field("mentions", format!("has more than {MAX_MENTIONS} members")));
    }
    let wanted: BTreeSet<MemberId> = input.mentions.drain(..).collect();
    input.mentions = wanted.into_iter().collect();
    let seen = who.scope(&state.store).who_see(inbox, &input.mentions).await?;
    match input.mentions.iter().find(|member| !seen.contains(member)) {
        Some(member) => Err(Problem::field("mentions", format!("{member} is no member who sees this conversation"))),
        None => Ok(()),
    }
}

/// Writes into a conversation.
///
/// # Errors
/// 404 for an absent conversation or another tenant's, 409 in spam, 422 for a text that is none.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/messages", tag = "messages", request_body = CreateMessage,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat harmless")),
    responses((status = 201, description = "Written", body = MessageCreated), (status = 202, description = "Will be written", body = CommandPending), (status = 409, description = "The conversation is spam", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_message(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let command = CommandRequest::read(&state, who.clone(), &request, payload).await?;
    let conversation = find(&state, &who, &id).await?;
    let mut input: CreateMessage = body::decode(&command.body)?;
    check_mentions(&state, &who, conversation.model.inbox_id.into(), &mut input).await?;
    let private = input.private;
    let happening = Happening::AgentReplied { by: who.agent(), content: input.content()?, private };
    let (seq, leaving, answer) = match command.run(&state, &conversation, happening).await? {
        Ended::Done { seq, may_still_arrive, answer } => (seq, may_still_arrive, answer),
        Ended::Later(response) => return Ok(response),
    };
    let scope = who.scope(&state.store);
    let id = conversation.key().id;
    let written = scope.messages_at(vec![(id, seq.unwrap_or_default())]).await?.pop().ok_or_else(Problem::internal)?;
    // Nothing is known here of a step that ran on another node, or before a repeat: the rows tell.
    let may_still_arrive = if private || !leaving.is_empty() { leaving } else { scope.may_still_arrive(id).await? };
    Ok(answer.status(StatusCode::CREATED).json(MessageCreated { message: written.into(), may_still_arrive }))
}
