//! The truth about a call: fenced by the row and its attempt, not by the epoch, so that it may always be written.

use crate::domain::conversation::event::Happening;
use crate::domain::delivery::DeliveryState;
use crate::domain::ids::{ConversationKey, InboxId};
use crate::domain::time::Timestamp;
use crate::ports::faults::broken;
use crate::ports::store::{Mark, MarkOutbox, Marked};
use crate::store::reads;
use crate::store::rows::{Columns, Kind, Row, Rows, Tx, get};
use crate::store::spelling;
use crate::store::writer::commit::USAGE;
use crate::store::writer::feed::{Draft, Feed, Source};
use crate::store::writer::queue::by_assistant;
use crate::store::writer::status::{Parked, take_parked};
use sea_orm::DbErr;
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

const KEYS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
const MARKS: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("state", Kind::Text),
    ("provider_id", Kind::Text),
    ("code", Kind::Text),
    ("detail", Kind::Text),
    ("due_at", Kind::At),
    ("finished_at", Kind::At),
];
const MESSAGES: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("status", Kind::Text),
    ("rank", Kind::Small),
    ("external_id", Kind::Text),
    ("error", Kind::Text),
];

/// What people must be told about a message that may not have arrived.
#[derive(Clone)]
pub(super) struct Failure {
    pub key: ConversationKey,
    pub inbox: InboxId,
    pub outbox: Uuid,
    pub attempt: i64,
    pub seq: Option<i64>,
    pub assistant: bool,
    /// It asked how the customer was served.
    pub survey: bool,
}

impl Failure {
    pub fn read(row: &Row) -> Result<Self, DbErr> {
        let class: String = get(row, "class")?;
        Ok(Self {
            key: reads::key(row)?,
            inbox: InboxId(get(row, "inbox_id")?),
            outbox: get(row, "id")?,
            attempt: get(row, "attempt")?,
            seq: get(row, "seq")?,
            assistant: by_assistant(&class),
            survey: get::<Option<i64>>(row, "ended_cycle")?.is_some(),
        })
    }
}

/// A row as its mark finds it.
struct Found {
    failure: Failure,
    state: String,
    cancelling: bool,
    message: Option<Uuid>,
    cycle: Option<i64>,
}

impl Found {
    /// A call that was taken stays taken, whatever a new owner thought of it meanwhile.
    fn takes(&self, mark: &MarkOutbox) -> bool {
        let sent = matches!(mark.mark, Mark::Sent { .. }) && matches!(self.state.as_str(), "uncertain" | "retry");
        let unmarked = broken("sending") && matches!(self.state.as_str(), "pending" | "retry");
        self.failure.attempt == mark.attempt && (self.state == "sending" || sent || unmarked)
    }
}

/// What a mark writes.
#[derive(Default)]
struct Verdict {
    state: &'static str,
    provider_id: Option<String>,
    code: Option<String>,
    detail: Option<String>,
    due_at: Option<Timestamp>,
    /// Status, rank and error of the message.
    message: Option<(&'static str, i16, Option<String>)>,
    /// The code, and true if nobody knows.
    failure: Option<(String, bool)>,
}

impl Verdict {
    fn of(mark: &Mark, found: &Found, parked: Option<&Parked>) -> Self {
        match mark {
            Mark::Sent { provider_id } => Self::sent(&spelling::key(provider_id), parked),
            Mark::Retry { code, .. } if found.cancelling => {
                Self { state: "cancelled", code: Some(code.clone()), message: Some(("cancelled", 0, None)), ..Self::default() }
            }
            Mark::Retry { due_at, code } => Self { state: "retry", code: Some(code.clone()), due_at: Some(*due_at), ..Self::default() },
            Mark::Failed { code, detail, dead } => Self {
                state: if *dead { "dead" } else { "failed" },
                code: Some(code.clone()),
                detail: Some(detail.clone()),
                message: Some(("failed", DeliveryState::Failed.rank(), Some(code.clone()))),
                failure: Some((code.clone(), false)),
                ..Self::default()
            },
            Mark::Uncertain { code } => Self {
                state: "uncertain",
                code: Some(code.clone()),
                message: Some(("uncertain", 0, Some(code.clone()))),
                failure: Some((code.clone(), true)),
                ..Self::default()
            },
        }
    }

