//! `GET /api/v1/appointments`: the book by time.

use crate::domain::booking::{Span, Status};
use crate::domain::ids::AppointmentId;
use crate::domain::membership::Sight;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::appointments::AppointmentView;
use crate::http::api::v1::booking::moments::{Window, span};
use crate::http::api::v1::booking::{agenda, read_id};
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_moment_cursor};
use crate::http::problem::Problem;
use crate::ports::bookings::Filter;
use actix_web::web::{Data, Json, Query};
use chrono_tz::Tz;
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;

/// The longest window, in days.
const MOST_DAYS: u64 = 366;
/// The window where only one end is given.
const YEAR: Duration = Duration::from_hours(24 * MOST_DAYS);

/// Which appointments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAppointments {
    /// Those that end after this instant (RFC 3339) or the beginning of this local date.
    from: Option<String>,
    /// Those that begin before this instant, or the end of this local date; at most 366 days after `from`.
    to: Option<String>,
    /// Those of a service.
    #[param(format = Uuid)]
    service_id: Option<String>,
    /// Those that take a resource.
    #[param(format = Uuid)]
    resource_id: Option<String>,
    /// Those of a contact.
    #[param(format = Uuid)]
    contact_id: Option<String>,
    /// Those in one of these states, such as `confirmed` or `held,confirmed`; any if absent.
    status: Option<String>,
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

impl ListAppointments {
    fn filter(&self, seen: &Sight, zone: Tz, limit: u64) -> Result<Filter, Problem> {
        let after = self.cursor.as_deref().map(read_moment_cursor).transpose()?;
        Ok(Filter {
            within: self.within(zone)?,
            service: self.service_id.as_deref().map(|id| read_id("service_id", id)).transpose()?,
            resource: self.resource_id.as_deref().map(|id| read_id("resource_id", id)).transpose()?,
            contact: self.contact_id.as_deref().map(|id| read_id("contact_id", id)).transpose()?,
            seen: seen.clone(),
            status: self.status.as_deref().map(statuses).transpose()?.unwrap_or_default(),
            after: after.map(|(at, id)| (at, AppointmentId(id))),
            limit: u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1),
        })
    }

    fn within(&self, zone: Tz) -> Result<Option<Span>, Problem> {
        let ends: (Option<Timestamp>, Option<Timestamp>) = Window { from: self.from.as_deref(), to: self.to.as_deref() }.ends(zone)?;
        match ends {
            (None, None) => Ok(None),
            (Some(from), to) => span(from, to.unwrap_or_else(|| from.after(YEAR)), MOST_DAYS).map(Some),
            (None, Some(to)) => Ok(Some(Span { start: to.before(YEAR), end: to })),
        }
    }
}

fn statuses(text: &str) -> Result<Vec<Status>, Problem> {
    let unknown = || Problem::field("status", format!("must be of {}", Status::ALL.map(Status::as_str).join(", ")));
    text.split(',').map(|word| Status::parse(word.trim()).ok_or_else(unknown)).collect()
}

/// Lists appointments and holds by their start.
///
/// # Errors
/// 422 naming a wrong parameter.
#[utoipa::path(get, path = "/api/v1/appointments", tag = "booking", params(ListAppointments),
    responses((status = 200, description = "A page", body = Page<AppointmentView>)))]
pub async fn list_appointments(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListAppointments>,
) -> Result<Json<Page<AppointmentView>>, Problem> {
    let limit = limit(query.limit)?;
    let zone = agenda(&state, &who).await?.map_or(Tz::UTC, |agenda| agenda.zone);
    let rows = who.scope(&state.store).appointments(&query.filter(&who.sight(), zone, limit)?).await?;
    Ok(Json(page(rows, limit, |row| place_cursor(row.span.start.micros(), row.id.0), AppointmentView::from)))
}
