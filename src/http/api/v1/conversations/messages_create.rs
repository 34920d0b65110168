//! `POST /api/v1/conversations/{id}/messages`: a person writes. A public text takes the conversation over; a private one is a note.

use crate::domain::content::{Content, MAX_MENTIONS, MessageKind, Template};
use crate::domain::conversation::event::Happening;
use crate::domain::file::MOST;
use crate::domain::ids::{CannedReplyId, FileId, MemberId};
use crate::domain::membership::Home;
use crate::http::api::v1::attachments::{absent, named};
use crate::http::api::v1::canned_replies::find as find_prepared;
use crate::http::api::v1::canned_replies::render::fill_in;
use crate::http::api::v1::command::{CommandPending, CommandRequest, Ended};
use crate::http::api::v1::conversations::find_for;
use crate::http::api::v1::views::{MessageView, capabilities, checked_text};
use crate::http::auth::AgentPrincipal;
use crate::http::files::links::Linker;
use crate::http::problem::{Problem, ProblemDetails};
use crate::http::{HttpState, body};
use crate::ports::faults;
use crate::store::people::conversations::ConversationRow;
use crate::store::people::files::{FileRow, Held};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// How long files are kept for a message that is not written yet. Longer while its command is on its way.
const HELD: Duration = Duration::from_hours(24);
/// How long they are kept once it was refused: another one that names them may be on its way.
const REFUSED: Duration = Duration::from_mins(10);
/// Most parameters of a template.
const MAX_PARAMETERS: usize = 50;

/// What to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateMessage {
    /// The words: 1 to 65,536 bytes. May be left out where there are files or a prepared text.
    #[serde(default)]
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
    /// Up to ten files by their ids (`POST /api/v1/attachments`), in their order. What the channel does not take is refused before anything
    /// is written. Where a channel takes one file a message, or no words beside one, they leave as several messages; the first is answered.
    #[serde(default)]
    attachments: Vec<Uuid>,
    /// A prepared text to use in place of `text`: filled in, with its files before those of `attachments`.
    canned_reply_id: Option<Uuid>,
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

/// What a person writes, before its files are found.
struct Wanted {
    text: String,
    private: bool,
    template: Option<Template>,
    files: Vec<FileId>,
    /// Those that the request itself names.
    own: Vec<FileId>,
    mentions: Vec<MemberId>,
}

impl CreateMessage {
    /// Reads every field; fills in a prepared text.
    async fn read(mut self, state: &HttpState, who: &AgentPrincipal, conversation: &ConversationRow) -> Result<Wanted, Problem> {
        check_mentions(state, who, conversation.home(), &mut self).await?;
        let files = named(&self.attachments)?;
        let own = files.clone();
        let (text, files) = match self.canned_reply_id {
            None => (self.text, files),
            Some(_) if !self.text.is_empty() => return Err(Problem::field("text", "cannot be given together with canned_reply_id")),
            Some(id) => prepared(state, who, CannedReplyId(id), conversation, files).await?,
        };
        let text = if text.trim().is_empty() && !files.is_empty() { String::new() } else { checked_text(&text)? };
        let template = self.template.map(TemplateInput::read).transpose()?;
        if template.is_some() && self.private {
            return Err(Problem::field("template", "cannot be private"));
        }
        if template.is_some() && !files.is_empty() {
            return Err(Problem::field("attachments", "cannot go with a template"));
        }
        Ok(Wanted { text, private: self.private, template, files, own, mentions: self.mentions })
    }
}

impl TemplateInput {
    fn read(self) -> Result<Template, Problem> {
        let long = |text: &String| text.len() > 1024 || text.contains('\0');
        if self.name.is_empty() || long(&self.name) || long(&self.language) {
            return Err(Problem::field("template", "name and language must be short texts"));
        }
        if self.parameters.len() > MAX_PARAMETERS || self.parameters.iter().any(long) {
            return Err(Problem::field("template", "has too many or too long parameters"));
        }
        Ok(Template { name: self.name, language: self.language, parameters: self.parameters, payloads: Vec::new() })
    }
}

/// Fills a prepared text in, and puts its files before the others.
async fn prepared(
    state: &HttpState,
    who: &AgentPrincipal,
    id: CannedReplyId,
    conversation: &ConversationRow,
    more: Vec<FileId>,
) -> Result<(String, Vec<FileId>), Problem> {
    let reply = match find_prepared(state, who, &id.to_string()).await {
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => {
            return Err(Problem::field("canned_reply_id", "is no prepared text of yours"));
        }
        found => found?,
    };
    let done = fill_in(state, who, &reply, conversation).await?;
    if !done.missing.is_empty() {
        let missing = done.missing.join(", ");
        return Err(Problem::field("canned_reply_id", format!("has nothing to say for {missing} here: write the text out")));
    }
    let mut files: Vec<FileId> = reply.what.files.clone();
    files.extend(more.into_iter().filter(|file| !reply.what.files.contains(file)));
    if files.len() > MOST {
        return Err(Problem::field("attachments", format!("must have at most {MOST} files, those of the prepared text among them")));
    }
    Ok((done.text, files))
}

