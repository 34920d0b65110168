//! News that is due becomes rows of its conversation's queue: once, under a derived id, in one transaction with its own mark. Reminders wait
//! for the end of the quiet hours; what belongs to no conversation goes.

use crate::domain::booking::News;
use crate::domain::booking::news::{Quiet, quiet};
use crate::domain::conversation::event::Happening;
use crate::domain::ids::{AppointmentId, ConversationKey, TenantId};
use crate::domain::time::Timestamp;
use crate::store::bookings::agenda::Agendas;
use crate::store::bookings::ask::Ask;
use crate::store::reads;
use crate::store::rows::{Columns, Kind, Row, Rows, Tx, at, get};
use crate::store::spelling::{INBOUND, json};
use sea_orm::DbErr;
use uuid::Uuid;

const MARK: Columns = &[
    ("tenant_id", Kind::Id),
    ("appointment_id", Kind::Id),
    ("version", Kind::Int),
    ("kind", Kind::Text),
    ("state", Kind::Text),
    ("due_at", Kind::At),
];

/// What is due of these partitions, or of no conversation at all.
const DUE: &str = "FROM appointment_reminder d
    JOIN appointment a ON a.tenant_id = d.tenant_id AND a.id = d.appointment_id
    LEFT JOIN conversation c ON c.tenant_id = a.tenant_id AND c.id = a.conversation_id
    WHERE d.state = 'pending' AND d.due_at <= (SELECT MAX(r.at) FROM {rows})
    AND (c.part IS NULL OR c.part IN (SELECT r.part FROM {rows}))";

/// Returns the question whether anything is due, for a set of `part` and `at`.
pub(in crate::store) fn any_due() -> String {
    format!("SELECT 1 AS due {DUE} LIMIT 1")
}

/// One piece of news that is due.
struct Due {
    tenant: TenantId,
    appointment: AppointmentId,
    version: i64,
    kind: String,
    due: Timestamp,
    start: Timestamp,
    reason: Option<String>,
    /// Where it is told, and the inbox of that conversation.
    place: Option<(ConversationKey, Uuid)>,
}

impl Due {
    fn of(row: &Row) -> Result<Self, DbErr> {
        let conversation: Option<Uuid> = get(row, "conversation_id")?;
        let place = conversation.map(|_| Ok::<_, DbErr>((reads::key(row)?, get(row, "inbox_id")?))).transpose()?;
        Ok(Self {
            tenant: TenantId(get(row, "tenant_id")?),
            appointment: AppointmentId(get(row, "appointment_id")?),
            version: get(row, "version")?,
            kind: get(row, "kind")?,
            due: at(row, "due_at")?,
            start: at(row, "starts_at")?,
            reason: get(row, "reason")?,
            place,
        })
    }

    fn mark(&self, marks: &mut Rows, state: &'static str, due: Timestamp) {
        let tenant = self.tenant;
        marks.push([tenant.into(), self.appointment.0.into(), self.version.into(), (&self.kind).into(), state.into(), due.into()]);
    }
}

/// Makes rows of what is due; returns their conversations.
pub(in crate::store) async fn fire(
    tx: Tx<'_>,
    agendas: &Agendas,
    due: &Rows,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<ConversationKey>, DbErr> {
    let sql = format!(
        "SELECT d.tenant_id, d.appointment_id, d.version, d.kind, d.due_at, a.starts_at, a.reason, c.id AS conversation_id, c.part,
         c.inbox_id {DUE} ORDER BY d.due_at LIMIT {limit} {}",
        tx.lock("FOR UPDATE OF d SKIP LOCKED")
    );
    let (mut rows, mut marks, mut keys) = (tx.rows(INBOUND), tx.rows(MARK), Vec::new());
    for row in tx.all(&sql, due).await? {
        let one = Due::of(&row)?;
        let news = News::parse(&one.kind, one.due, one.reason.as_deref());
        let (Some(news), Some((key, inbox))) = (news, one.place) else {
            one.mark(&mut marks, "dropped", one.due);
            continue;
        };
        match may_leave(tx, agendas, &one, &news, now).await? {
            Quiet::Over => {}
            Quiet::Until(end) => {
                one.mark(&mut marks, "pending", end);
                continue;
            }
            Quiet::Skip => {
                one.mark(&mut marks, "dropped", one.due);
                continue;
            }
        }
        one.mark(&mut marks, "sent", one.due);
        let external_id = external_id(&one, &news);
        let payload = json(&Happening::BookingNews { appointment: one.appointment, version: one.version, news, told: None })?;
        rows.push([
            key.tenant.into(),
            tx.id::<Uuid>().into(),
            inbox.into(),
            (&external_id).into(),
            "timer".into(),
            key.id.into(),
            i64::from(key.part.0).into(),
            (&payload).into(),
            "new".into(),
            one.due.min(now).into(),
            now.into(),
        ]);
        keys.push(key);
    }
    let suffix = "ON CONFLICT (tenant_id, inbox_id, external_id) DO NOTHING RETURNING id";
    tx.insert_returning("inbound", &rows, suffix).await?;
    let sql = "UPDATE appointment_reminder SET state = r.state, due_at = r.due_at FROM {rows}
               WHERE appointment_reminder.tenant_id = r.tenant_id AND appointment_reminder.appointment_id = r.appointment_id
               AND appointment_reminder.version = r.version AND appointment_reminder.kind = r.kind";
    tx.run(sql, &marks).await?;
    keys.sort_unstable_by_key(|key| key.id);
    keys.dedup();
    Ok(keys)
}

/// Reminders keep the quiet hours; what the customer waits for does not.
async fn may_leave(tx: Tx<'_>, agendas: &Agendas, one: &Due, news: &News, now: Timestamp) -> Result<Quiet, DbErr> {
    if !news.is_reminder() {
        return Ok(Quiet::Over);
    }
    // Before it is put off: what was put off counts from its new time.
    if !news.in_time(now) {
        return Ok(Quiet::Skip);
    }
    let agenda = agendas.of(Ask::Inside(tx), one.tenant).await?;
    Ok(agenda.map_or(Quiet::Skip, |agenda| quiet(&agenda.rules, agenda.zone, one.start, now)))
}

fn external_id(one: &Due, news: &News) -> String {
    match news {
        News::Reminder { hours, .. } => format!("reminder:{}:{}:{hours}", one.appointment, one.version),
        News::Settled | News::Failed { .. } | News::Cancelled | News::Offered | News::Flagged { .. } => {
            format!("booking:{}:{}:{}", one.appointment, one.version, one.kind)
        }
    }
}
