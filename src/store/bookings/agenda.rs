//! The agenda: what people have set, read whole, parsed once, kept by the version of the settings.
//!
//! An act reads the version inside its own transaction, so it never decides by an agenda that is out of date. Whoever only reads may be a
//! second behind changes that another process made; this process's own are seen at once.

use crate::domain::booking::{Agenda, Exception, Holiday, Resource, ResourceKind, Retired, Rules, Service, WeekHours};
use crate::domain::ids::{ResourceId, ServiceId, TenantId};
use crate::store::bookings::ask::Ask;
use crate::store::bookings::outside::Outside;
use crate::store::rows::{Columns, Kind, Row, get};
use chrono::NaiveDate;
use chrono_tz::Tz;
use moka::future::Cache;
use sea_orm::{DbErr, RuntimeErr};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// Most agendas in memory.
const CAPACITY: u64 = 10_000;
/// Most services and most resources that are known although they are not offered any more.
const MOST_RETIRED: usize = 500;
/// How long the version is believed by whoever only reads.
const BELIEVE: Duration = Duration::from_secs(1);
/// How long an agenda is kept that nobody has changed.
const KEEP: Duration = Duration::from_mins(5);

const NOTHING: Columns = &[("id", Kind::Small)];
const TENANT: Columns = &[("tenant_id", Kind::Id)];

/// Agendas by the version at which their reading began, and the version seen last.
#[derive(Clone)]
pub(crate) struct Agendas {
    known: Cache<(i64, TenantId), Option<Arc<Agenda>>>,
    version: Cache<(), i64>,
    /// What outside calendars say.
    pub(in crate::store) outside: Outside,
}

/// A resource as it is stored, without its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceDefinition {
    /// Its name, as customers read it.
    pub name: String,
    /// Other words for it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it is.
    pub kind: ResourceKind,
    /// How many appointments it takes at once.
    #[serde(default = "one")]
    pub capacity: u16,
    /// Its own zone (IANA); `None`: the tenant's.
    #[serde(default)]
    pub zone: Option<String>,
    /// Its hours of each week, Monday first.
    pub hours: WeekHours,
    /// What differs on single dates.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
    /// Its appointments must also stand in an outside calendar.
    #[serde(default)]
    pub outside_calendar: bool,
}

const fn one() -> u16 {
    1
}

impl ResourceDefinition {
    /// Makes the resource; `None` if its zone is unknown.
    #[must_use]
    pub fn resource(self, id: ResourceId, tenants: Tz) -> Option<Resource> {
        let zone = self.zone.as_deref().map_or(Some(tenants), |zone| zone.parse().ok())?;
        let Self { name, aliases, kind, capacity, hours, exceptions, outside_calendar, .. } = self;
        Some(Resource { id, name, aliases, kind, capacity, zone, hours, exceptions, outside_calendar })
    }
}

impl Agendas {
    pub fn new() -> Self {
        let known = Cache::builder().max_capacity(CAPACITY).time_to_live(KEEP).build();
        Self { known, version: Cache::builder().max_capacity(1).time_to_live(BELIEVE).build(), outside: Outside::new() }
    }

    /// Forgets which version is the newest: this process has just made another.
    pub async fn changed(&self) {
        self.version.invalidate(&()).await;
    }

    /// Returns a tenant's agenda; `None`: there is no such tenant, or its zone is unknown.
    pub(in crate::store) async fn of(&self, ask: Ask<'_>, tenant: TenantId) -> Result<Option<Arc<Agenda>>, DbErr> {
        match ask {
            Ask::Inside(_) => {
                // A transaction sees what others have committed: as good as any reader's.
                let version = read_version(ask).await?;
                self.version.insert((), version).await;
                if let Some(known) = self.known.get(&(version, tenant)).await {
                    return Ok(known);
                }
                let read = read(ask, tenant).await?.map(Arc::new);
                self.known.insert((version, tenant), read.clone()).await;
                Ok(read)
            }
            // However many ask at once, as after a restart, each question goes to the database once.
            Ask::Beside(_) | Ask::People(..) => {
                let version = self.version.try_get_with((), read_version(ask)).await.map_err(shared)?;
                let read = async { read(ask, tenant).await.map(|agenda| agenda.map(Arc::new)) };
                self.known.try_get_with((version, tenant), read).await.map_err(shared)
            }
        }
    }
}

/// One error for all who waited for the same answer.
fn shared(error: Arc<DbErr>) -> DbErr {
    if matches!(*error, DbErr::Conn(_)) {
        return DbErr::Conn(RuntimeErr::Internal("the database is away".to_owned()));
    }
    DbErr::Custom(error.to_string())
}

