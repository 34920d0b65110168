//! What providers say about our messages: applied monotone (rank only grows, *failed* is final). A word about a message that is not
//! known yet is parked for the mark that will know it.

use crate::domain::delivery::{DeliveryState, StatusUpdate};
use crate::domain::ids::{InboxId, TenantId};
use crate::domain::time::Timestamp;
use crate::store::rows::{Columns, Kind, Row, Tx, get};
use crate::store::spelling::key;
use crate::store::writer::feed::{Draft, Feed, Source};
use crate::store::writer::mark::{self, Failure};
use crate::store::writer::queue::{Statuses, StatusesApplied};
use sea_orm::DbErr;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

const BY_PROVIDER: Columns = &[("tenant_id", Kind::Id), ("inbox_id", Kind::Id), ("external_id", Kind::Text)];
const BY_REFERENCE: Columns = &[("tenant_id", Kind::Id), ("inbox_id", Kind::Id), ("id", Kind::Id)];
const PARKED: Columns = &[
    ("tenant_id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("external_id", Kind::Text),
    ("state", Kind::Text),
    ("rank", Kind::Small),
    ("error", Kind::Text),
    ("at", Kind::At),
    ("parked_at", Kind::At),
];
const CONFIRMED: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("provider_id", Kind::Text), ("at", Kind::At)];
const FAILED: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("code", Kind::Text)];
const MESSAGES: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("status", Kind::Text),
    ("rank", Kind::Small),
    ("error", Kind::Text),
    ("external_id", Kind::Text),
];

/// A message of ours that left, as statuses find it.
#[derive(Clone)]
struct Left {
    failure: Failure,
    message: Option<Uuid>,
    rank: i16,
}

/// The highest word about one row.
struct Word<'a> {
    place: usize,
    at: Timestamp,
    update: &'a StatusUpdate,
    left: Left,
    /// True if it was found by our reference only: the word proves that it left.
    confirms: bool,
}

const SELECT: &str = "SELECT o.id, o.tenant_id, o.inbox_id, o.conversation_id, o.part, o.attempt, o.class, o.provider_id,
                      o.ended_cycle, o.message_id, m.status_rank AS rank, m.seq
                      FROM {rows} CROSS JOIN outbox o LEFT JOIN message m ON m.tenant_id = o.tenant_id AND m.id = o.message_id
                      WHERE o.tenant_id = r.tenant_id AND o.inbox_id = r.inbox_id AND ";

pub(super) async fn apply(tx: Tx<'_>, ops: &[&Statuses], feed: &mut Feed) -> Result<Vec<StatusesApplied>, DbErr> {
    let mut answers: Vec<StatusesApplied> = ops.iter().map(|_| StatusesApplied::default()).collect();
    if ops.is_empty() {
        return Ok(answers);
    }
    let by_provider = by_provider(tx, ops).await?;
    let by_reference = by_reference(tx, ops, &by_provider).await?;
    let mut words: BTreeMap<Uuid, Word<'_>> = BTreeMap::new();
    let mut parked = tx.rows(PARKED);
    for (place, op) in ops.iter().enumerate() {
        for update in &op.statuses {
            let name = (op.inbox.0, key(&update.external_id));
            let known = by_provider.get(&name).map(|left| (left, false));
            let found = known.or_else(|| reference(update).and_then(|id| by_reference.get(&id)).map(|left| (left, true)));
            let Some((left, confirms)) = found else {
                park(&mut parked, op, update);
                continue;
            };
            let word = Word { place, at: op.at, update, left: left.clone(), confirms };
            let best = words.entry(left.failure.outbox).or_insert(word);
            if update.state > best.update.state {
                (best.place, best.update) = (place, update);
            }
        }
    }
    let suffix = "ON CONFLICT (tenant_id, inbox_id, external_id, state) DO NOTHING";
    tx.put("parked_status", &parked, suffix).await?;
    write(tx, words.into_values().collect(), feed, &mut answers).await?;
    Ok(answers)
}