    fn sent(provider_id: &str, parked: Option<&Parked>) -> Self {
        let provider_id = Some(provider_id.to_owned()).filter(|id| !id.is_empty());
        match parked {
            Some(Parked { state: DeliveryState::Failed, error }) => {
                let code = error.clone().unwrap_or_else(|| "failed".to_owned());
                let message = Some((DeliveryState::Failed.as_str(), DeliveryState::Failed.rank(), error.clone()));
                Self { state: "failed", provider_id, code: Some(code.clone()), message, failure: Some((code, false)), ..Self::default() }
            }
            Some(Parked { state, .. }) => {
                Self { state: "sent", provider_id, message: Some((state.as_str(), state.rank(), None)), ..Self::default() }
            }
            None => Self { state: "sent", provider_id, message: Some(("sent", 1, None)), ..Self::default() },
        }
    }
}

pub(super) async fn apply(tx: Tx<'_>, marks: &[&MarkOutbox], feed: &mut Feed) -> Result<Vec<Marked>, DbErr> {
    let mut answers: Vec<Marked> = marks.iter().map(|_| Marked::default()).collect();
    let found = read(tx, marks).await?;
    let applied = |mark: &&&MarkOutbox| found.get(&mark.id.0).is_some_and(|found| found.takes(mark));
    let ids = marks.iter().filter(applied).filter_map(|mark| match &mark.mark {
        Mark::Sent { provider_id } => Some((mark.key.tenant, mark.inbox, spelling::key(provider_id))),
        Mark::Retry { .. } | Mark::Failed { .. } | Mark::Uncertain { .. } => None,
    });
    let parked = take_parked(tx, ids).await?;
    let mut written = Written::new(tx);
    for (place, mark) in marks.iter().enumerate() {
        let Some(found) = found.get(&mark.id.0).filter(|found| found.takes(mark)) else { continue };
        let parked = match &mark.mark {
            Mark::Sent { provider_id } => parked.get(&(mark.inbox, spelling::key(provider_id))),
            Mark::Retry { .. } | Mark::Failed { .. } | Mark::Uncertain { .. } => None,
        };
        let verdict = Verdict::of(&mark.mark, found, parked);
        if let Some(answer) = answers.get_mut(place) {
            *answer = Marked { applied: true, hint: verdict.failure.is_some(), published: Vec::new() };
        }
        if let (Some((status, ..)), Some(message)) = (&verdict.message, found.message) {
            let data = json!({ "message_id": message, "status": status });
            let draft = Draft { tenant: mark.key.tenant, conversation: mark.key.id, kind: "message.status", data, at: mark.at };
            feed.event(Source::Mark(place), draft);
        }
        written.add(tx, mark, found, verdict);
    }
    written.write(tx).await?;
    Ok(answers)
}

async fn read(tx: Tx<'_>, marks: &[&MarkOutbox]) -> Result<HashMap<Uuid, Found>, DbErr> {
    let mut keys: Vec<_> = marks.iter().map(|mark| (mark.key.tenant, mark.id)).collect();
    keys.sort_unstable();
    let mut rows = tx.rows(KEYS);
    for (tenant, id) in keys {
        rows.push([tenant.into(), id.0.into()]);
    }
    let sql = format!(
        "SELECT o.id, o.tenant_id, o.inbox_id, o.conversation_id, o.part, o.state, o.attempt, o.class, o.cancelling, o.message_id,
         o.ended_cycle, m.seq, m.cycle FROM {{rows}} CROSS JOIN outbox o LEFT JOIN message m ON m.tenant_id = o.tenant_id AND m.id = o.message_id
         WHERE o.tenant_id = r.tenant_id AND o.id = r.id {}",
        tx.lock("FOR UPDATE OF o")
    );
    let mut found = HashMap::with_capacity(marks.len());
    for row in tx.all(&sql, &rows).await? {
        let failure = Failure::read(&row)?;
        let (state, cancelling) = (get(&row, "state")?, get(&row, "cancelling")?);
        let (message, cycle) = (get(&row, "message_id")?, get(&row, "cycle")?);
        found.insert(failure.outbox, Found { failure, state, cancelling, message, cycle });
    }
    Ok(found)
}

/// The sets of one transaction's marks.
struct Written {
    marks: Rows,
    messages: Rows,
    usage: Rows,
    failed: Vec<(Failure, String, Timestamp)>,
    uncertain: Vec<(Failure, String, Timestamp)>,
}

impl Written {
    fn new(tx: Tx<'_>) -> Self {
        Self { marks: tx.rows(MARKS), messages: tx.rows(MESSAGES), usage: tx.rows(USAGE), failed: Vec::new(), uncertain: Vec::new() }
    }

