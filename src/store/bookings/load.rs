//! Loading what a question bears on: the rows that a reach names, each once.

use crate::domain::booking::{Appointment, Reach, Shown, Span, Status};
use crate::domain::ids::{AppointmentId, ConversationId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::faults::broken;
use crate::store::bookings::ask::Ask;
use crate::store::bookings::rows::{READ, appointment};
use crate::store::rows::{Columns, Kind, Row, Rows, get};
use crate::store::spelling::{from_json, key};
use sea_orm::DbErr;
use std::collections::HashMap;
use std::time::Duration;

const ID: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
const RESOURCE: Columns = &[
    ("tenant_id", Kind::Id),
    ("resource_id", Kind::Id),
    ("service_id", Kind::Id),
    ("since", Kind::At),
    ("starts_at", Kind::At),
    ("ends_at", Kind::At),
    ("asked_at", Kind::At),
];
const SERVICE: Columns =
    &[("tenant_id", Kind::Id), ("service_id", Kind::Id), ("since", Kind::At), ("starts_at", Kind::At), ("ends_at", Kind::At)];
const RECENT: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("since", Kind::At)];
const KEY: Columns = &[("tenant_id", Kind::Id), ("request_key", Kind::Text)];

/// How long what was shown can be chosen from.
const SHOWN: std::time::Duration = std::time::Duration::from_hours(24);

/// The longest appointment: what began earlier than that does not reach in.
const LONGEST: Duration = Duration::from_hours(24);
/// What "recent" means in a reach.
const RECENTLY: Duration = Duration::from_hours(24);

/// Appointments that count for limits and stand in the way.
const COUNTS: &str = "a.status IN ('held', 'confirming', 'pending_owner', 'confirmed', 'completed', 'no_show')";
const PROTECTS: &str = "a.status IN ('held', 'confirming', 'pending_owner', 'confirmed')";

/// Rows that were loaded, each once.
#[derive(Default)]
struct Found {
    places: HashMap<AppointmentId, usize>,
    rows: Vec<Appointment>,
}

impl Found {
    fn add(&mut self, rows: &[Row]) -> Result<(), DbErr> {
        for row in rows {
            let id = AppointmentId(get(row, "id")?);
            // Read anew under the same locks it would be the same row.
            if let std::collections::hash_map::Entry::Vacant(place) = self.places.entry(id) {
                place.insert(self.rows.len());
                self.rows.push(appointment(row)?);
            }
        }
        Ok(())
    }
}

/// Loads the appointments of a reach, and the row named besides.
pub(super) async fn book(
    ask: Ask<'_>,
    tenant: TenantId,
    reach: &Reach,
    named: Option<AppointmentId>,
    now: Timestamp,
) -> Result<Vec<Appointment>, DbErr> {
    let mut found = Found::default();
    found.add(&group(ask, tenant, reach, named).await?)?;
    if let Some(contact) = reach.contact {
        found.add(&recent(ask, tenant, ("contact_id", contact.0), PROTECTS, now).await?)?;
    }
    if let Some(conversation) = reach.conversation {
        found.add(&recent(ask, tenant, ("conversation_id", conversation.0), "a.status = 'held'", now).await?)?;
    }
    if let Some(request) = &reach.request_key {
        let mut rows = ask.rows(KEY);
        rows.push([tenant.into(), (&key(request)).into()]);
        let sql = format!(
            "SELECT {READ} FROM {{rows}} CROSS JOIN appointment a WHERE a.tenant_id = r.tenant_id AND a.request_key = r.request_key"
        );
        found.add(&ask.all(&sql, rows).await?)?;
    }
    // A test's way to show that the wall stands by itself: what is in the way is not looked at.
    if let Some(span) = reach.span.filter(|_| !broken("booking_check")) {
        found.add(&in_the_way(ask, tenant, reach, span, now).await?)?;
    }
    Ok(found.rows)
}

