//! `POST /api/v1/contacts/{id}/merge`.

use crate::domain::contact::merge::MOST_ROWS;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::contacts::{ContactItem, hint, merged, out_of_sight, read_path};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::store::people::contacts::Merged;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who is the same customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeBody {
    /// The contact that goes into the one in the path.
    from: Uuid,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MergedView {
    /// The merge; null if both were the same contact already.
    merge_id: Option<Uuid>,
    /// The contact that stays, with what it learnt.
    contact: ContactItem,
}

/// Says why two cannot be one.
fn refused(code: &'static str, detail: String) -> Problem {
    Problem::conflict(detail).with_code(code)
}

/// Merges another contact into this one: conversations, addresses, notes, appointments and places on the waiting list move; what this one does
/// not know is filled in; what it knows stays, and so does whether it is blocked. For 30 days it can be taken back.
///
/// # Errors
/// 403 with `out_of_sight` if one has conversations that you do not see, 404 for an absent one or another tenant's, 409 if they are proved to be two customers or cannot be moved.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/merge", tag = "contacts", request_body = MergeBody, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The contact that stays", body = MergedView), (status = 409, description = "They cannot be one; see code", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn merge_contacts(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<MergedView>, Problem> {
    let id = read_path(&id)?;
    let body: MergeBody = read(&state, &request, payload).await?;
    match origin.scope(&state, &who).merge_contacts(id, body.from.into(), who.agent(), state.clock.now()).await? {
        Merged::Done(row, merge, keys) => {
            hint(&state, keys);
            Ok(Json(MergedView { merge_id: merge.map(|id| id.0), contact: (*row).into() }))
        }
        Merged::Absent | Merged::NoOther => Err(Problem::not_found()),
        Merged::Gone(into) => Err(merged(into)),
        Merged::Hidden => Err(out_of_sight("they would be moved too: ask somebody who sees all conversations of both to merge them")),
        Merged::Conflict(kind, one, two) => {
            let detail = format!("each has an {kind} id of its own ({one} and {two}): the system that gave them knows two customers");
            Err(refused("two_customers", detail))
        }
        Merged::BothWait => {
            Err(refused("both_wait", "both are on the waiting list for the same service: take one of them off it first".to_owned()))
        }
        Merged::TooMany(count) => Err(refused(
            "too_many",
            format!("{count} rows hang on the other contact, and at most {MOST_ROWS} can be moved: merge the other way round"),
        )),
    }
}