    fn add(&mut self, tx: Tx<'_>, mark: &MarkOutbox, found: &Found, verdict: Verdict) {
        let (tenant, at) = (mark.key.tenant, mark.at);
        let finished = (verdict.state != "retry").then_some(at);
        self.marks.push([
            tenant.into(),
            mark.id.0.into(),
            verdict.state.into(),
            verdict.provider_id.as_ref().into(),
            verdict.code.as_ref().into(),
            verdict.detail.as_ref().into(),
            verdict.due_at.into(),
            finished.into(),
        ]);
        if let (Some((status, rank, error)), Some(message)) = (&verdict.message, found.message) {
            let (provider_id, error) = (verdict.provider_id.as_ref(), error.as_ref());
            let rank = i64::from(*rank);
            self.messages.push([tenant.into(), message.into(), (*status).into(), rank.into(), provider_id.into(), error.into()]);
        }
        if matches!(mark.mark, Mark::Sent { .. }) {
            let (id, cycle) = (tx.id::<Uuid>(), found.cycle);
            self.usage.push([tenant.into(), id.into(), "message_sent".into(), 1.into(), mark.key.id.into(), cycle.into(), at.into()]);
        }
        match verdict.failure {
            Some((code, true)) => self.uncertain.push((found.failure.clone(), code, at)),
            Some((code, false)) => self.failed.push((found.failure.clone(), code, at)),
            None => {}
        }
    }

    async fn write(self, tx: Tx<'_>) -> Result<(), DbErr> {
        let sql = "UPDATE outbox SET state = r.state, provider_id = COALESCE(r.provider_id, outbox.provider_id), code = r.code,
                   detail = r.detail, due_at = COALESCE(r.due_at, outbox.due_at), finished_at = r.finished_at
                   FROM {rows} WHERE outbox.tenant_id = r.tenant_id AND outbox.id = r.id";
        tx.update("marks", sql, &self.marks).await?;
        let sql = "UPDATE message SET status = r.status, status_rank = r.rank, error = r.error,
                   external_id = COALESCE(r.external_id, message.external_id)
                   FROM {rows} WHERE message.tenant_id = r.tenant_id AND message.id = r.id";
        tx.update("marked messages", sql, &self.messages).await?;
        tx.insert("usage_fact", &self.usage).await?;
        report_failures(tx, &self.failed, false).await?;
        report_failures(tx, &self.uncertain, true).await
    }
}

/// Makes a row of the queue for each message that may not have arrived: its conversation must hear of it. Once per attempt.
pub(super) async fn report_failures(tx: Tx<'_>, failures: &[(Failure, String, Timestamp)], uncertain: bool) -> Result<(), DbErr> {
    let mut rows = tx.rows(spelling::INBOUND);
    for (failure, code, at) in failures {
        let Failure { seq, assistant, survey, .. } = *failure;
        let happening = Happening::DeliveryFailed { seq, code: code.clone(), uncertain, assistant, survey };
        let payload = spelling::json(&happening)?;
        let external_id = format!("{}:{}:{}", if uncertain { "unsure" } else { "fail" }, failure.outbox, failure.attempt);
        rows.push([
            failure.key.tenant.into(),
            tx.id::<Uuid>().into(),
            failure.inbox.into(),
            (&external_id).into(),
            "delivery_failed".into(),
            failure.key.id.into(),
            i64::from(failure.key.part.0).into(),
            (&payload).into(),
            "new".into(),
            (*at).into(),
            (*at).into(),
        ]);
    }
    let suffix = "ON CONFLICT (tenant_id, inbox_id, external_id) DO NOTHING";
    tx.put("inbound", &rows, suffix).await.map(drop)
}
