//! The queue of jobs for outside calendars: taken under a lease that the number of the try names, so that two nodes never hold one at once, nor two of
//! one appointment.

use crate::domain::booking::{Flag, Job, JobKind, Mark};
use crate::domain::ids::{AppointmentId, TenantId};
use crate::domain::notice::cause::of_calendar;
use crate::domain::time::Timestamp;
use crate::ports::calendar::{CalendarJobs, CalendarState, JobEnd, Owner, PollEnd, TakenJob, TakenPoll};
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::bookings::polls;
use crate::store::notices::raise;
use crate::store::rows::{Columns, Kind, Row, Tx, get};
use async_trait::async_trait;
use sea_orm::{DbBackend, DbErr};
use std::collections::HashSet;
use uuid::Uuid;

const WINDOW: Columns = &[("now", Kind::At), ("until", Kind::At)];
const LEASE: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("attempt", Kind::Int), ("due_at", Kind::At)];
const APPOINTMENT: Columns = &[("tenant_id", Kind::Id), ("appointment_id", Kind::Id)];
const TAKER: Columns = &[("lock", Kind::Int)];
/// Names the lock of whoever chooses jobs ("calendar" in ASCII).
const TAKER_LOCK: i64 = 0x6361_6c65_6e64_6172;
const END: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("attempt", Kind::Int), ("state", Kind::Text), ("due_at", Kind::At)];

