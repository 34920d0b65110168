//! How a file comes in: a form with one file, streamed into the store of files. First the row, then the bytes, then the row says what they
//! are: whatever stops between, the row's time ends and takes the bytes along.

use crate::crypto::digest::Digest;
use crate::crypto::mac::hex;
use crate::crypto::random::random_bytes;
use crate::domain::file::{FileFacts, HEAD, clean_name, media_type};
use crate::domain::ids::{FileId, TenantId};
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::body;
use crate::http::problem::Problem;
use crate::ports::faults;
use crate::ports::files::{FileError, FileWriter, preview_name};
use crate::store::people::files::{FileBegun, FileRow, FileSaved, MOST_WAITING, NewFile};
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, BytesMut, Payload};
use actix_web::{HttpMessage, HttpRequest};
use futures::stream::Fuse;
use futures::{StreamExt, TryStreamExt};
use std::sync::Arc;
use std::time::Duration;

/// The name of the form's one field.
const FIELD: &str = "file";
/// What the form itself may take besides the file, in bytes.
const FRAME: usize = 64 * 1024;
/// How long the store of files and a small picture may take besides.
const BESIDES: Duration = Duration::from_hours(1);
/// How long a file waits for somebody to use it.
const WAITS: Duration = Duration::from_hours(24);
/// Most bytes of a picture of which a preview is made.
const MOST_PICTURE: u64 = 20 * 1024 * 1024;

/// Takes in the file of a request; the same `id` twice is the same file.
///
/// # Errors
/// 400 and 415 for what is no such form, 429 and 503 while too many come in, 408 and 413 for a file that comes too slowly or is too large, 409 if it was given up meanwhile, 422
/// naming the field.
pub async fn receive(
    state: &HttpState,
    who: &AgentPrincipal,
    id: FileId,
    request: &HttpRequest,
    payload: Payload,
) -> Result<FileSaved, Problem> {
    if !request.content_type().eq_ignore_ascii_case("multipart/form-data") {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send multipart/form-data with one file"));
    }
    let _place = state.files.places.take(who.tenant)?;
    let most = state.limits.file_bytes;
    let limits = state.limits.body(most.saturating_add(FRAME));
    let stream = body::stream(request, payload, limits, Arc::clone(&state.clock))?;
    let mut form = Multipart::new(request.headers(), stream);
    let refused = |error| refused(error, most);
    let field = form.try_next().await.map_err(refused)?.ok_or_else(|| Problem::field(FIELD, "is missing: send one file"))?;
    let name = named(&field)?;
    let mut arriving = Arriving::begin(state, who, (id, &name), (field, most), least(request)).await?;
    let taken = match arriving.take(refused).await {
        // What follows the file is read too: a second one must not pass unseen.
        Ok(taken) => match form.try_next().await {
            Ok(None) => Ok(taken),
            Ok(Some(more)) => Err(Problem::field(more.name().unwrap_or(FIELD), "is one too many: send one file")),
            Err(error) => Err(refused(error)),
        },
        Err(problem) => Err(problem),
    };
    match taken {
        Ok(facts) => arriving.end(facts).await,
        Err(problem) => {
            arriving.give_up().await;
            Err(problem)
        }
    }
}

/// Returns how many bytes the file of a request has at least, as far as its head says: what stands around it is no longer than the frame.
fn least(request: &HttpRequest) -> u64 {
    body::length(request).unwrap_or_default().saturating_sub(FRAME as u64)
}

/// Returns the cleaned name of the file.
fn named(field: &Field) -> Result<String, Problem> {
    let Some(disposition) = field.content_disposition().filter(|disposition| disposition.get_name() == Some(FIELD)) else {
        let other = field.name().unwrap_or("form").chars().take(100).collect::<String>();
        return Err(Problem::field(other, "is no field of this form: send one file as \"file\""));
    };
    let extended = disposition.get_filename_ext().map(|name| String::from_utf8_lossy(&name.value).into_owned());
    let given = extended.or_else(|| disposition.get_filename().map(str::to_owned));
    given.map(|name| clean_name(&name)).ok_or_else(|| Problem::field(FIELD, "must be a file with a name"))
}

/// Says what is wrong with a form.
fn refused(error: MultipartError, most: usize) -> Problem {
    let MultipartError::Payload(error) = error else {
        let broken = matches!(error, MultipartError::Incomplete);
        return Problem::bad_request(if broken { "the body broke off".to_owned() } else { format!("the form cannot be read: {error}") });
    };
    if matches!(error, PayloadError::Overflow) {
        return body::too_large(most);
    }
    let slow = matches!(&error, PayloadError::Io(error) if error.kind() == std::io::ErrorKind::TimedOut);
    if slow { body::too_slow() } else { Problem::bad_request("the body broke off") }
}

/// Returns how long a file may take to arrive: longer than the slowest body that is let in.
pub(in crate::http) fn arrives_within(state: &HttpState) -> Duration {
    let whole = state.limits.file_bytes.saturating_add(FRAME);
    state.limits.body(whole).allowed(whole).saturating_add(BESIDES)
}

/// A file on its way in.
struct Arriving<'a> {
    state: &'a HttpState,
    who: &'a AgentPrincipal,
    /// Gone once it is read: the form does not go on while somebody has it. Fused: a short file ends with its head.
    field: Option<Fuse<Field>>,
    most: usize,
    head: Bytes,
    file_name: String,
    media_type: String,
    id: FileId,
    /// The one that came under this id before: then nothing is kept of this one.
    before: Option<Box<FileRow>>,
    row: FileId,
    name: String,
    writer: Option<Box<dyn FileWriter>>,
}

