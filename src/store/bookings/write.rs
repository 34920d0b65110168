//! Writing what was decided: appointments under their versions, the wall's rows, jobs, reminders, mails, what was shown.

mod mails;
mod notices;

pub(super) use mails::mails;
pub(super) use notices::notices;

use crate::domain::booking::news::news_of;
use crate::domain::booking::{Actor, Agenda, Appointment, Job, JobKind, Rules, Shown, Status};
use crate::domain::ids::{ConversationId, TenantId};
use crate::domain::time::Timestamp;
use crate::store::bookings::rows::{APPOINTMENT, UPDATE, push};
use crate::store::rows::{Columns, Kind, Tx};
use crate::store::spelling::json;
use sea_orm::DbErr;
use std::time::Duration;
use uuid::Uuid;

const OWN: Columns = &[("tenant_id", Kind::Id), ("appointment_id", Kind::Id)];
const SEAT: Columns = &[
    ("tenant_id", Kind::Id),
    ("appointment_id", Kind::Id),
    ("place", Kind::Small),
    ("resource_id", Kind::Id),
    ("seat_no", Kind::Small),
    ("group_id", Kind::Id),
    ("starts_at", Kind::At),
    ("ends_at", Kind::At),
    ("protects", Kind::Bool),
];
const SHOWN: Columns = &[("tenant_id", Kind::Id), ("conversation_id", Kind::Id), ("shown", Kind::Text), ("shown_at", Kind::At)];
const JOB: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("appointment_id", Kind::Id),
    ("kind", Kind::Text),
    ("version", Kind::Int),
    ("generation", Kind::Int),
    ("state", Kind::Text),
    ("due_at", Kind::At),
    ("attempt", Kind::Int),
    ("created_at", Kind::At),
];
const REMINDER: Columns = &[
    ("tenant_id", Kind::Id),
    ("appointment_id", Kind::Id),
    ("version", Kind::Int),
    ("kind", Kind::Text),
    ("due_at", Kind::At),
    ("state", Kind::Text),
];
const VERSION: Columns = &[("tenant_id", Kind::Id), ("appointment_id", Kind::Id), ("version", Kind::Int)];

/// A reminder that would come sooner than this after the booking says nothing new.
const NEWS: Duration = Duration::from_mins(30);

/// An appointment before and after.
pub(super) struct Change<'a> {
    /// As it was loaded; `None`: it is new.
    pub before: Option<&'a Appointment>,
    /// As it is now.
    pub after: &'a Appointment,
}

/// Writes changed and new appointments with their seats. A row that another has changed meanwhile fails with
/// [`DbErr::RecordNotUpdated`].
pub(super) async fn appointments(tx: Tx<'_>, tenant: TenantId, changes: &[Change<'_>]) -> Result<(), DbErr> {
    let (mut new, mut changed, mut own, mut seats) = (tx.rows(APPOINTMENT), tx.rows(APPOINTMENT), tx.rows(OWN), tx.rows(SEAT));
    for Change { before, after } in changes {
        push(if before.is_some() { &mut changed } else { &mut new }, tenant, after)?;
        if before.is_some() {
            own.push([tenant.into(), after.id.0.into()]);
        }
        for (place, seat) in (0_i64..).zip(&after.seats) {
            seats.push([
                tenant.into(),
                after.id.0.into(),
                place.into(),
                seat.resource.0.into(),
                i64::from(seat.number).into(),
                after.group().0.into(),
                after.span.start.into(),
                after.span.end.into(),
                after.status.protects().into(),
            ]);
        }
    }
    if tx.run(UPDATE, &changed).await? != u64::try_from(changed.len()).unwrap_or(u64::MAX) {
        return Err(DbErr::RecordNotUpdated);
    }
    tx.insert("appointment", &new).await?;
    // All seats go before the first comes: what one change frees another may take.
    tx.delete("appointment_seat", &own, "").await?;
    tx.insert("appointment_seat", &seats).await
}

