//! Who and what gives services: people, rooms, chairs, with their hours.

pub mod create;
pub mod feed;
pub mod get;
pub mod hours;
pub mod list;
pub mod remove;
pub mod replace;

use crate::domain::booking::{Exception, ResourceKind};
use crate::domain::ids::ResourceId;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::resources::hours::{ExceptionBody, WeekBody};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::ports::calendar::CalendarState;
use crate::store::admin::bookings::{Offer, ResourceDefinition};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a resource is.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KindBody {
    /// Somebody; customers may ask for them by name.
    Person,
    /// A room.
    Room,
    /// A chair, a machine, a table.
    Equipment,
}

/// A resource as it shall be; what is left out gets its default.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceBody {
    /// Its name, as customers read it.
    name: String,
    /// Other words by which customers call it.
    #[serde(default)]
    aliases: Vec<String>,
    /// What it is.
    kind: KindBody,
    /// How many appointments it takes at once: 1 to 500; 1 if left out.
    #[serde(default = "one")]
    capacity: u32,
    /// Its own time zone (IANA), if it is not the business's. Hours are local to it.
    #[serde(default)]
    zone: Option<String>,
    /// Its hours of each week.
    hours: WeekBody,
    /// What differs on single dates.
    #[serde(default)]
    exceptions: Vec<ExceptionBody>,
    /// True: its appointments must also stand in an outside calendar, whose busy times are kept free.
    #[serde(default)]
    outside_calendar: bool,
    /// Its place in the list, lowest first, older ones first among equals; 0 if left out.
    #[serde(default)]
    position: i64,
    /// False: kept, but no longer offered.
    #[serde(default = "yes")]
    active: bool,
}

const fn one() -> u32 {
    1
}

const fn yes() -> bool {
    true
}

impl ResourceBody {
    fn offer(self) -> Result<Offer<ResourceDefinition>, Problem> {
        let read = |(at, it): (usize, &ExceptionBody)| it.read(at);
        let exceptions: Vec<Exception> = self.exceptions.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        let what = ResourceDefinition {
            hours: self.hours.read()?,
            exceptions,
            name: self.name.trim().to_owned(),
            aliases: self.aliases,
            kind: match self.kind {
                KindBody::Person => ResourceKind::Person,
                KindBody::Room => ResourceKind::Room,
                KindBody::Equipment => ResourceKind::Equipment,
            },
            // What is too much for the type is too much for the check.
            capacity: u16::try_from(self.capacity).unwrap_or(u16::MAX),
            zone: self.zone,
            outside_calendar: self.outside_calendar,
        };
        Ok(Offer { what, position: self.position, active: self.active })
    }
}

/// A resource.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResourceView {
    /// Its id.
    id: Uuid,
    /// What was set.
    #[serde(flatten)]
    set: ResourceBody,
    /// How its outside calendar stands; absent in lists and without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    calendar: Option<CalendarView>,
}

/// How an outside calendar stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CalendarView {
    /// `ok`, `unknown` (its times are not offered), or `new` (it was not looked at yet).
    state: &'static str,
    /// When it was last seen.
    checked_at: Option<String>,
    /// Since when it cannot be seen.
    unknown_since: Option<String>,
}

impl From<CalendarState> for CalendarView {
    fn from(CalendarState { checked_at, unknown_since }: CalendarState) -> Self {
        let state = match (checked_at, unknown_since) {
            (_, Some(_)) => "unknown",
            (Some(_), None) => "ok",
            (None, None) => "new",
        };
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Self { state, checked_at: text(checked_at), unknown_since: text(unknown_since) }
    }
}

impl From<(ResourceId, Offer<ResourceDefinition>)> for ResourceView {
    fn from((id, Offer { what, position, active }): (ResourceId, Offer<ResourceDefinition>)) -> Self {
        let set = ResourceBody {
            hours: WeekBody::from(&what.hours),
            exceptions: what.exceptions.iter().map(ExceptionBody::from).collect(),
            name: what.name,
            aliases: what.aliases,
            kind: match what.kind {
                ResourceKind::Person => KindBody::Person,
                ResourceKind::Room => KindBody::Room,
                ResourceKind::Equipment => KindBody::Equipment,
            },
            capacity: what.capacity.into(),
            zone: what.zone,
            outside_calendar: what.outside_calendar,
            position,
            active,
        };
        Self { id: id.0, set, calendar: None }
    }
}

async fn find(state: &HttpState, who: &AgentPrincipal, id: &str) -> Result<(ResourceId, Offer<ResourceDefinition>), Problem> {
    let id: ResourceId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let all = state.models.admin.list_resources(who.tenant).await?;
    all.into_iter().find(|(known, _)| *known == id).ok_or_else(Problem::not_found)
}