async fn read_version(ask: Ask<'_>) -> Result<i64, DbErr> {
    let mut one = ask.rows(NOTHING);
    one.push([1_i64.into()]);
    let found = ask.all("SELECT v.version FROM {rows} CROSS JOIN config_version v WHERE v.id = r.id", one).await?;
    let row = found.first().ok_or_else(|| DbErr::RecordNotFound("config_version".to_owned()))?;
    get(row, "version")
}

async fn read(ask: Ask<'_>, tenant: TenantId) -> Result<Option<Agenda>, DbErr> {
    let of = async |sql: &str| {
        let mut rows = ask.rows(TENANT);
        rows.push([tenant.into()]);
        ask.all(sql, rows).await
    };
    let found = of("SELECT t.timezone, t.locale, (SELECT b.rules FROM booking_rules b WHERE b.tenant_id = t.id) AS rules
                    FROM {rows} CROSS JOIN tenant t WHERE t.id = r.tenant_id")
    .await?;
    let Some(row) = found.first() else { return Ok(None) };
    let zone: String = get(row, "timezone")?;
    let Ok(zone) = zone.parse::<Tz>() else {
        tracing::error!(tenant.id = %tenant, "the tenant's time zone is unknown: nothing can be booked");
        return Ok(None);
    };
    let rules: Option<String> = get(row, "rules")?;
    let services = of(&offered(ask, "service")).await?;
    let resources = of(&offered(ask, "resource")).await?;
    let retired_services = of(&retired(ask, "service")).await?;
    let retired_resources = of(&retired(ask, "resource")).await?;
    let own = ask.own("h");
    let holidays = of(&format!("SELECT h.day, h.name FROM {{rows}} CROSS JOIN holiday h WHERE {own} ORDER BY h.day")).await?;
    Ok(Some(Agenda {
        zone,
        locale: get(row, "locale")?,
        services: readable(tenant, &services, service)?,
        resources: readable(tenant, &resources, |row| resource(row, zone))?,
        holidays: readable(tenant, &holidays, holiday)?,
        retired: Retired {
            services: readable(tenant, &retired_services, service)?,
            resources: readable(tenant, &retired_resources, |row| resource(row, zone))?,
        },
        rules: rules_of(rules.as_deref()),
    }))
}

/// Returns the question for what is offered, in order.
fn offered(ask: Ask<'_>, table: &str) -> String {
    let own = ask.own("s");
    format!("SELECT s.id, s.definition FROM {{rows}} CROSS JOIN {table} s WHERE {own} AND s.active ORDER BY s.position, s.id")
}

/// Returns the question for what is not offered any more, newest first.
fn retired(ask: Ask<'_>, table: &str) -> String {
    let own = ask.own("s");
    format!(
        "SELECT s.id, s.definition FROM {{rows}} CROSS JOIN {table} s WHERE {own} AND NOT s.active ORDER BY s.id DESC LIMIT {MOST_RETIRED}"
    )
}

/// Reads the tenant's settings; what cannot be read is as if it had not been set.
pub(in crate::store) fn rules_of(stored: Option<&str>) -> Rules {
    stored.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Leaves out what cannot be read, loudly: the rest can still be booked.
fn readable<T>(tenant: TenantId, rows: &[Row], read: impl Fn(&Row) -> Result<Option<T>, DbErr>) -> Result<Vec<T>, DbErr> {
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        match read(row)? {
            Some(one) => all.push(one),
            None => tracing::error!(tenant.id = %tenant, "a part of the agenda cannot be read"),
        }
    }
    Ok(all)
}

pub(in crate::store) fn service(row: &Row) -> Result<Option<Service>, DbErr> {
    let (id, definition): (_, String) = (ServiceId(get(row, "id")?), get(row, "definition")?);
    Ok(serde_json::from_str::<Service>(&definition).ok().map(|service| Service { id, ..service }))
}

fn resource(row: &Row, tenants: Tz) -> Result<Option<Resource>, DbErr> {
    let (id, definition): (_, String) = (ResourceId(get(row, "id")?), get(row, "definition")?);
    let definition = serde_json::from_str::<ResourceDefinition>(&definition).ok();
    Ok(definition.and_then(|definition| definition.resource(id, tenants)))
}

pub(in crate::store) fn holiday(row: &Row) -> Result<Option<Holiday>, DbErr> {
    let (day, name): (String, String) = (get(row, "day")?, get(row, "name")?);
    Ok(day.parse::<NaiveDate>().ok().map(|date| Holiday { date, name }))
}