/// What takes one of the resources for another service, and all that is of the service: each row once, or nearly.
async fn in_the_way(ask: Ask<'_>, tenant: TenantId, reach: &Reach, span: Span, now: Timestamp) -> Result<Vec<Row>, DbErr> {
    let since = span.start.before(LONGEST);
    let mut rows = ask.rows(RESOURCE);
    for resource in &reach.resources {
        let service = reach.service.map(|service| service.0);
        rows.push([tenant.into(), resource.0.into(), service.into(), since.into(), span.start.into(), span.end.into(), now.into()]);
    }
    // Two halves, so that no row is looked at of what was given back or called off: a seat that counts without protecting has begun.
    let by_seat = ["s.protects", "NOT s.protects AND s.starts_at <= r.asked_at"].map(|half| {
        format!(
            "SELECT {READ} FROM {{rows}} CROSS JOIN appointment_seat s CROSS JOIN appointment a
             WHERE {} AND s.resource_id = r.resource_id AND {half}
             AND s.starts_at < r.ends_at AND s.starts_at > r.since AND s.ends_at > r.starts_at
             AND a.tenant_id = s.tenant_id AND a.id = s.appointment_id
             AND (r.service_id IS NULL OR a.service_id <> r.service_id) AND {COUNTS}",
            ask.own("s")
        )
    });
    let by_seat = by_seat.join(" UNION ALL ");
    let mut found = ask.all(&by_seat, rows).await?;
    let mut rows = ask.rows(SERVICE);
    if let Some(service) = reach.service {
        rows.push([tenant.into(), service.0.into(), since.into(), span.start.into(), span.end.into()]);
    }
    let by_service = format!(
        "SELECT {READ} FROM {{rows}} CROSS JOIN appointment a WHERE {} AND a.service_id = r.service_id
         AND a.starts_at < r.ends_at AND a.starts_at > r.since AND a.ends_at > r.starts_at AND {COUNTS}",
        ask.own("a")
    );
    found.extend(ask.all(&by_service, rows).await?);
    Ok(found)
}

/// The row that an act names, the group's, and the holds that would move them.
async fn group(ask: Ask<'_>, tenant: TenantId, reach: &Reach, named: Option<AppointmentId>) -> Result<Vec<Row>, DbErr> {
    let mut rows = ask.rows(ID);
    let others = reach.group.filter(|group| Some(*group) != named);
    for id in named.into_iter().chain(others) {
        rows.push([tenant.into(), id.0.into()]);
    }
    // Two halves, so that each has its index.
    let sql = format!(
        "SELECT {READ} FROM {{rows}} CROSS JOIN appointment a WHERE a.tenant_id = r.tenant_id AND a.id = r.id
         UNION ALL
         SELECT {READ} FROM {{rows}} CROSS JOIN appointment a WHERE a.tenant_id = r.tenant_id AND a.moves = r.id"
    );
    ask.all(&sql, rows).await
}

async fn recent(
    ask: Ask<'_>,
    tenant: TenantId,
    (column, id): (&'static str, uuid::Uuid),
    standing: &'static str,
    now: Timestamp,
) -> Result<Vec<Row>, DbErr> {
    let mut rows = ask.rows(RECENT);
    rows.push([tenant.into(), id.into(), now.before(RECENTLY).into()]);
    let sql = format!(
        "SELECT {READ} FROM {{rows}} CROSS JOIN appointment a WHERE a.tenant_id = r.tenant_id AND a.{column} = r.id
         AND ({standing} OR a.created_at > r.since)"
    );
    ask.all(&sql, rows).await
}

/// Reads one appointment.
pub(super) async fn one(ask: Ask<'_>, tenant: TenantId, id: AppointmentId) -> Result<Option<Appointment>, DbErr> {
    let mut rows = ask.rows(ID);
    rows.push([tenant.into(), id.0.into()]);
    let sql = format!("SELECT {READ} FROM {{rows}} CROSS JOIN appointment a WHERE {} AND a.id = r.id", ask.own("a"));
    ask.all(&sql, rows).await?.first().map(appointment).transpose()
}

/// Reads what a conversation was shown last.
pub(super) async fn shown(ask: Ask<'_>, tenant: TenantId, conversation: ConversationId, now: Timestamp) -> Result<Vec<Shown>, DbErr> {
    let sql = "SELECT s.shown, s.shown_at FROM {rows} CROSS JOIN slot_shown s WHERE s.tenant_id = r.tenant_id AND s.conversation_id = r.id";
    let found = ask.all(sql, of_conversation(ask, tenant, conversation)).await?;
    let Some(row) = found.first() else { return Ok(Vec::new()) };
    let old = crate::store::rows::at(row, "shown_at")? < now.before(SHOWN);
    if old { Ok(Vec::new()) } else { from_json(&get::<String>(row, "shown")?) }
}

/// Makes the set of one conversation, its columns `tenant_id` and `id`.
pub(super) fn of_conversation(ask: Ask<'_>, tenant: TenantId, conversation: ConversationId) -> Rows {
    let mut rows = ask.rows(ID);
    rows.push([tenant.into(), conversation.0.into()]);
    rows
}

/// Returns the literal list of statuses for a condition; the words are ours.
pub(super) fn words(statuses: &[Status]) -> String {
    statuses.iter().map(|status| format!("'{}'", status.as_str())).collect::<Vec<_>>().join(", ")
}
