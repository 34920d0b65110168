//! What people see of rows: the API's own types, converted by hand, so that a column never leaks by being added.

use crate::channels::{generic, whatsapp};
use crate::domain::content::{Attachment, Content, MessageKind};
use crate::domain::conversation::standing::Status;
use crate::domain::inbox::ChannelKind;
use crate::domain::time::Timestamp;
use crate::http::api::v1::conversations::reading::ReadingView;
use crate::http::files::links::Linker;
use crate::http::problem::Problem;
use crate::ports::channel::{Capabilities, window_open};
use crate::ports::files::Shown;
use crate::store::people::conversations::{ConversationRow, InboxFacts, LabelFacts};
use crate::store::people::messages::MessageRow;
use crate::store::people::turns::TurnRow;
use crate::store::time::timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest preview of a message, in bytes.
const PREVIEW: usize = 280;

/// Who may talk, or who wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActorView {
    /// For speakers `assistant`, `human`, `nobody`; for authors `contact`, `assistant`, `agent`, `phone`, `system`.
    pub kind: String,
    /// The person, where one is known.
    pub id: Option<Uuid>,
}

/// A contact, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContactView {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: Option<String>,
}

/// An inbox, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversationInbox {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its channel.
    pub channel: String,
}

/// A label, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LabelInShort {
    /// Its id.
    pub id: Uuid,
    /// Its words.
    pub title: String,
    /// Its colour.
    pub colour: String,
}

impl From<LabelFacts> for LabelInShort {
    fn from(LabelFacts { id, title, colour }: LabelFacts) -> Self {
        Self { id: id.0, title, colour }
    }
}

/// The newest message, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PreviewView {
    /// Its number.
    pub seq: i64,
    /// `in`, `out`, `note` or `system`.
    pub direction: String,
    /// The beginning of its text.
    pub text: String,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Timestamp,
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ConversationView {
    /// Its id.
    pub id: Uuid,
    /// Its number within the tenant.
    pub number: i64,
    /// `pending` (the assistant holds it), `open` (people hold it), `snoozed`, `resolved` or `spam`.
    pub status: String,
    /// Who may talk.
    pub speaker: ActorView,
    /// The person it is assigned to.
    pub assignee_id: Option<Uuid>,
    /// `urgent`, `high`, `medium` or `low`, if somebody said.
    pub priority: Option<String>,
    /// Its labels, in the order of their ids.
    pub labels: Vec<LabelInShort>,
    /// What people and their programs have noted of it, by name.
    #[schema(value_type = Object)]
    pub attributes: Value,
    /// When a person first answered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_reply_at: Option<Timestamp>,
    /// The team that it belongs to.
    pub team_id: Option<Uuid>,
    /// Since when the customer waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub waiting_since: Option<Timestamp>,
    /// When it wakes.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub snoozed_until: Option<Timestamp>,
    /// When a message was last added.
    #[schema(value_type = String, format = DateTime)]
    pub last_activity_at: Timestamp,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was resolved, while it is.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub resolved_at: Option<Timestamp>,
    /// The open–resolved stretch, from 1.
    pub cycle: i64,
    /// The customer.
    pub contact: ContactView,
    /// Where it takes place.
    pub inbox: ConversationInbox,
    /// The newest message.
    pub last_message: Option<PreviewView>,
    /// True if a free-form reply may leave now: the channel's window is open.
    pub can_reply: bool,
    /// How you stand to it; null for an API key.
    pub reading: Option<ReadingView>,
}

impl ConversationView {
    /// Shows a conversation as it is at `now`.
    #[must_use]
    pub fn of(row: ConversationRow, now: Timestamp) -> Self {
        let contact = ContactView { id: row.contact().0, name: row.contact_name };
        let model = row.model;
        let last_inbound = model.last_inbound_at.map(timestamp);
        let open = window_open(row.inbox.as_ref().and_then(|inbox| capabilities(inbox)?.window), last_inbound, now, Duration::ZERO);
        let (name, channel) = row.inbox.map(|inbox| (inbox.name, inbox.channel)).unwrap_or_default();
        Self {
            id: model.id,
            number: model.number,
            can_reply: open && model.status != Status::Spam.as_str(),
            status: model.status,
            speaker: ActorView { kind: model.speaker, id: model.speaker_id },
            assignee_id: model.assignee_id,
            priority: model.priority,
            labels: row.labels.into_iter().map(LabelInShort::from).collect(),
            attributes: model.attributes.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(|| Value::Object(Map::new())),
            first_reply_at: model.first_reply_at.map(timestamp),
            team_id: model.team_id,
            waiting_since: model.waiting_since.map(timestamp),
            snoozed_until: model.snoozed_until.map(timestamp),
            last_activity_at: timestamp(model.last_activity_at),
            created_at: timestamp(model.created_at),
            resolved_at: model.resolved_at.map(timestamp),
            cycle: model.cycle,
            contact,
            inbox: ConversationInbox { id: model.inbox_id, name, channel },
            last_message: row.last_message.map(preview),
            reading: None,
        }
    }
}

