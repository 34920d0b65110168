//! `GET /api/v1/waitlist`: the line, by the time at which people joined.

use crate::domain::booking::waiting::WaitState;
use crate::domain::ids::WaitlistId;
use crate::domain::membership::Sight;
use crate::http::HttpState;
use crate::http::api::v1::booking::read_id;
use crate::http::api::v1::waitlist::WaitlistEntryView;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_moment_cursor};
use crate::http::problem::Problem;
use crate::ports::waitlist::WaitFilter;
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListWaitlist {
    /// Those for a service.
    #[param(format = Uuid)]
    service_id: Option<String>,
    /// Those of a contact.
    #[param(format = Uuid)]
    contact_id: Option<String>,
    /// Those in one of these states, such as `waiting` or `waiting,offered`; any if absent.
    state: Option<String>,
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

impl ListWaitlist {
    fn filter(&self, seen: &Sight, limit: u64) -> Result<WaitFilter, Problem> {
        let after = self.cursor.as_deref().map(read_moment_cursor).transpose()?;
        Ok(WaitFilter {
            service: self.service_id.as_deref().map(|id| read_id("service_id", id)).transpose()?,
            contact: self.contact_id.as_deref().map(|id| read_id("contact_id", id)).transpose()?,
            state: self.state.as_deref().map(states).transpose()?.unwrap_or_default(),
            seen: seen.clone(),
            after: after.map(|(at, id)| (at, WaitlistId(id))),
            limit: u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1),
        })
    }
}

fn states(text: &str) -> Result<Vec<WaitState>, Problem> {
    let unknown = || Problem::field("state", format!("must be of {}", WaitState::ALL.map(WaitState::as_str).join(", ")));
    text.split(',').map(|word| WaitState::parse(word.trim()).ok_or_else(unknown)).collect()
}

/// Lists the waiting list in its order.
///
/// # Errors
/// 422 naming a wrong parameter.
#[utoipa::path(get, path = "/api/v1/waitlist", tag = "booking", params(ListWaitlist),
    responses((status = 200, description = "A page", body = Page<WaitlistEntryView>)))]
pub async fn list_waitlist(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListWaitlist>,
) -> Result<Json<Page<WaitlistEntryView>>, Problem> {
    let limit = limit(query.limit)?;
    let rows = who.scope(&state.store).waiting_entries(&query.filter(&who.sight(), limit)?).await?;
    Ok(Json(page(rows, limit, |row| place_cursor(row.created_at.micros(), row.id.0), WaitlistEntryView::from)))
}
