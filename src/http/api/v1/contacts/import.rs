//! `POST /api/v1/contacts/import` and what became of it.

use crate::domain::contact::import::Table;
use crate::domain::ids::ContactImportId;
use crate::domain::time::Timestamp;
use crate::http::api::v1::contacts::{id_for, runs_the_house, sees_everybody};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::pagination::{Page, limit, number_cursor, page, read_number_cursor};
use crate::http::problem::Problem;
use crate::http::{HttpState, body};
use crate::store::people::contacts::{ImportView, ImportedRow};
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Json, Path, Payload, Query};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Most bytes of a table.
const MOST_BYTES: usize = 5 * 1024 * 1024;

/// How far an import is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContactImportView {
    /// Its id.
    id: Uuid,
    /// `running` or `done`.
    state: &'static str,
    /// Rows in all.
    rows: i64,
    /// Rows that are done.
    rows_done: i64,
    /// Rows that made a contact.
    created: i64,
    /// Rows that changed a contact that has the telephone or the address.
    updated: i64,
    /// Rows that did nothing: `GET …/rows?result=skipped` says why.
    skipped: i64,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When all of it was done.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
}

impl From<ImportView> for ContactImportView {
    fn from(it: ImportView) -> Self {
        let (created, updated, skipped) = it.counts;
        Self {
            id: it.id.0,
            state: if it.done { "done" } else { "running" },
            rows: it.total,
            rows_done: it.read,
            created,
            updated,
            skipped,
            created_at: it.created_at,
            finished_at: it.finished_at,
        }
    }
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContactImportRowView {
    /// The line of the file at which it begins, from 1.
    line: i64,
    /// `created`, `updated` or `skipped`.
    result: String,
    /// The contact.
    contact_id: Option<Uuid>,
    /// The column that does not fit.
    column: Option<String>,
    /// Why it was skipped.
    reason: Option<String>,
}

impl From<ImportedRow> for ContactImportRowView {
    fn from(row: ImportedRow) -> Self {
        Self { line: row.line, result: row.result, contact_id: row.contact_id, column: row.column_name, reason: row.reason }
    }
}

/// Says that only administrators take contacts in, all of whom they see.
fn may(who: &AgentPrincipal) -> Result<(), Problem> {
    sees_everybody(who)?;
    if runs_the_house(who) {
        return Ok(());
    }
    Err(Problem::forbidden("only administrators import contacts").with_code("administrator"))
}

fn wrong(detail: impl std::fmt::Display) -> Problem {
    Problem::field("file", detail.to_string())
}

/// Takes a table of contacts in: UTF-8, commas or semicolons, a first line with the names of the columns (`name`, `phone`, `email`, `locale`,
/// `attributes`, `attributes.NAME`; those of an export). At most 5 MB and 50,000 rows. A row that has somebody's telephone or address changes
/// them, others make a contact, and what is empty changes nothing. It goes on in the background, also after a restart. For administrators, and
/// keys that may do everything.
///
/// # Errors
/// 403 for anybody else, 413 for too much, 422 for a table that cannot be read.
#[utoipa::path(post, path = "/api/v1/contacts/import", tag = "contacts",
    request_body(content = String, content_type = "text/csv", example = "name,email\nAna,ana@example.com\n"),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable ASCII characters; the same key imports once")),
    responses((status = 202, description = "It is being taken in", body = ContactImportView)))]
pub async fn import_contacts(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    may(&who)?;
    if !request.content_type().eq_ignore_ascii_case("text/csv") {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send text/csv"));
    }
    let bytes = body::read(&request, payload, state.limits.body(MOST_BYTES), state.clock.as_ref()).await?;
    let text = String::from_utf8(bytes.to_vec()).ok().filter(|text| !text.contains('\0'));
    let text = text.ok_or_else(|| wrong("must be text in UTF-8"))?;
    let rows = Table::read(&text).map_err(wrong)?.len();
    let id = id_for(&state, &who, &request)?.into();
    let begun = origin.scope(&state, &who).begin_import(id, who.agent(), (text, rows), state.clock.now()).await?;
    let view = ContactImportView::from(begun.ok_or_else(Problem::internal)?);
    Ok(HttpResponse::Accepted().insert_header((LOCATION, format!("/api/v1/contacts/imports/{}", view.id))).json(view))
}

async fn find(state: &HttpState, who: &AgentPrincipal, id: &str) -> Result<ImportView, Problem> {
    let id: ContactImportId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let found = who.scope(&state.store).contact_import(id).await?.ok_or_else(Problem::not_found)?;
    may(who)?;
    Ok(found)
}

/// Shows how far an import is. Kept for 30 days.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/contacts/imports/{id}", tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The import", body = ContactImportView)))]
pub async fn get_contact_import(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<ContactImportView>, Problem> {
    Ok(Json(find(&state, &who, &id).await?.into()))
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListContactImportRows {
    /// `created`, `updated` or `skipped`; all if absent.
    result: Option<String>,
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists what became of the rows of an import, in their order.
///
/// # Errors
/// 404 for an absent one or another tenant's, 422 naming a wrong parameter.
#[utoipa::path(get, path = "/api/v1/contacts/imports/{id}/rows", tag = "contacts", params(("id" = Uuid, Path), ListContactImportRows),
    responses((status = 200, description = "A page", body = Page<ContactImportRowView>)))]
pub async fn list_contact_import_rows(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    query: Query<ListContactImportRows>,
) -> Result<Json<Page<ContactImportRowView>>, Problem> {
    let (import, limit) = (find(&state, &who, &id).await?, limit(query.limit)?);
    let known = |word: &str| ["created", "updated", "skipped"].into_iter().find(|known| *known == word);
    let result =
        query.result.as_deref().map(|word| known(word).ok_or_else(|| Problem::field("result", "must be created, updated or skipped")));
    let after = query.cursor.as_deref().map(read_number_cursor).transpose()?;
    let rows = who.scope(&state.store).contact_import_rows(import.id, result.transpose()?, after, limit + 1).await?;
    Ok(Json(page(rows, limit, |row| number_cursor(row.place), ContactImportRowView::from)))
}
