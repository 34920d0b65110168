//! `GET /api/v1/conversations/{id}/cycles`: its stretches from open to resolved, and how long their parts took.

use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::conversations::find;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, number_cursor, page, read_number_cursor};
use crate::http::problem::Problem;
use crate::store::people::cycles::CycleRow;
use crate::store::time::timestamp;
use actix_web::web::{Data, Json, Path, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which stretches.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListCycles {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// One stretch from open to resolved.
#[derive(Debug, Serialize, ToSchema)]
pub struct CycleView {
    /// Its number, from 1.
    number: i64,
    /// `first` or `reopened`.
    began: String,
    /// When it began; null: nobody knows.
    #[schema(value_type = Option<String>, format = DateTime)]
    began_at: Option<Timestamp>,
    /// When people first held it.
    #[schema(value_type = Option<String>, format = DateTime)]
    people_at: Option<Timestamp>,
    /// When the assistant handed it over.
    #[schema(value_type = Option<String>, format = DateTime)]
    handed_off_at: Option<Timestamp>,
    /// When a person first answered in public.
    #[schema(value_type = Option<String>, format = DateTime)]
    human_at: Option<Timestamp>,
    /// When it was resolved.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// By whom: `assistant`, `agent` or `silence`.
    ended_by: Option<String>,
    /// The person.
    ender_id: Option<Uuid>,
    /// What became of it: `running`, `handed_off`, `resolved_by_assistant` or `resolved_by_people`.
    verdict: String,
    /// What was timed in it, oldest first: the newest thousand.
    timings: Vec<TimingView>,
}

/// How long something took.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimingView {
    /// `first_reply`, `reply`, `handed_off`, `resolved`, `resolved_by_assistant` or `reopened`.
    kind: String,
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Whole seconds.
    seconds: i64,
    /// Those of them within business hours; null where the inbox has none.
    business_seconds: Option<i64>,
    /// The person whose deed it was.
    agent_id: Option<Uuid>,
    /// True if a person did it at the business's own phone.
    by_phone: bool,
}

impl From<CycleRow> for CycleView {
    fn from(CycleRow { cycle, timings }: CycleRow) -> Self {
        let timings = timings.into_iter().map(|timing| TimingView {
            kind: timing.kind,
            from: timestamp(timing.from_at),
            to: timestamp(timing.to_at),
            seconds: timing.seconds,
            business_seconds: timing.business_seconds,
            agent_id: timing.agent_id,
            by_phone: timing.by_phone,
        });
        Self {
            number: cycle.number,
            began: cycle.began,
            began_at: cycle.began_at.map(timestamp),
            people_at: cycle.people_at.map(timestamp),
            handed_off_at: cycle.handed_off_at.map(timestamp),
            human_at: cycle.human_at.map(timestamp),
            ended_at: cycle.ended_at.map(timestamp),
            ended_by: cycle.ended_by,
            ender_id: cycle.ender_id,
            verdict: cycle.verdict,
            timings: timings.collect(),
        }
    }
}

/// Lists the stretches of a conversation, oldest first.
///
/// # Errors
/// 404 for an absent conversation or another tenant's, 422 for a wrong page.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/cycles", tag = "conversations", params(("id" = Uuid, Path), ListCycles),
    responses((status = 200, description = "A page", body = Page<CycleView>)))]
pub async fn list_cycles(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    query: Query<ListCycles>,
) -> Result<Json<Page<CycleView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_number_cursor).transpose()?.unwrap_or(0);
    let conversation = find(&state, &who, &id).await?;
    let rows = who.scope(&state.store).cycles(conversation.key().id, after, limit + 1).await?;
    Ok(Json(page(rows, limit, |row: &CycleRow| number_cursor(row.cycle.number), CycleView::from)))
}
