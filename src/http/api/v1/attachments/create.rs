//! `POST /api/v1/attachments`: brings a file.

use crate::http::HttpState;
use crate::http::api::v1::attachments::UploadView;
use crate::http::api::v1::contacts::id_for;
use crate::http::auth::AgentPrincipal;
use crate::http::files::links::Linker;
use crate::http::files::upload::receive;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::people::files::FileSaved;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use utoipa::ToSchema;

/// The form.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form, which is read piece by piece")]
pub struct UploadForm {
    /// The file, with its name. Its type is found by its content: programs are not taken, and what is declared as something else than it is
    /// neither. Markup and what nobody knows is kept as bytes without a type.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
}

/// Brings a file, to be attached to a message or a prepared text. One that nobody uses goes after 24 hours.
///
/// # Errors
/// 413 for one that is too large, 422 for one that is not taken.
#[utoipa::path(post, path = "/api/v1/attachments", tag = "attachments",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable ASCII characters; the same key makes one file")),
    responses((status = 201, description = "The file", body = UploadView), (status = 409, description = "It took so long that it was given up, or too many files wait for a message (`too_many_waiting`), or the plan has no room for it (`limit_reached`)", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_attachment(
    who: AgentPrincipal,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let id = id_for(&state, &who, &request)?.into();
    let (row, repeat) = match receive(&state, &who, id, &request, payload).await? {
        FileSaved::New(row) => (row, false),
        FileSaved::Repeat(row) => (row, true),
        FileSaved::Other => {
            let problem = Problem::unprocessable("this Idempotency-Key was used for another file");
            return Err(problem.with_error("Idempotency-Key", "use a new one"));
        }
        FileSaved::Full(full) => return Err(full.into()),
        FileSaved::Gone => return Err(Problem::conflict("the file took so long that it was given up: send it again")),
    };
    let mut response = HttpResponse::build(StatusCode::CREATED);
    if repeat {
        response.insert_header(("idempotent-replayed", "true"));
    }
    let view = UploadView::of(*row, &Linker::new(&state, who.tenant));
    Ok(response.insert_header((LOCATION, format!("/api/v1/attachments/{}", id))).json(view))
}