impl Wanted {
    /// Finds the files, refuses what the channel does not take, and keeps them for the conversation until the message is written.
    async fn content(self, state: &HttpState, who: &AgentPrincipal, conversation: &ConversationRow) -> Result<Content, Problem> {
        if let Some(template) = self.template {
            return Ok(Content { kind: MessageKind::Template, template: Some(Box::new(template)), ..Content::text(self.text) });
        }
        if self.files.is_empty() {
            return Ok(Content { mentions: self.mentions, ..Content::text(self.text) });
        }
        let scope = who.scope(&state.store);
        let public = !self.private;
        let media = conversation.inbox.as_ref().filter(|_| public).and_then(capabilities).map(|can| can.media);
        let refuse = move |files: &[FileRow]| {
            let taken = |(place, file): (usize, &FileRow)| Some((place, media.as_ref()?.takes(&file.facts.attachment(file.id)).err()?));
            files.iter().enumerate().find_map(taken)
        };
        let until = state.clock.now().after(HELD);
        let (all, own) = (self.files.clone(), self.own);
        // Files of a prepared text stand before those that the request names: each is told where it was given.
        let own_place = |place: usize| all.get(place).and_then(|file| own.iter().position(|named| named == file));
        match scope.hold_files(who.agent(), conversation.key().id, self.files, until, refuse).await? {
            Held::All(files) => {
                let files = files.iter().map(|file| file.facts.attachment(file.id)).collect();
                Ok(Content { mentions: self.mentions, ..Content::files(self.text, files) })
            }
            Held::Absent(place) => {
                Err(own_place(place).map_or_else(|| Problem::field("canned_reply_id", "has a file that is gone"), absent))
            }
            Held::Refused(place, reason) => Err(match own_place(place) {
                Some(place) => Problem::field(format!("attachments[{place}]"), reason.to_string()),
                None => Problem::field("canned_reply_id", format!("has a file that cannot be sent: {reason}")),
            }),
        }
    }
}

/// Looks whether everybody who is mentioned may know of it.
async fn check_mentions(state: &HttpState, who: &AgentPrincipal, home: Home, input: &mut CreateMessage) -> Result<(), Problem> {
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
    let seen = who.scope(&state.store).who_see(home, &input.mentions).await?;
    match input.mentions.iter().find(|member| !seen.contains(member)) {
        Some(member) => Err(Problem::field("mentions", format!("{member} is no member who sees this conversation"))),
        None => Ok(()),
    }
}

/// Returns the files of ours that a message is to have.
fn files_of(happening: &Happening) -> Vec<FileId> {
    let Happening::AgentReplied { content, .. } = happening else { return Vec::new() };
    content.attachments.iter().filter_map(|file| file.file.map(|kept| kept.id)).collect()
}

/// Reads what is to be written, and whether only members see it; keeps its files for the conversation.
async fn asked(
    state: &HttpState,
    who: &AgentPrincipal,
    conversation: &ConversationRow,
    command: &CommandRequest,
) -> Result<(Happening, bool), Problem> {
    let wanted = body::decode::<CreateMessage>(&command.body)?.read(state, who, conversation).await?;
    let private = wanted.private;
    let content = wanted.content(state, who, conversation).await?;
    faults::hit("attach_after_hold");
    Ok((Happening::AgentReplied { by: who.agent(), content, private }, private))
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
    let conversation = find_for(&state, &command, &id).await?;
    let (happening, private) = match command.asked_before(&state, &conversation).await? {
        Some(Happening::AgentReplied { by, content, private }) => (Happening::AgentReplied { by, content, private }, private),
        Some(_) | None => asked(&state, &who, &conversation, &command).await?,
    };
    let files = files_of(&happening);
    let (seq, leaving, answer) = match command.run(&state, &conversation, happening).await {
        Ok(Ended::Done { seq, may_still_arrive, answer }) => (seq, may_still_arrive, answer),
        Ok(Ended::Later(response)) => return Ok(response),
        Err(problem) => {
            // Refused, not lost on its way: nothing will write them.
            if problem.status().is_client_error() && !files.is_empty() {
                let until = state.clock.now().after(REFUSED);
                who.scope(&state.store).hold_no_longer(conversation.key().id, files, until).await?;
            }
            return Err(problem);
        }
    };
    // What was written is theirs to see, even if the conversation has moved out of their sight meanwhile.
    let (own, id) = (state.store.tenant(who.tenant), conversation.key().id);
    let written = own.messages_at(vec![(id, seq.unwrap_or_default())]).await?.pop().ok_or_else(Problem::internal)?;
    let message = MessageView::linked(written, &Linker::new(&state, who.tenant));
    // Nothing is known here of a step that ran on another node, or before a repeat: the rows tell.
    let may_still_arrive = if private || !leaving.is_empty() { leaving } else { who.scope(&state.store).may_still_arrive(id).await? };
    Ok(answer.status(StatusCode::CREATED).json(MessageCreated { message, may_still_arrive }))
}
