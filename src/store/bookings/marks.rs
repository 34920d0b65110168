//! Where our events are in outside calendars, and what people must know of them.

use crate::domain::booking::{Flag, Mark, Span};
use crate::domain::ids::{AppointmentId, ResourceId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::rows::{Columns, Kind, Row, at, get, maybe_at};
use crate::store::scope::store_error;
use sea_orm::DbErr;
use uuid::Uuid;

const OF: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("after", Kind::At)];
const KEY: Columns = &[("tenant_id", Kind::Id), ("appointment_id", Kind::Id), ("generation", Kind::Int), ("resource_id", Kind::Id)];
const EVENT: Columns = &[
    ("tenant_id", Kind::Id),
    ("appointment_id", Kind::Id),
    ("generation", Kind::Int),
    ("resource_id", Kind::Id),
    ("name", Kind::Text),
    ("starts_at", Kind::At),
    ("ends_at", Kind::At),
    ("tried_start", Kind::At),
    ("tried_end", Kind::At),
    ("version", Kind::Text),
    ("sequence", Kind::Int),
    ("made", Kind::Bool),
];
const FLAG: Columns = &[("tenant_id", Kind::Id), ("appointment_id", Kind::Id), ("kind", Kind::Text), ("now", Kind::At)];
/// Most events that are read at once.
const MOST: usize = 5_000;

impl Store {
    /// Reads marks by one of their columns; with an instant only those that end after it.
    pub(super) async fn marks_by(
        &self,
        tenant: TenantId,
        (column, id): (&'static str, Uuid),
        after: Option<Timestamp>,
    ) -> Result<Vec<Mark>, StoreError> {
        let mut rows = self.one(OF);
        rows.push([tenant.into(), id.into(), after.into()]);
        let later = if after.is_some() { "AND e.ends_at > r.after" } else { "" };
        let sql = format!(
            "SELECT e.appointment_id, e.generation, e.resource_id, e.name, e.starts_at, e.ends_at, e.tried_start, e.tried_end, e.version, e.sequence, e.made
             FROM {{rows}} CROSS JOIN calendar_event e WHERE e.tenant_id = r.tenant_id AND e.{column} = r.id {later}
             ORDER BY e.ends_at, e.generation LIMIT {MOST}"
        );
        self.fetch(&sql, rows).await?.iter().map(mark).collect::<Result<_, _>>().map_err(store_error)
    }

    pub(super) async fn write_mark(&self, tenant: TenantId, mark: Mark) -> Result<(), StoreError> {
        let mut rows = self.rows(EVENT);
        rows.push([
            tenant.into(),
            mark.appointment.0.into(),
            mark.generation.into(),
            mark.resource.0.into(),
            (&mark.name).into(),
            mark.span.start.into(),
            mark.span.end.into(),
            mark.tried.map(|span| span.start).into(),
            mark.tried.map(|span| span.end).into(),
            mark.version.as_ref().into(),
            mark.sequence.into(),
            mark.made.into(),
        ]);
        let replace = "ON CONFLICT (tenant_id, appointment_id, generation, resource_id) DO UPDATE SET starts_at = excluded.starts_at,
                       ends_at = excluded.ends_at, tried_start = excluded.tried_start, tried_end = excluded.tried_end, version = excluded.version, sequence = excluded.sequence, made = excluded.made";
        self.alone(move |tx| Box::pin(async move { tx.put("calendar_event", &rows, replace).await.map(drop) })).await
    }

    pub(super) async fn forget_mark(&self, tenant: TenantId, mark: Mark) -> Result<(), StoreError> {
        let mut rows = self.rows(KEY);
        rows.push([tenant.into(), mark.appointment.0.into(), mark.generation.into(), mark.resource.0.into()]);
        self.alone(move |tx| Box::pin(async move { tx.delete("calendar_event", &rows, "").await.map(drop) })).await
    }

    /// Makes news for people of the version that stands, once.
    pub(super) async fn raise_flag(&self, tenant: TenantId, id: AppointmentId, flag: Flag, now: Timestamp) -> Result<(), StoreError> {
        let mut rows = self.rows(FLAG);
        rows.push([tenant.into(), id.0.into(), flag.as_str().into(), now.into()]);
        let sql = "INSERT INTO appointment_reminder (tenant_id, appointment_id, version, kind, due_at, state)
                   SELECT r.tenant_id, r.appointment_id, a.version, r.kind, r.now, 'pending' FROM {rows}
                   JOIN appointment a ON a.tenant_id = r.tenant_id AND a.id = r.appointment_id
                   ON CONFLICT (tenant_id, appointment_id, version, kind) DO NOTHING";
        self.alone(move |tx| Box::pin(async move { tx.run(sql, &rows).await.map(drop) })).await
    }
}

fn mark(row: &Row) -> Result<Mark, DbErr> {
    Ok(Mark {
        appointment: AppointmentId(get(row, "appointment_id")?),
        generation: get(row, "generation")?,
        resource: ResourceId(get(row, "resource_id")?),
        name: get(row, "name")?,
        span: Span { start: at(row, "starts_at")?, end: at(row, "ends_at")? },
        tried: maybe_at(row, "tried_start")?.zip(maybe_at(row, "tried_end")?).map(|(start, end)| Span { start, end }),
        version: get(row, "version")?,
        sequence: get(row, "sequence")?,
        made: get(row, "made")?,
    })
}