#[async_trait]
impl CalendarJobs for Store {
    async fn take_jobs(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<TakenJob>, StoreError> {
        let mut window = self.rows(WINDOW);
        window.push([now.into(), until.into()]);
        // Asked first without the writer: most seconds nothing is due.
        let due = "FROM calendar_job j WHERE j.state = 'pending' AND j.due_at <= (SELECT r.now FROM {rows})";
        if self.fetch(&format!("SELECT 1 AS due {due} LIMIT 1"), window.clone()).await?.is_empty() {
            return Ok(Vec::new());
        }
        self.alone(move |tx| {
            Box::pin(async move {
                one_taker(tx).await?;
                let sql = format!(
                    "SELECT j.tenant_id, j.id, j.appointment_id, j.kind, j.version, j.generation, j.attempt {due}
                     AND NOT EXISTS (SELECT 1 FROM calendar_job o WHERE o.tenant_id = j.tenant_id AND o.appointment_id = j.appointment_id
                                     AND o.state = 'pending' AND o.leased_until > (SELECT r.now FROM {{rows}}))
                     ORDER BY j.due_at, j.version, j.generation LIMIT {limit} {}",
                    tx.lock("FOR UPDATE OF j SKIP LOCKED")
                );
                let mut taken = tx.all(&sql, &window).await?.iter().map(taken).collect::<Result<Vec<_>, _>>()?;
                let mut seen = HashSet::new();
                taken.retain(|job| seen.insert((job.tenant, job.job.appointment)));
                let mut leases = tx.rows(LEASE);
                for job in &taken {
                    leases.push([job.tenant.into(), job.id.into(), job.attempt.into(), until.into()]);
                }
                let sql = "UPDATE calendar_job SET attempt = r.attempt, due_at = r.due_at, leased_until = r.due_at FROM {rows}
                           WHERE calendar_job.tenant_id = r.tenant_id AND calendar_job.id = r.id";
                tx.run(sql, &leases).await?;
                Ok(taken)
            })
        })
        .await
    }

    async fn marks(&self, tenant: TenantId, appointment: AppointmentId) -> Result<Vec<Mark>, StoreError> {
        self.marks_by(tenant, ("appointment_id", appointment.0), None).await
    }

    async fn marks_of(&self, owner: Owner, after: Timestamp) -> Result<Vec<Mark>, StoreError> {
        self.marks_by(owner.tenant, ("resource_id", owner.resource.0), Some(after)).await
    }

    async fn put_mark(&self, tenant: TenantId, mark: &Mark) -> Result<(), StoreError> {
        self.write_mark(tenant, mark.clone()).await
    }

    async fn drop_mark(&self, tenant: TenantId, mark: &Mark) -> Result<(), StoreError> {
        self.forget_mark(tenant, mark.clone()).await
    }

    async fn has_job(&self, tenant: TenantId, appointment: AppointmentId) -> Result<bool, StoreError> {
        let mut rows = self.one(APPOINTMENT);
        rows.push([tenant.into(), appointment.0.into()]);
        let sql = "SELECT 1 AS open FROM {rows} CROSS JOIN calendar_job j WHERE j.tenant_id = r.tenant_id
                   AND j.appointment_id = r.appointment_id AND j.state = 'pending' LIMIT 1";
        Ok(!self.fetch(sql, rows).await?.is_empty())
    }

    async fn flag(&self, tenant: TenantId, appointment: AppointmentId, flag: Flag, now: Timestamp) -> Result<(), StoreError> {
        self.raise_flag(tenant, appointment, flag, now).await
    }

    async fn watch(&self, owner: Owner, now: Timestamp) -> Result<(), StoreError> {
        self.alone(move |tx| Box::pin(polls::watch(tx, owner, now))).await
    }

    async fn unwatch(&self, owner: Owner) -> Result<(), StoreError> {
        self.alone(move |tx| Box::pin(polls::unwatch(tx, owner))).await
    }

    async fn take_polls(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<TakenPoll>, StoreError> {
        self.due_polls(now, until, limit).await
    }

    async fn end_poll(&self, poll: &TakenPoll, end: PollEnd) -> Result<(), StoreError> {
        self.finish_poll(poll, end).await
    }

    async fn calendar_state(&self, owner: Owner) -> Result<Option<CalendarState>, StoreError> {
        self.poll_state(owner).await
    }

    async fn end_job(&self, job: &TakenJob, end: JobEnd) -> Result<(), StoreError> {
        let (state, due) = match end {
            JobEnd::Done => ("done", None),
            JobEnd::Again(at) => ("pending", Some(at)),
            JobEnd::Dead => ("dead", None),
        };
        let mut rows = self.rows(END);
        rows.push([job.tenant.into(), job.id.into(), job.attempt.into(), state.into(), due.into()]);
        let now = self.inner.clock.now();
        let given_up = (state == "dead").then(|| (job.tenant, of_calendar(job.id, job.job.appointment), now));
        self.alone(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE calendar_job SET state = r.state, due_at = COALESCE(r.due_at, calendar_job.due_at), leased_until = NULL FROM {rows}
                           WHERE calendar_job.tenant_id = r.tenant_id AND calendar_job.id = r.id AND calendar_job.attempt = r.attempt
                           AND calendar_job.state = 'pending'";
                let ended = tx.run(sql, &rows).await? > 0;
                raise(tx, given_up.filter(|_| ended).as_slice()).await
            })
        })
        .await
    }
}

/// Lets one process at a time choose: two that chose at once could take two jobs of one appointment.
async fn one_taker(tx: Tx<'_>) -> Result<(), DbErr> {
    if tx.backend() != DbBackend::Postgres {
        return Ok(());
    }
    let mut rows = tx.rows(TAKER);
    rows.push([TAKER_LOCK.into()]);
    tx.all("SELECT pg_advisory_xact_lock(r.lock) IS NULL AS locked FROM {rows}", &rows).await.map(drop)
}

fn taken(row: &Row) -> Result<TakenJob, DbErr> {
    let kind: String = get(row, "kind")?;
    let kind = match kind.as_str() {
        "create" => JobKind::Create,
        "change" => JobKind::Change,
        "delete" => JobKind::Delete,
        _ => return Err(DbErr::Type("a job that this release does not know".to_owned())),
    };
    let attempt: i64 = get(row, "attempt")?;
    Ok(TakenJob {
        tenant: TenantId(get(row, "tenant_id")?),
        id: get::<Uuid>(row, "id")?,
        job: Job {
            kind,
            appointment: AppointmentId(get(row, "appointment_id")?),
            version: get(row, "version")?,
            generation: get(row, "generation")?,
        },
        attempt: attempt + 1,
    })
}