fn reference(update: &StatusUpdate) -> Option<Uuid> {
    update.reference.as_deref().and_then(|reference| Uuid::parse_str(reference).ok())
}

fn park(rows: &mut crate::store::rows::Rows, op: &Statuses, update: &StatusUpdate) {
    let external_id = key(&update.external_id);
    let error = update.error.as_deref().map(key);
    rows.push([
        op.tenant.into(),
        op.inbox.into(),
        (&external_id).into(),
        update.state.as_str().into(),
        i64::from(update.state.rank()).into(),
        error.as_ref().into(),
        update.at.unwrap_or(op.at).into(),
        op.at.into(),
    ]);
}

/// Finds rows by the provider's id.
async fn by_provider(tx: Tx<'_>, ops: &[&Statuses]) -> Result<HashMap<(Uuid, String), Left>, DbErr> {
    let mut names = std::collections::BTreeSet::new();
    for op in ops {
        names.extend(op.statuses.iter().map(|update| (op.tenant, op.inbox, key(&update.external_id))));
    }
    let mut rows = tx.rows(BY_PROVIDER);
    for (tenant, inbox, external_id) in &names {
        rows.push([(*tenant).into(), (*inbox).into(), external_id.into()]);
    }
    let sql = format!("{SELECT} o.provider_id = r.external_id {}", tx.lock("FOR UPDATE OF o"));
    let mut found = HashMap::new();
    for row in tx.all(&sql, &rows).await? {
        found.insert((get(&row, "inbox_id")?, get(&row, "provider_id")?), left(&row)?);
    }
    Ok(found)
}

/// Finds rows by our own reference while their provider's id is unknown.
async fn by_reference(tx: Tx<'_>, ops: &[&Statuses], known: &HashMap<(Uuid, String), Left>) -> Result<HashMap<Uuid, Left>, DbErr> {
    let mut names = std::collections::BTreeSet::new();
    for op in ops {
        let open = op.statuses.iter().filter(|update| !known.contains_key(&(op.inbox.0, key(&update.external_id))));
        names.extend(open.filter_map(reference).map(|id| (op.tenant, op.inbox, id)));
    }
    let mut rows = tx.rows(BY_REFERENCE);
    for (tenant, inbox, id) in names {
        rows.push([tenant.into(), inbox.into(), id.into()]);
    }
    let sql = format!(
        "{SELECT} o.id = r.id AND o.provider_id IS NULL AND o.state IN ('sending', 'uncertain', 'retry') {}",
        tx.lock("FOR UPDATE OF o")
    );
    let mut found = HashMap::new();
    for row in tx.all(&sql, &rows).await? {
        let left = left(&row)?;
        found.insert(left.failure.outbox, left);
    }
    Ok(found)
}

fn left(row: &Row) -> Result<Left, DbErr> {
    let rank: Option<i16> = get(row, "rank")?;
    Ok(Left { failure: Failure::read(row)?, message: get(row, "message_id")?, rank: rank.unwrap_or_default() })
}

