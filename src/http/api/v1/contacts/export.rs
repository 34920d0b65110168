//! `GET /api/v1/contacts/export`: every contact that the caller sees, as CSV, read in pages while it is sent.

use crate::domain::contact::sheet::{HEADS, Sheet};
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::contacts::runs_the_house;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::contacts::{ContactFilter, ContactPlace, ContactRow};
use crate::store::time::timestamp;
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::{Bytes, Data, Query};
use futures::stream::try_unfold;
use serde::Deserialize;
use utoipa::IntoParams;

/// Contacts that are read at once.
const PAGE: u64 = 500;

/// How.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportContacts {
    /// `csv` (safe to open in a spreadsheet: cells that would be formulas get an apostrophe before them, telephones among them; so if absent)
    /// or `csv_raw` (as it is, for programs).
    format: Option<String>,
}

/// Where the reading stands.
enum Step {
    Begin,
    After(Option<ContactPlace>),
    End,
}

/// Reads the next piece.
async fn piece(scope: &TenantScope, sheet: Sheet, step: Step) -> Result<Option<(Bytes, Step)>, StoreError> {
    let after = match step {
        Step::Begin => return Ok(Some((Bytes::from(format!("{}{}", sheet.mark(), sheet.row(HEADS))), Step::After(None)))),
        Step::After(after) => after,
        Step::End => return Ok(None),
    };
    let rows = scope.contacts(ContactFilter { after, ..ContactFilter::default() }, PAGE).await?;
    let next = match rows.last() {
        Some((place, _)) if rows.len() as u64 == PAGE => Step::After(Some(place.clone())),
        Some(_) => Step::End,
        None => return Ok(None),
    };
    let text: String = rows.into_iter().map(|(_, row)| line(sheet, row)).collect();
    Ok(Some((Bytes::from(text), next)))
}

fn line(sheet: Sheet, row: ContactRow) -> String {
    let spelled = |at: Timestamp| serde_json::to_value(at).ok().and_then(|at| at.as_str().map(str::to_owned)).unwrap_or_default();
    let ContactRow { model, last_activity_at } = row;
    sheet.row([
        model.id.to_string(),
        model.name.unwrap_or_default(),
        model.phone.unwrap_or_default(),
        model.email.unwrap_or_default(),
        model.locale.unwrap_or_default(),
        model.blocked.to_string(),
        spelled(timestamp(model.created_at)),
        last_activity_at.map(spelled).unwrap_or_default(),
        model.attributes,
    ])
}

/// Sends every contact that you see as CSV, the newest first. For administrators, and keys that may do everything; it stands in the audit log.
/// If the database goes away meanwhile the answer breaks off: a whole one ends with a whole line.
///
/// # Errors
/// 403 for anybody else, 422 for a format that is none.
#[utoipa::path(get, path = "/api/v1/contacts/export", tag = "contacts", params(ExportContacts),
    responses((status = 200, description = "The contacts", body = String, content_type = "text/csv")))]
pub async fn export_contacts(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    query: Query<ExportContacts>,
) -> Result<HttpResponse, Problem> {
    let sheet = match query.format.as_deref() {
        None | Some("csv") => Sheet::Safe,
        Some("csv_raw") => Sheet::Raw,
        Some(_) => return Err(Problem::field("format", "must be csv or csv_raw")),
    };
    if !runs_the_house(&who) {
        return Err(Problem::forbidden("only administrators export contacts").with_code("administrator"));
    }
    let scope = origin.scope(&state, &who);
    scope.note_export(state.clock.now()).await?;
    let pieces = try_unfold((scope, Step::Begin), move |(scope, step)| async move {
        let piece = piece(&scope, sheet, step).await.inspect_err(|error| {
            tracing::error!(tenant.id = %scope.id(), error = %error, "an export of contacts broke off");
        })?;
        Ok::<_, StoreError>(piece.map(|(bytes, next)| (bytes, (scope, next))))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"contacts.csv\""))
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(Box::pin(pieces)))
}
