//! Looks at the rows when all is over, with statements of its own: nothing of the product's code helps it.

use super::worker::{Known, OUTSIDE};
use crate::store::rig::Rig;
use anyhow::Result;
use recado::domain::time::Timestamp;
use recado::testing::calendar::FlakyCalendar;
use sea_orm::DbBackend;

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Pairs of standing appointments that share a seat and an instant.
    pub overlaps: i64,
    /// Standing appointments at whose start more seats of a resource were taken than it has.
    pub over_capacity: i64,
    /// Appointments whose rows of the wall are not what they themselves say.
    pub disagreeing: i64,
    /// Appointments that somebody was told of and that are not stored so.
    pub lost: Vec<Known>,
}

/// What an outside calendar and the book say of each other.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// Events that no standing appointment wants as they are.
    pub orphans: Vec<String>,
    /// Standing appointments of the calendar's resource beyond those that have their event.
    pub eventless: i64,
}

/// Holds a calendar's own list against the rows.
pub async fn outside(rig: &Rig, calendar: &FlakyCalendar) -> Result<Outside> {
    let postgres = rig.database.backend() == DbBackend::Postgres;
    let at = |at: Timestamp| if postgres { format!("'{at}'") } else { at.micros().to_string() };
    let (mut orphans, mut matched) = (Vec::new(), 0);
    for (resource, event) in calendar.events() {
        let wanted = format!(
            "appointment a JOIN appointment_seat s ON s.tenant_id = a.tenant_id AND s.appointment_id = a.id
             WHERE a.id = {} AND s.resource_id = {} AND a.status = 'confirmed' AND a.starts_at = {} AND a.ends_at = {}",
            rig.id(event.appointment.0),
            rig.id(resource.0),
            at(event.span.start),
            at(event.span.end)
        );
        match rig.count(&wanted).await? {
            1 => matched += 1,
            _ => orphans.push(event.name),
        }
    }
    let standing = format!(
        "appointment a JOIN appointment_seat s ON s.tenant_id = a.tenant_id AND s.appointment_id = a.id
         JOIN resource r ON r.tenant_id = s.tenant_id AND r.id = s.resource_id
         WHERE a.status = 'confirmed' AND r.definition LIKE '%\"{OUTSIDE}\"%'"
    );
    Ok(Outside { orphans, eventless: rig.count(&standing).await? - matched })
}

const STANDS: &str = "status IN ('held', 'confirming', 'pending_owner', 'confirmed')";

/// Sweeps over the book of a business; `capacity` is that of every resource together with its name's last digit.
pub async fn look(rig: &Rig, known: &[Known]) -> Result<Findings> {
    let seats = format!(
        "(SELECT s.resource_id, s.seat_no, s.appointment_id, a.starts_at, a.ends_at, COALESCE(a.moves, a.id) AS family
          FROM appointment_seat s JOIN appointment a ON a.tenant_id = s.tenant_id AND a.id = s.appointment_id WHERE a.{STANDS})"
    );
    let overlaps = format!(
        "{seats} x JOIN {seats} y ON x.resource_id = y.resource_id AND x.seat_no = y.seat_no AND x.appointment_id < y.appointment_id
         AND x.starts_at < y.ends_at AND y.starts_at < x.ends_at AND x.family <> y.family"
    );
    let at_once = format!(
        "(SELECT x.resource_id AS resource_id, COUNT(DISTINCT y.family) AS taken FROM {seats} x JOIN {seats} y
          ON x.resource_id = y.resource_id AND y.starts_at <= x.starts_at AND x.starts_at < y.ends_at
          GROUP BY x.resource_id, x.appointment_id, x.starts_at) t JOIN resource r ON r.id = t.resource_id"
    );
    let disagreeing = format!(
        "appointment a WHERE (a.{STANDS}) <> EXISTS (SELECT 1 FROM appointment_seat s WHERE s.tenant_id = a.tenant_id
         AND s.appointment_id = a.id AND s.protects AND s.starts_at = a.starts_at AND s.ends_at = a.ends_at)"
    );
    // The test's resources say in their definition how many they take.
    let over_capacity = format!(
        "{at_once} WHERE r.definition NOT LIKE '%\"capacity\":' || t.taken || ',%' AND (t.taken > 2 OR r.definition LIKE '%\"capacity\":1,%')"
    );
    Ok(Findings {
        overlaps: rig.count(&overlaps).await?,
        over_capacity: rig.count(&over_capacity).await?,
        disagreeing: rig.count(&disagreeing).await?,
        lost: lost(rig, known).await?,
    })
}

async fn lost(rig: &Rig, known: &[Known]) -> Result<Vec<Known>> {
    let postgres = rig.database.backend() == DbBackend::Postgres;
    let mut lost = Vec::new();
    for one in known {
        let id = rig.id(one.id.0);
        let start = if postgres { format!("'{}'", one.start) } else { one.start.micros().to_string() };
        let as_told = if one.stands { format!("status = 'confirmed' AND starts_at = {start}") } else { "status <> 'confirmed'".to_owned() };
        if rig.count(&format!("appointment WHERE id = {id} AND {as_told}")).await? != 1 {
            lost.push(one.clone());
        }
    }
    Ok(lost)
}