/// Returns what the inbox's channel can do.
#[must_use]
pub fn capabilities(inbox: &InboxFacts) -> Option<Capabilities> {
    match ChannelKind::parse(&inbox.channel)? {
        ChannelKind::Whatsapp => Some(whatsapp::capabilities()),
        ChannelKind::Generic => {
            let settings: Value = serde_json::from_str(&inbox.settings).unwrap_or_default();
            let document = settings.get("capabilities").and_then(|document| generic::capabilities::parse_capabilities(document).ok());
            Some(document.unwrap_or_else(generic::capabilities::default_capabilities))
        }
    }
}

fn preview(row: MessageRow) -> PreviewView {
    let text = crate::domain::content::truncate(&row.content.text, PREVIEW).to_owned();
    PreviewView { seq: row.seq, direction: row.direction, text, occurred_at: row.occurred_at }
}

/// A file of a message. The provider's own links and references stay inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AttachmentView {
    /// Its id, if we keep it.
    pub id: Option<Uuid>,
    /// `image`, `video`, `audio`, `document` or `sticker`.
    pub kind: String,
    /// Its media type.
    pub mime_type: String,
    /// Its name.
    pub file_name: Option<String>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// True for a voice note.
    pub voice: bool,
    /// Width in pixels, of a picture that we keep.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// Opens it for a quarter of an hour, in place where that is harmless; null where we do not keep it, and in webhooks: ask for it by its id.
    pub url: Option<String>,
    /// Saves it, for as long.
    pub download_url: Option<String>,
    /// Shows a small picture of it.
    pub preview_url: Option<String>,
    /// There is a small picture.
    #[serde(skip)]
    preview: bool,
}

impl AttachmentView {
    fn of(file: Attachment) -> Self {
        let kept = file.file;
        Self {
            id: kept.map(|kept| kept.id.0),
            kind: word(file.kind),
            mime_type: file.mime_type,
            file_name: file.file_name,
            size: file.size,
            voice: file.voice,
            width: kept.and_then(|kept| kept.width),
            height: kept.and_then(|kept| kept.height),
            url: None,
            download_url: None,
            preview_url: None,
            preview: kept.is_some_and(|kept| kept.preview),
        }
    }