async fn write(tx: Tx<'_>, words: Vec<Word<'_>>, feed: &mut Feed, answers: &mut [StatusesApplied]) -> Result<(), DbErr> {
    let mut confirmed = tx.rows(CONFIRMED);
    let mut failed = tx.rows(FAILED);
    let mut messages = tx.rows(MESSAGES);
    let mut failures = Vec::new();
    for word in &words {
        let (left, state) = (&word.left, word.update.state);
        let (tenant, provider_id) = (left.failure.key.tenant, key(&word.update.external_id));
        if word.confirms {
            confirmed.push([tenant.into(), left.failure.outbox.into(), (&provider_id).into(), word.at.into()]);
        }
        if state.rank() <= left.rank {
            continue;
        }
        let error = word.update.error.as_deref().map(key).filter(|_| state == DeliveryState::Failed);
        if state == DeliveryState::Failed {
            let code = error.clone().unwrap_or_else(|| "failed".to_owned());
            failed.push([tenant.into(), left.failure.outbox.into(), (&code).into()]);
            failures.push((left.failure.clone(), code, word.at));
            answers.get_mut(word.place).into_iter().for_each(|answer| answer.0.push(left.failure.key));
        }
        let Some(message) = left.message else { continue };
        let external_id = Some(&provider_id).filter(|_| word.confirms);
        let rank = i64::from(state.rank());
        messages.push([tenant.into(), message.into(), state.as_str().into(), rank.into(), error.as_ref().into(), external_id.into()]);
        let data = json!({ "message_id": message, "status": state.as_str() });
        let (conversation, at) = (left.failure.key.id, word.at);
        feed.event(Source::Status(word.place), Draft { tenant, conversation, kind: "message.status", data, at });
    }
    let sql = "UPDATE outbox SET state = 'sent', provider_id = r.provider_id, finished_at = r.at, code = NULL, detail = NULL
               FROM {rows} WHERE outbox.tenant_id = r.tenant_id AND outbox.id = r.id";
    tx.update("confirmed rows", sql, &confirmed).await?;
    let sql = "UPDATE outbox SET state = 'failed', code = r.code FROM {rows} WHERE outbox.tenant_id = r.tenant_id AND outbox.id = r.id";
    tx.update("failed rows", sql, &failed).await?;
    let sql = "UPDATE message SET status = r.status, status_rank = r.rank, error = r.error,
               external_id = COALESCE(r.external_id, message.external_id)
               FROM {rows} WHERE message.tenant_id = r.tenant_id AND message.id = r.id";
    tx.update("statuses", sql, &messages).await?;
    mark::report_failures(tx, &failures, false).await
}

/// A parked word about a message.
pub(super) struct Parked {
    pub state: DeliveryState,
    pub error: Option<String>,
}

/// Takes parked words about messages whose provider's ids have just become known: the highest one each.
pub(super) async fn take_parked(
    tx: Tx<'_>,
    ids: impl Iterator<Item = (TenantId, InboxId, String)>,
) -> Result<HashMap<(InboxId, String), Parked>, DbErr> {
    let mut rows = tx.rows(BY_PROVIDER);
    for (tenant, inbox, external_id) in ids {
        rows.push([tenant.into(), inbox.into(), (&external_id).into()]);
    }
    // Nearly always nothing is parked: asked first, because a question costs less than a delete that finds nothing. The inbox's lock keeps
    // others from parking meanwhile.
    let sql = "SELECT p.tenant_id, p.inbox_id, p.external_id, p.state, p.error FROM {rows} CROSS JOIN parked_status p
               WHERE p.tenant_id = r.tenant_id AND p.inbox_id = r.inbox_id AND p.external_id = r.external_id";
    let mut taken = tx.rows(BY_PROVIDER);
    let mut best: HashMap<(InboxId, String), Parked> = HashMap::new();
    for row in tx.all(sql, &rows).await? {
        let (tenant, inbox, external_id): (Uuid, Uuid, String) =
            (get(&row, "tenant_id")?, get(&row, "inbox_id")?, get(&row, "external_id")?);
        taken.push([tenant.into(), inbox.into(), (&external_id).into()]);
        let word: String = get(&row, "state")?;
        let all = [DeliveryState::Sent, DeliveryState::Delivered, DeliveryState::Read, DeliveryState::Played, DeliveryState::Failed];
        let Some(state) = all.into_iter().find(|state| state.as_str() == word) else { continue };
        let name = (InboxId(inbox), external_id);
        if best.get(&name).is_none_or(|known| known.state < state) {
            best.insert(name, Parked { state, error: get(&row, "error")? });
        }
    }
    tx.delete("parked_status", &taken, "").await?;
    Ok(best)
}