/// Writes jobs for outside calendars, due at once.
pub(super) async fn jobs(tx: Tx<'_>, tenant: TenantId, jobs: &[Job], now: Timestamp) -> Result<(), DbErr> {
    let mut rows = tx.rows(JOB);
    for job in jobs {
        let kind = match job.kind {
            JobKind::Create => "create",
            JobKind::Change => "change",
            JobKind::Delete => "delete",
        };
        rows.push([
            tenant.into(),
            tx.id::<Uuid>().into(),
            job.appointment.0.into(),
            kind.into(),
            job.version.into(),
            job.generation.into(),
            "pending".into(),
            now.into(),
            0_i64.into(),
            now.into(),
        ]);
    }
    // The same job once more is the same job: it is only due again.
    let again = "ON CONFLICT (tenant_id, appointment_id, kind, version, generation)
                 DO UPDATE SET state = 'pending', due_at = excluded.due_at, attempt = 0";
    tx.put("calendar_job", &rows, again).await.map(drop)
}

/// Keeps the reminders in step: a new time has new ones, the same time keeps what is still due, an end drops them.
pub(super) async fn reminders(tx: Tx<'_>, tenant: TenantId, changes: &[Change<'_>], rules: &Rules, now: Timestamp) -> Result<(), DbErr> {
    let (mut made, mut kept, mut dropped) = (tx.rows(REMINDER), tx.rows(VERSION), tx.rows(VERSION));
    for Change { before, after } in changes {
        let confirmed = after.status == Status::Confirmed;
        let was = before.filter(|before| before.status == Status::Confirmed);
        let row = [tenant.into(), after.id.0.into(), after.version.into()];
        match was {
            Some(before) if confirmed && before.span == after.span => kept.push(row),
            Some(_) => dropped.push(row),
            None => {}
        }
        if confirmed && was.is_none_or(|before| before.span != after.span) {
            for (kind, due) in due(after, rules, now) {
                made.push([tenant.into(), after.id.0.into(), after.version.into(), (&kind).into(), due.into(), "pending".into()]);
            }
        }
    }
    let older = "FROM {rows} WHERE appointment_reminder.tenant_id = r.tenant_id AND appointment_reminder.appointment_id = r.appointment_id
                 AND appointment_reminder.state = 'pending' AND appointment_reminder.version < r.version";
    tx.run(&format!("UPDATE appointment_reminder SET state = 'dropped' {older}"), &dropped).await?;
    tx.run(&format!("UPDATE appointment_reminder SET version = r.version {older}"), &kept).await?;
    tx.insert("appointment_reminder", &made).await
}

/// Writes what customers must hear of the changes, due at once: told from the row that stands then.
pub(super) async fn news(
    tx: Tx<'_>,
    tenant: TenantId,
    changes: &[Change<'_>],
    (actor, agenda): (Actor, &Agenda),
    now: Timestamp,
) -> Result<(), DbErr> {
    let mut rows = tx.rows(REMINDER);
    for Change { before, after } in changes {
        if let Some(news) = news_of(*before, after, actor, agenda) {
            let kind = news.kind();
            rows.push([tenant.into(), after.id.0.into(), after.version.into(), (&kind).into(), now.into(), "pending".into()]);
        }
    }
    tx.insert("appointment_reminder", &rows).await
}

/// Returns which reminders an appointment gets, in elapsed time.
fn due(appointment: &Appointment, rules: &Rules, now: Timestamp) -> Vec<(String, Timestamp)> {
    let mut hours = rules.reminder_hours.clone();
    hours.sort_unstable();
    hours.dedup();
    let at = |hours: u32| appointment.span.start.before(Duration::from_hours(u64::from(hours)));
    hours.into_iter().map(|hours| (format!("{hours}h"), at(hours))).filter(|(_, due)| *due >= now.after(NEWS)).collect()
}

/// Remembers what a conversation was shown, in place of what it was shown before.
pub(super) async fn shown(
    tx: Tx<'_>,
    tenant: TenantId,
    conversation: ConversationId,
    shown: &[Shown],
    now: Timestamp,
) -> Result<(), DbErr> {
    let mut rows = tx.rows(SHOWN);
    let text = json(&shown)?;
    rows.push([tenant.into(), conversation.0.into(), (&text).into(), now.into()]);
    let replace = "ON CONFLICT (tenant_id, conversation_id) DO UPDATE SET shown = excluded.shown, shown_at = excluded.shown_at";
    tx.put("slot_shown", &rows, replace).await.map(drop)
}

#[cfg(test)]
mod tests;