    fn link(&mut self, linker: &Linker) {
        let Some(id) = self.id else { return };
        self.url = Some(linker.link(id, Shown::InPlace));
        self.download_url = Some(linker.link(id, Shown::Download));
        self.preview_url = self.preview.then(|| linker.link(id, Shown::Preview));
    }
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ButtonView {
    /// Comes back when tapped.
    pub id: String,
    /// What the customer reads.
    pub title: String,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContentView {
    /// `text`, `image`, `video`, `audio`, `document`, `sticker`, `location`, `contacts`, `button`, `order`, `template` or `unsupported`.
    pub kind: String,
    /// Its words; empty once deleted.
    pub text: String,
    /// Its files.
    pub attachments: Vec<AttachmentView>,
    /// The buttons that went out with it.
    pub buttons: Vec<ButtonView>,
    /// The button that was tapped.
    pub button_id: Option<String>,
    /// The provider's id of the message that it answers.
    pub reply_to: Option<String>,
    /// The members whom a private note mentions.
    pub mentions: Vec<Uuid>,
}

impl From<Content> for ContentView {
    fn from(content: Content) -> Self {
        Self {
            kind: word(content.kind),
            text: content.text,
            attachments: content.attachments.into_iter().map(AttachmentView::of).collect(),
            buttons: content.buttons.into_iter().map(|button| ButtonView { id: button.id, title: button.title }).collect(),
            button_id: content.button_id,
            reply_to: content.reply_to,
            mentions: content.mentions.into_iter().map(|member| member.0).collect(),
        }
    }
}

/// Spells a kind.
#[must_use]
pub fn word(kind: MessageKind) -> String {
    serde_json::to_value(kind).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MessageView {
    /// Its id.
    pub id: Uuid,
    /// The conversation.
    pub conversation_id: Uuid,
    /// Its number within the conversation; never changes.
    pub seq: i64,
    /// `in`, `out`, `note` (private) or `system`.
    pub direction: String,
    /// Who wrote it; `system` where the direction is `out`: a text of the business that leaves by itself, such as the away text.
    pub author: ActorView,
    /// What it says.
    pub content: ContentView,
    /// How far it got: `queued`, `sent`, `delivered`, `read`, `played`, `failed`, `uncertain`, `cancelled`; null for what came in.
    pub status: Option<String>,
    /// Why it failed; for `cancelled`, `superseded` or `too_late` if its appointment changed or its time passed before it could leave.
    pub error: Option<String>,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Timestamp,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last edited.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub edited_at: Option<Timestamp>,
    /// The words are gone: its writer deleted it at the channel, or a person here.
    pub deleted: bool,
    /// The person who deleted it here; null: nobody did.
    pub deleted_by: Option<Uuid>,
    /// Reactions by who made them, such as `{"contact": "👍"}`.
    #[schema(value_type = Object)]
    pub reactions: Value,
    /// The turn of the assistant that wrote it.
    pub turn_no: Option<i64>,
    /// It came more than ten minutes after it was written.
    pub late: bool,
}

/// Shows a message as JSON, for those who are told of it otherwise than by this door.
#[must_use]
pub fn message_json(row: MessageRow) -> Value {
    serde_json::to_value(MessageView::from(row)).unwrap_or_default()
}

impl MessageView {
    /// Shows a message with links to its files, for those who may see it.
    #[must_use]
    pub fn linked(row: MessageRow, linker: &Linker) -> Self {
        let mut view = Self::from(row);
        view.content.attachments.iter_mut().for_each(|file| file.link(linker));
        view
    }
}

impl From<MessageRow> for MessageView {
    fn from(row: MessageRow) -> Self {
        Self {
            id: row.id.0,
            conversation_id: row.conversation.0,
            seq: row.seq,
            direction: row.direction,
            author: ActorView { kind: row.author, id: row.author_id },
            content: row.content.into(),
            status: row.status,
            error: row.error,
            occurred_at: row.occurred_at,
            created_at: row.created_at,
            edited_at: row.edited_at,
            deleted: row.deleted,
            deleted_by: row.deleted_by,
            reactions: row.reactions,
            turn_no: row.turn_no,
            late: row.late,
        }
    }
}

/// A turn of the assistant.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TurnView {
    /// Its number within the conversation.
    pub turn_no: i64,
    /// `replied`, `handed_off`, `resolved` or `abandoned`.
    pub outcome: String,
    /// Why, if not replied.
    pub reason: Option<String>,
    /// What answered.
    pub model: String,
    /// Rounds, tools with their time, tokens, cost, every try of every model, the prompt's version, the guards' verdicts, notes.
    #[schema(value_type = Object)]
    pub trace: Value,
    /// The messages as the model was sent them, for 30 days; null: no model was asked, or they are gone.
    #[schema(value_type = Option<Vec<Object>>)]
    pub messages: Value,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = String, format = DateTime)]
    pub finished_at: Timestamp,
}

impl From<TurnRow> for TurnView {
    fn from(row: TurnRow) -> Self {
        Self {
            turn_no: row.turn_no,
            outcome: row.outcome,
            reason: row.reason,
            model: row.model,
            trace: row.trace,
            messages: row.messages,
            started_at: row.started_at,
            finished_at: row.finished_at,
        }
    }
}

/// Checks a text that a person wrote.
///
/// # Errors
/// 422 if it is empty or too long.
pub fn checked_text(text: &str) -> Result<String, Problem> {
    if text.len() > crate::domain::content::MAX_TEXT {
        return Err(Problem::field("text", format!("must have at most {} bytes", crate::domain::content::MAX_TEXT)));
    }
    if text.trim().is_empty() {
        return Err(Problem::field("text", "must not be empty"));
    }
    Ok(crate::domain::content::clean_text(text))
}
