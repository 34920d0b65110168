//! The agenda's rows: written in the transaction that raises the version, read by whoever asks.

use super::{MOST, Offer, Removed, ResourceDefinition, Told};
use crate::domain::booking::{Holiday, Rules, Service};
use crate::domain::ids::{ResourceId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::calendar::Owner;
use crate::store::admin::AdminError;
use crate::store::bookings::agenda::{holiday, rules_of, service};
use crate::store::bookings::ask::Ask;
use crate::store::bookings::polls::watch;
use crate::store::rows::{Columns, Kind, Row, Rows, Tx, get};
use crate::store::spelling::json;
use chrono::NaiveDate;
use sea_orm::DbErr;
use std::collections::HashSet;
use uuid::Uuid;

const TENANT: Columns = &[("tenant_id", Kind::Id)];
const ID: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
const DAY: Columns = &[("tenant_id", Kind::Id), ("day", Kind::Text)];
const HOLIDAY: Columns = &[("tenant_id", Kind::Id), ("day", Kind::Text), ("name", Kind::Text)];
const RULES: Columns = &[("tenant_id", Kind::Id), ("rules", Kind::Text), ("updated_at", Kind::At)];
const OFFER: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("position", Kind::Int),
    ("definition", Kind::Text),
    ("active", Kind::Bool),
    ("created_at", Kind::At),
    ("updated_at", Kind::At),
];

/// A table whose rows appointments may refer to.
pub(super) struct Kept {
    table: &'static str,
    /// A condition on the row `r` that is true if something refers to it.
    referred: &'static str,
}

pub(super) static SERVICE: Kept =
    Kept { table: "service", referred: "EXISTS (SELECT 1 FROM appointment a WHERE a.tenant_id = r.tenant_id AND a.service_id = r.id)" };

pub(super) static RESOURCE: Kept = Kept {
    table: "resource",
    // An event that still stands in its outside calendar must be found there.
    referred: "(EXISTS (SELECT 1 FROM appointment_seat a WHERE a.tenant_id = r.tenant_id AND a.resource_id = r.id)
               OR EXISTS (SELECT 1 FROM calendar_event a WHERE a.tenant_id = r.tenant_id AND a.resource_id = r.id))",
};

pub(super) async fn put_service(tx: Tx<'_>, tenant: TenantId, offer: &Offer<Service>, new: bool, now: Timestamp) -> Told<()> {
    let known: HashSet<Uuid> = ids(tx, tenant, "resource").await?;
    if offer.what.resources().any(|resource| !known.contains(&resource.0)) {
        return Ok(Err(AdminError::invalid("needs", "must name resources of this tenant")));
    }
    let definition = json(&offer.what)?;
    let cells = (offer.what.id.0, offer.position, offer.active);
    Ok(put(tx, tenant, &SERVICE, cells, &definition, new, now)
        .await?
        .map_err(|error| error.unwrap_or(AdminError::NoService(offer.what.id))))
}

pub(super) async fn put_resource(
    tx: Tx<'_>,
    (tenant, id): (TenantId, ResourceId),
    offer: &Offer<ResourceDefinition>,
    new: bool,
    now: Timestamp,
) -> Told<()> {
    let definition = json(&offer.what)?;
    let cells = (id.0, offer.position, offer.active);
    let done = put(tx, tenant, &RESOURCE, cells, &definition, new, now).await?;
    if done.is_ok() && offer.active && offer.what.outside_calendar {
        watch(tx, Owner { tenant, resource: id }, now).await?;
    }
    Ok(done.map_err(|error| error.unwrap_or(AdminError::NoResource(id))))
}

/// Inserts or replaces; the inner error is `None` if there is nothing to replace.
async fn put(
    tx: Tx<'_>,
    tenant: TenantId,
    what: &Kept,
    (id, position, active): (Uuid, i64, bool),
    definition: &str,
    new: bool,
    now: Timestamp,
) -> Result<Result<(), Option<AdminError>>, DbErr> {
    let mut rows = tx.rows(OFFER);
    rows.push([tenant.into(), id.into(), position.into(), definition.into(), active.into(), now.into(), now.into()]);
    let table = what.table;
    if new {
        if ids(tx, tenant, table).await?.len() >= usize::try_from(MOST).unwrap_or(usize::MAX) {
            return Ok(Err(Some(AdminError::invalid("name", "cannot be added: a tenant has at most 500 of them"))));
        }
        tx.insert(table, &rows).await?;
        return Ok(Ok(()));
    }
    let sql = format!(
        "UPDATE {table} SET position = r.position, definition = r.definition, active = r.active, updated_at = r.updated_at
         FROM {{rows}} WHERE {table}.tenant_id = r.tenant_id AND {table}.id = r.id"
    );
    Ok(if tx.run(&sql, &rows).await? == 0 { Err(None) } else { Ok(()) })
}

