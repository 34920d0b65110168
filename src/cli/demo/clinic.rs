//! What can be booked at the demo's clinic: set up once. A clinic whose services somebody has changed is left as it is.

use crate::domain::booking::{Holiday, Limits, Need, Question, Service};
use crate::domain::ids::{ResourceId, ServiceId, TenantId};
use crate::store::admin::Admin;
use crate::store::admin::bookings::{Offer, ResourceDefinition};
use anyhow::Context;
use chrono::{Datelike, NaiveDate};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

const SEED: &str = include_str!("clinic.toml");

/// Days that are holidays of every year.
const HOLIDAYS: [(u32, u32, &str); 5] =
    [(1, 1, "Año Nuevo"), (5, 1, "Día del Trabajo"), (9, 16, "Día de la Independencia"), (11, 2, "Día de Muertos"), (12, 25, "Navidad")];

/// The seed file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Clinic {
    /// Made-up names.
    pub customers: Vec<String>,
    pub waiting: Vec<Waiting>,
    pub resources: Vec<ResourceSeed>,
    pub services: Vec<ServiceSeed>,
}

/// Somebody who waits for a day that is full.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Waiting {
    pub name: String,
    pub locale: String,
    /// What they write; the day follows.
    pub says: String,
}

/// A resource under the name by which the seed refers to it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceSeed {
    pub key: String,
    pub what: ResourceDefinition,
}

/// A service under the name by which the seed refers to it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceSeed {
    pub key: String,
    pub name: BTreeMap<String, String>,
    aliases: Vec<String>,
    duration: u32,
    buffer_after: u32,
    min_notice: u32,
    pub price: Option<String>,
    needs: Vec<Vec<String>>,
    #[serde(default)]
    questions: Vec<Question>,
}

/// Reads the seed.
pub(super) fn read() -> anyhow::Result<Clinic> {
    toml::from_str(SEED).context("the embedded clinic cannot be read")
}

/// Sets the clinic up where nothing is offered yet, and sees that a holiday lies ahead.
pub(super) async fn seed(admin: &Admin, tenant: TenantId, clinic: &Clinic, today: NaiveDate) -> anyhow::Result<()> {
    if admin.list_services(tenant).await?.is_empty() {
        let known = resources(admin, tenant, clinic).await?;
        for (service, position) in clinic.services.iter().zip(1..) {
            admin.add_service(tenant, Offer { what: service.made(&known)?, position, active: true }).await?;
        }
    }
    if !admin.list_holidays(tenant).await?.iter().any(|holiday| holiday.date > today) {
        admin.put_holiday(tenant, next_holiday(today)?).await?;
    }
    Ok(())
}

/// Makes the resources; one that is there already, after a start that was cut short, is taken.
async fn resources(admin: &Admin, tenant: TenantId, clinic: &Clinic) -> anyhow::Result<HashMap<String, ResourceId>> {
    let there = admin.list_resources(tenant).await?;
    let mut known = HashMap::new();
    for (ResourceSeed { key, what }, position) in clinic.resources.iter().zip(1..) {
        let id = match there.iter().find(|(_, offer)| offer.what.name == what.name) {
            Some((id, _)) => *id,
            None => admin.add_resource(tenant, Offer { what: what.clone(), position, active: true }).await?,
        };
        known.insert(key.clone(), id);
    }
    Ok(known)
}

impl ServiceSeed {
    fn made(&self, known: &HashMap<String, ResourceId>) -> anyhow::Result<Service> {
        let id = |key: &String| known.get(key).copied().with_context(|| format!("the clinic has no resource {key}"));
        let need = |keys: &Vec<String>| Ok(Need { any_of: keys.iter().map(id).collect::<anyhow::Result<_>>()? });
        Ok(Service {
            id: ServiceId(Uuid::nil()),
            name: self.name.clone(),
            aliases: self.aliases.clone(),
            duration: self.duration,
            step: Some(15),
            buffer_before: 0,
            buffer_after: self.buffer_after,
            min_notice: self.min_notice,
            max_advance_days: 60,
            price: self.price.clone(),
            needs: self.needs.iter().map(need).collect::<anyhow::Result<_>>()?,
            limits: Limits::default(),
            questions: self.questions.clone(),
            approval: false,
        })
    }
}

fn next_holiday(today: NaiveDate) -> anyhow::Result<Holiday> {
    let of = |year: i32| {
        HOLIDAYS.into_iter().filter_map(move |(month, day, name)| {
            NaiveDate::from_ymd_opt(year, month, day).map(|date| Holiday { date, name: name.to_owned() })
        })
    };
    let next = of(today.year()).chain(of(today.year() + 1)).find(|holiday| holiday.date > today);
    next.context("the calendar has ended")
}

#[cfg(test)]
mod tests;
