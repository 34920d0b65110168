//! `GET /api/v1/slots`: what is free, by the same rule that books it.

use crate::domain::booking::{Agenda, Slot, Span, Wanted};
use crate::domain::ids::{ResourceId, ServiceId};
use crate::domain::time::Timestamp;
use crate::domain::when::zone::wall;
use crate::http::HttpState;
use crate::http::api::v1::booking::moments::{Window, span};
use crate::http::api::v1::booking::{agenda, read_id};
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, number_cursor, page, read_number_cursor};
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// The longest window, in days.
const MOST_DAYS: u64 = 62;
/// The window if nobody says where it ends.
const WEEK: Duration = Duration::from_hours(7 * 24);

/// Which slots.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSlots {
    /// The service.
    #[param(required = true, format = Uuid)]
    service_id: Option<String>,
    /// From this instant (RFC 3339), or from the beginning of this local date; now if absent.
    from: Option<String>,
    /// Before this instant, or to the end of this local date; at most 62 days after `from`, seven if absent.
    to: Option<String>,
    /// Only with this resource.
    #[param(format = Uuid)]
    resource_id: Option<String>,
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// A time that can be booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SlotView {
    /// What.
    service_id: Uuid,
    /// When it starts.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// The start by the business's clock: `2026-11-23T09:00`.
    local: String,
    /// The business's time zone.
    zone: String,
    /// With whom: the resource asked for, else the one that would be chosen.
    resource_id: Option<Uuid>,
    /// How many more can be booked at this time.
    capacity_left: u32,
    /// The resources that are free then: one list for each need of the service, in the order of choice.
    free: Vec<Vec<Uuid>>,
}

impl SlotView {
    /// Shows a slot; `asked`: with whom it was asked for.
    pub fn of(slot: Slot, agenda: &Agenda, asked: Option<ResourceId>) -> Self {
        let chosen = asked.or_else(|| slot.free.first()?.first().copied());
        Self {
            service_id: slot.service.0,
            starts_at: slot.span.start,
            ends_at: slot.span.end,
            local: wall(agenda.zone, slot.span.start).format("%Y-%m-%dT%H:%M").to_string(),
            zone: agenda.zone.name().to_owned(),
            resource_id: chosen.map(|id| id.0),
            capacity_left: slot.capacity_left,
            free: slot.free.into_iter().map(|need| need.into_iter().map(|id| id.0).collect()).collect(),
        }
    }
}

impl ListSlots {
    /// Reads what is wanted of an agenda.
    fn wanted(&self, agenda: &Agenda, now: Timestamp, limit: u64) -> Result<Wanted, Problem> {
        let service = self.service()?;
        let Some(offered) = agenda.service(service) else { return Err(unknown_service()) };
        let resource: Option<ResourceId> = self.resource_id.as_deref().map(|id| read_id("resource_id", id)).transpose()?;
        if resource.is_some_and(|id| agenda.resource(id).is_none() || !offered.resources().any(|known| known == id)) {
            return Err(Problem::field("resource_id", "is no resource of this service").with_code("unknown_resource"));
        }
        let (from, to) = Window { from: self.from.as_deref(), to: self.to.as_deref() }.ends(agenda.zone)?;
        let from = from.unwrap_or(now);
        let within = span(from, to.unwrap_or_else(|| from.after(WEEK)), MOST_DAYS)?;
        if within.end <= now {
            return Err(Problem::field("to", "has passed: only times to come can be booked").with_code("past"));
        }
        let after = self.cursor.as_deref().map(read_number_cursor).transpose()?;
        let start = after.map_or(within.start, |at| within.start.max(Timestamp::from_micros(at.saturating_add(1))));
        let within = Span { start, end: within.end };
        Ok(Wanted { service, within, resource, moving: None, limit: usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1) })
    }

    fn service(&self) -> Result<ServiceId, Problem> {
        let missing = || Problem::field("service_id", "is needed: the id of one of GET /api/v1/services");
        read_id("service_id", self.service_id.as_deref().ok_or_else(missing)?)
    }
}

fn unknown_service() -> Problem {
    Problem::field("service_id", "is no service that you offer: see GET /api/v1/services").with_code("unknown_service")
}

/// Lists the free times of a service, earliest first.
///
/// # Errors
/// 422 naming a wrong parameter; a service of another tenant is unknown.
#[utoipa::path(get, path = "/api/v1/slots", tag = "booking", params(ListSlots),
    responses((status = 200, description = "A page", body = Page<SlotView>)))]
pub async fn list_slots(who: AgentPrincipal, state: Data<HttpState>, query: Query<ListSlots>) -> Result<Json<Page<SlotView>>, Problem> {
    let limit = limit(query.limit)?;
    query.service()?;
    let agenda = agenda(&state, &who).await?.ok_or_else(unknown_service)?;
    let now = state.clock.now();
    let wanted = query.wanted(&agenda, now, limit)?;
    let resource = wanted.resource;
    let found = who.scope(&state.store).slots(&wanted, now).await?;
    Ok(Json(page(found, limit, |slot| number_cursor(slot.span.start.micros()), |slot| SlotView::of(slot, &agenda, resource))))
}