impl<'a> Arriving<'a> {
    /// Reads the beginning, looks what it is, and makes the row.
    async fn begin(
        state: &'a HttpState,
        who: &'a AgentPrincipal,
        (id, file_name): (FileId, &str),
        (field, most): (Field, usize),
        least: u64,
    ) -> Result<Self, Problem> {
        let declared = field.content_type().map(ToString::to_string);
        let (mut head, mut field) = (BytesMut::new(), field.fuse());
        while head.len() < HEAD {
            match field.next().await.transpose().map_err(|error| refused(error, most))? {
                Some(chunk) => head.extend_from_slice(&chunk),
                None => break,
            }
        }
        let seen = head.get(..HEAD.min(head.len())).unwrap_or_default();
        let media_type = media_type(seen, file_name, declared.as_deref()).map_err(|error| Problem::field(FIELD, error.to_string()))?;
        let (row, name) = (FileId(state.ids.uuid()), unguessable(who.tenant)?);
        let now = state.clock.now();
        let new = NewFile { id: row, name: name.clone(), by: who.agent(), wanted: id, at_least: least.max(head.len() as u64) };
        let before = match who.scope(&state.store).begin_file(new, now, now.after(arrives_within(state))).await? {
            FileBegun::Yes => None,
            FileBegun::Known(before) => Some(before),
            FileBegun::TooMany => {
                let problem = Problem::conflict(format!("{MOST_WAITING} files wait already for a message: send some, or take them back"));
                return Err(problem.with_code("too_many_waiting"));
            }
            FileBegun::Full(full) => return Err(full.into()),
        };
        faults::hit("upload_after_row");
        let file_name = file_name.to_owned();
        let (field, head) = (Some(field), head.freeze());
        Ok(Self { state, who, field, most, head, file_name, media_type, id, before, row, name, writer: None })
    }

    /// Writes all of it, and says what it is.
    async fn take(&mut self, refused: impl Fn(MultipartError) -> Problem) -> Result<FileFacts, Problem> {
        if self.before.is_none() {
            self.writer = Some(self.state.files.store.begin(&self.name).await?);
        }
        let (mut digest, mut size) = (Digest::default(), 0_usize);
        let mut field = self.field.take().ok_or_else(Problem::internal)?;
        let mut next = Some(std::mem::take(&mut self.head));
        while let Some(chunk) = next {
            size += chunk.len();
            if size > self.most {
                return Err(body::too_large(self.most));
            }
            digest.add(&chunk);
            if let Some(writer) = self.writer.as_mut() {
                writer.write(chunk).await?;
            }
            next = field.next().await.transpose().map_err(&refused)?;
        }
        if let Some(writer) = self.writer.take() {
            writer.finish().await?;
        }
        faults::hit("upload_after_bytes");
        let (name, media_type) = (self.file_name.clone(), self.media_type.clone());
        Ok(FileFacts { name, media_type, size: size as u64, sha256: digest.hex(), pixels: None, preview: false })
    }

    /// Makes a small picture where that can be done, and says that the file is there.
    async fn end(mut self, facts: FileFacts) -> Result<FileSaved, Problem> {
        if let Some(before) = self.before.take() {
            return Ok(before.repeated_by(&facts));
        }
        let facts = self.with_preview(facts).await;
        let until = self.state.clock.now().after(WAITS);
        let saved = self.who.scope(&self.state.store).finish_file(self.row, self.id, facts, until).await?;
        faults::hit("upload_after_finish");
        if saved == FileSaved::Gone {
            // What its row left may have been cleared away before these bytes came.
            for name in [preview_name(&self.name), self.name] {
                if let Err(error) = self.state.files.store.remove(&name).await {
                    tracing::warn!(error = %error, "the bytes of a file that came too late could not be taken away");
                }
            }
        }
        Ok(saved)
    }

    async fn with_preview(&self, facts: FileFacts) -> FileFacts {
        if !facts.media_type.starts_with("image/") || facts.size > MOST_PICTURE {
            return facts;
        }
        match self.preview().await {
            Ok(Some(pixels)) => FileFacts { pixels: Some(pixels), preview: true, ..facts },
            Ok(None) => facts,
            Err(error) => {
                tracing::warn!(error = %error, "a preview could not be kept");
                facts
            }
        }
    }

    /// Keeps a small picture; returns the size of the picture itself.
    async fn preview(&self) -> Result<Option<(u32, u32)>, FileError> {
        // Before it is read: whole pictures that wait for their turn would fill the memory.
        let Some(_turn) = self.state.files.places.picture().await else { return Ok(None) };
        let store = &self.state.files.store;
        let whole = store.read(&self.name, None).await?.bytes.try_fold(BytesMut::new(), |mut all, piece| {
            all.extend_from_slice(&piece);
            std::future::ready(Ok(all))
        });
        let Some(preview) = self.state.files.previews.preview(whole.await?.freeze()).await else { return Ok(None) };
        let mut writer = store.begin(&preview_name(&self.name)).await?;
        writer.write(preview.bytes).await?;
        writer.finish().await?;
        Ok(Some(preview.pixels))
    }

    /// Takes back what there is; what that does not reach goes when the row's time is over.
    async fn give_up(mut self) {
        if self.before.is_some() {
            return;
        }
        if let Some(writer) = self.writer.take() {
            writer.abort().await;
        }
        if let Err(error) = self.who.scope(&self.state.store).give_up_file(self.row).await {
            tracing::debug!(error = %error, "a file that did not arrive goes later");
        }
    }
}

/// Names the bytes: nobody guesses 128 bits of chance.
fn unguessable(tenant: TenantId) -> Result<String, Problem> {
    match random_bytes::<16>() {
        Ok(bytes) => Ok(format!("{tenant}/{}", hex(&bytes))),
        Err(error) => {
            tracing::error!(error = %error, "a file cannot be named");
            Err(Problem::internal())
        }
    }
}