async fn ids(tx: Tx<'_>, tenant: TenantId, table: &str) -> Result<HashSet<Uuid>, DbErr> {
    let sql = format!("SELECT t.id FROM {{rows}} CROSS JOIN {table} t WHERE t.tenant_id = r.tenant_id");
    let found = tx.all(&sql, &of_tenant(Ask::Inside(tx), tenant)).await?;
    found.iter().map(|row| get(row, "id")).collect()
}

fn of_tenant(ask: Ask<'_>, tenant: TenantId) -> Rows {
    let mut rows = ask.rows(TENANT);
    rows.push([tenant.into()]);
    rows
}

/// Deletes a row that nothing refers to, retires one that something does; `None`: there is none.
pub(super) async fn remove(tx: Tx<'_>, tenant: TenantId, what: &Kept, id: Uuid) -> Result<Option<Removed>, DbErr> {
    let mut rows = tx.rows(ID);
    rows.push([tenant.into(), id.into()]);
    let (table, referred) = (what.table, what.referred);
    let retire = format!(
        "UPDATE {table} SET active = (1 = 0) FROM {{rows}} WHERE {table}.tenant_id = r.tenant_id AND {table}.id = r.id AND {referred}"
    );
    if tx.run(&retire, &rows).await? > 0 {
        return Ok(Some(Removed::Retired));
    }
    Ok((tx.delete(table, &rows, "").await? > 0).then_some(Removed::Gone))
}

pub(super) async fn put_holiday(tx: Tx<'_>, tenant: TenantId, it: &Holiday) -> Told<()> {
    let mut rows = tx.rows(HOLIDAY);
    let day = it.date.to_string();
    rows.push([tenant.into(), (&day).into(), it.name.trim().into()]);
    tx.put("holiday", &rows, "ON CONFLICT (tenant_id, day) DO UPDATE SET name = excluded.name").await?;
    Ok(Ok(()))
}

pub(super) async fn remove_holiday(tx: Tx<'_>, tenant: TenantId, date: NaiveDate) -> Told<bool> {
    let mut rows = tx.rows(DAY);
    let day = date.to_string();
    rows.push([tenant.into(), (&day).into()]);
    Ok(Ok(tx.delete("holiday", &rows, "").await? > 0))
}

pub(super) async fn put_rules(tx: Tx<'_>, tenant: TenantId, rules: &Rules, now: Timestamp) -> Told<()> {
    let mut rows = tx.rows(RULES);
    let text = json(rules)?;
    rows.push([tenant.into(), (&text).into(), now.into()]);
    let replace = "ON CONFLICT (tenant_id) DO UPDATE SET rules = excluded.rules, updated_at = excluded.updated_at";
    tx.put("booking_rules", &rows, replace).await?;
    Ok(Ok(()))
}

pub(super) async fn rules(ask: Ask<'_>, tenant: TenantId) -> Result<Rules, DbErr> {
    let sql = format!("SELECT b.rules FROM {{rows}} CROSS JOIN booking_rules b WHERE {}", ask.own("b"));
    let found = ask.all(&sql, of_tenant(ask, tenant)).await?;
    let stored: Option<String> = found.first().map(|row| get(row, "rules")).transpose()?;
    Ok(rules_of(stored.as_deref()))
}

pub(super) async fn holidays(ask: Ask<'_>, tenant: TenantId) -> Result<Vec<Holiday>, DbErr> {
    let sql = format!("SELECT h.day, h.name FROM {{rows}} CROSS JOIN holiday h WHERE {} ORDER BY h.day", ask.own("h"));
    let found = ask.all(&sql, of_tenant(ask, tenant)).await?;
    found.iter().filter_map(|row| holiday(row).transpose()).collect()
}

pub(super) async fn services(ask: Ask<'_>, tenant: TenantId) -> Result<Vec<Offer<Service>>, DbErr> {
    let found = offers(ask, tenant, &SERVICE).await?;
    found.iter().filter_map(|row| service(row).transpose().map(|it| offer(row, it?))).collect()
}

pub(super) async fn resources(ask: Ask<'_>, tenant: TenantId) -> Result<Vec<(ResourceId, Offer<ResourceDefinition>)>, DbErr> {
    let found = offers(ask, tenant, &RESOURCE).await?;
    let mut all = Vec::with_capacity(found.len());
    for row in &found {
        let definition: String = get(row, "definition")?;
        if let Ok(definition) = serde_json::from_str(&definition) {
            all.push((ResourceId(get(row, "id")?), offer(row, definition)?));
        }
    }
    Ok(all)
}

async fn offers(ask: Ask<'_>, tenant: TenantId, what: &Kept) -> Result<Vec<Row>, DbErr> {
    let sql = format!(
        "SELECT t.id, t.definition, t.position, t.active FROM {{rows}} CROSS JOIN {} t WHERE {} ORDER BY t.position, t.id",
        what.table,
        ask.own("t")
    );
    ask.all(&sql, of_tenant(ask, tenant)).await
}

fn offer<T>(row: &Row, what: T) -> Result<Offer<T>, DbErr> {
    Ok(Offer { what, position: get(row, "position")?, active: get(row, "active")? })
}
