//! The queue of jobs for outside calendars: taken under a lease that the number of the try names, so that two nodes never hold one at once.

use crate::domain::booking::{Job, JobKind};
use crate::domain::ids::{AppointmentId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::calendar::{CalendarJobs, JobEnd, TakenJob};
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::rows::{Columns, Kind, Row, get};
use async_trait::async_trait;
use sea_orm::DbErr;
use uuid::Uuid;

const WINDOW: Columns = &[("now", Kind::At), ("until", Kind::At)];
const LEASE: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("attempt", Kind::Int), ("due_at", Kind::At)];
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
                let sql = format!(
                    "SELECT j.tenant_id, j.id, j.appointment_id, j.kind, j.version, j.generation, j.attempt {due}
                     ORDER BY j.due_at LIMIT {limit} {}",
                    tx.lock("FOR UPDATE OF j SKIP LOCKED")
                );
                let taken = tx.all(&sql, &window).await?.iter().map(taken).collect::<Result<Vec<_>, _>>()?;
                let mut leases = tx.rows(LEASE);
                for job in &taken {
                    leases.push([job.tenant.into(), job.id.into(), job.attempt.into(), until.into()]);
                }
                let sql = "UPDATE calendar_job SET attempt = r.attempt, due_at = r.due_at FROM {rows}
                           WHERE calendar_job.tenant_id = r.tenant_id AND calendar_job.id = r.id";
                tx.run(sql, &leases).await?;
                Ok(taken)
            })
        })
        .await
    }

    async fn end_job(&self, job: &TakenJob, end: JobEnd) -> Result<(), StoreError> {
        let (state, due) = match end {
            JobEnd::Done => ("done", None),
            JobEnd::Again(at) => ("pending", Some(at)),
            JobEnd::Dead => ("dead", None),
        };
        let mut rows = self.rows(END);
        rows.push([job.tenant.into(), job.id.into(), job.attempt.into(), state.into(), due.into()]);
        self.alone(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE calendar_job SET state = r.state, due_at = COALESCE(r.due_at, calendar_job.due_at) FROM {rows}
                           WHERE calendar_job.tenant_id = r.tenant_id AND calendar_job.id = r.id AND calendar_job.attempt = r.attempt
                           AND calendar_job.state = 'pending'";
                tx.run(sql, &rows).await.map(drop)
            })
        })
        .await
    }
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
