//! Commands of people as rows of the engine's queue: durable, ordered with the customer's messages, repeatable by their key.

use crate::crypto::mac::{sha256, sha256_hex};
use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::conversation::event::Happening;
use crate::domain::ids::InboundId;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::body;
use crate::http::problem::Problem;
use crate::ports::engine::CommandAnswer;
use crate::ports::store::NewCommand;
use crate::store::people::commands::begin_of;
use crate::store::people::conversations::ConversationRow;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// The header by which a caller may repeat a request.
const KEY_HEADER: &str = "idempotency-key";
/// Longest such key, in characters.
const MAX_KEY: usize = 255;

/// A command that has not run yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CommandPending {
    /// Its id: `GET /api/v1/commands/{id}`.
    pub id: Uuid,
    /// `pending`.
    pub state: &'static str,
}

/// One request to change something.
pub struct CommandRequest {
    /// Who asks.
    pub who: AgentPrincipal,
    /// The body as JSON.
    pub body: Value,
    key: String,
    fingerprint: String,
    /// The request looks for its conversation: each that it tries has a row of its own.
    many: bool,
}

/// How a command ended for its caller.
pub enum Ended {
    /// It was done; the answer begins like this.
    Done {
        /// The number of the message that it made.
        seq: Option<i64>,
        /// Texts of the assistant that were leaving when a person took over, as far as this node knows.
        may_still_arrive: Vec<String>,
        /// Puts the marks of a repeat on an answer.
        answer: Answer,
    },
    /// It will run: 202 with its address.
    Later(HttpResponse),
}

/// What an answer carries besides its body.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    repeat: bool,
}

impl Answer {
    /// Begins an answer.
    #[must_use]
    pub fn status(self, status: StatusCode) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(status);
        if self.repeat {
            response.insert_header(("idempotent-replayed", "true"));
        }
        response
    }
}

impl CommandRequest {
    /// Reads a request: body, key and fingerprint.
    ///
    /// # Errors
    /// 400, 408, 413, 415 for the body, 422 for a key that is none.
    pub async fn read(state: &HttpState, who: AgentPrincipal, request: &HttpRequest, payload: Payload) -> Result<Self, Problem> {
        let limits = state.limits.body(state.limits.api_bytes);
        let bytes = body::read(request, payload, limits, state.clock.as_ref()).await?;
        if !bytes.is_empty() {
            body::require_json(request)?;
        }
        let body = body::value_or_empty(&bytes)?;
        let key = key_of(request)?.unwrap_or_else(|| state.ids.uuid().to_string());
        // serde_json keeps objects sorted by key, so equal bodies are equal texts.
        let fingerprint = sha256_hex(format!("{}\n{}\n{body}", request.method(), request.path()).as_bytes());
        Ok(Self { who, body, key, fingerprint, many: false })
    }

    /// Gives the command to the engine and waits for its outcome.
    ///
    /// # Errors
    /// 409 and 422 if it cannot be done, 422 if its key was used for another request, 429 and 503 to repeat it.
    pub async fn run(&self, state: &HttpState, conversation: &ConversationRow, happening: Happening) -> Result<Ended, Problem> {
        let command = NewCommand {
            key: conversation.key(),
            inbox: conversation.model.inbox_id.into(),
            external_id: self.external_id(conversation),
            fingerprint: self.fingerprint.clone(),
            happening,
            at: state.clock.now(),
        };
        match state.engine.command(command).await? {
            CommandAnswer::Done { outcome: CommandOutcome::Done { seq, .. }, repeat, may_still_arrive, .. } => {
                Ok(Ended::Done { seq, may_still_arrive, answer: Answer { repeat } })
            }
            CommandAnswer::Done { outcome: CommandOutcome::Refused { code, detail }, .. } => Err(refused(&code, detail)),
            CommandAnswer::Pending { id, repeat } => Ok(Ended::Later(later(id, Answer { repeat }))),
            CommandAnswer::Mismatch => {
                Err(Problem::unprocessable("this Idempotency-Key was used for another request")
                    .with_error("Idempotency-Key", "use a new one"))
            }
        }
    }

    /// Returns what the same key asked of the conversation before, to be asked again word by word: what a repeat would find out anew (files,
    /// prepared texts, who sees whom) may have changed since, and the first answer is the answer.
    ///
    /// # Errors
    /// 503 if the database is away.
    pub async fn asked_before(&self, state: &HttpState, conversation: &ConversationRow) -> Result<Option<Happening>, Problem> {
        let id = self.external_id(conversation);
        Ok(self.who.scope(&state.store).asked_before(conversation.key().id, &id).await?)
    }

    /// Says that the request looks for its conversation and may try several.
    #[must_use]
    pub fn as_one_of_many(self) -> Self {
        Self { many: true, ..self }
    }

    /// Returns how the rows of a request begin that may try several conversations.
    #[must_use]
    pub fn marked(&self) -> String {
        format!("{}next:{}:", begin_of(self.who.agent()), sha256_hex(self.key.as_bytes()))
    }

    /// Returns the key of the row: at most 255 bytes, so a long key is replaced by its hash.
    fn external_id(&self, conversation: &ConversationRow) -> String {
        if self.many {
            return format!("{}{}", self.marked(), conversation.model.id);
        }
        let begin = begin_of(self.who.agent());
        let id = format!("{begin}{}", self.key);
        if id.len() <= MAX_KEY { id } else { format!("{begin}{}", sha256_hex(self.key.as_bytes())) }
    }
}

/// Returns the key by which a caller may repeat a request, if there is one.
///
/// # Errors
/// 422 for a key that is none.
pub fn key_of(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let key = request.headers().get(KEY_HEADER);
    key.map(|key| checked_key(key.to_str().unwrap_or_default()).map(str::to_owned)).transpose()
}

/// Returns the id of what a repeatable request makes: the same for the same text.
#[must_use]
pub fn repeatable_id(text: &str) -> Uuid {
    let hash = sha256(text.as_bytes());
    uuid::Builder::from_custom_bytes(hash.first_chunk::<16>().copied().unwrap_or_default()).into_uuid()
}

fn checked_key(key: &str) -> Result<&str, Problem> {
    let fits = (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if fits { Ok(key) } else { Err(Problem::field("Idempotency-Key", "must have 1 to 255 printable ASCII characters")) }
}

fn refused(code: &str, detail: String) -> Problem {
    if code == "held" {
        return Problem::conflict("somebody has this conversation").with_code("held").with_error("assignee_id", detail);
    }
    let conflict = matches!(code, "is_spam" | "not_open");
    let problem = if conflict { Problem::conflict(detail) } else { Problem::unprocessable(detail) };
    let field = match code {
        "snooze_in_past" => "snoozed_until",
        "outside_team" => "assignee_id",
        "too_many_labels" => "labels",
        "too_many_attributes" => "attributes",
        _ => "conversation",
    };
    problem.with_error(field, code)
}

fn later(id: InboundId, answer: Answer) -> HttpResponse {
    let mut response = answer.status(StatusCode::ACCEPTED);
    response.insert_header((LOCATION, format!("/api/v1/commands/{id}")));
    response.json(CommandPending { id: id.0, state: "pending" })
}
