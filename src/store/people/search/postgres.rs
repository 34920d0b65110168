//! Finding on PostgreSQL: as the role that searches, whose policy holds tenant and words, so that the planner may use the words' index (see
//! the migration). Ids rise with time, so newest first is an order that another index already has: for a common word the planner walks
//! that one backwards and stops when the page is full, for a rare one it collects the word's rows and sorts them.

use super::SearchPlace;
use super::find::{Find, Found, Sql, Table, page};
use crate::domain::search::Wanted;
use crate::store::time::instant;
use sea_orm::{DatabaseTransaction, DbBackend, DbErr};

/// Newest messages that are looked through before the index is asked.
const WALK: u64 = 2_000;
/// Hits among them from which on it is cheaper to look through more of them than to collect and sort all that the index has.
const WORTH_IT: u64 = 3;
/// Most messages that are looked through then; a thousand cost one millisecond.
const LONGEST_WALK: u64 = 50_000;

/// Becomes the role that searches. Words are folded by the function that folded the rows. They are no parameters, so a plan that the server
/// has kept for other words must not be used for these.
const ASSUME: &str = "SELECT set_config('role', 'recado_search', true), set_config('app.tenant_id', $1, true),
    set_config('app.words', (SELECT string_agg(t.glue || '''' || coalesce(nullif(btrim(recado_fold(t.word)), ''), t.word) || '''' || t.tail, '' ORDER BY t.n)
        FROM ROWS FROM (json_to_recordset($2::json) AS (glue text, word text, tail text)) WITH ORDINALITY AS t (glue, word, tail, n)), true),
    set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('random_page_cost', '1.1', true),
    set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),
    set_config('max_parallel_workers_per_gather', '0', true)";

pub(super) async fn find(tx: &DatabaseTransaction, table: Table, what: &Find) -> Result<Found, DbErr> {
    assume(tx, what).await?;
    if table == Table::Message && what.conversation.is_none() {
        let newest = walk(tx, what, WALK).await?;
        let hits = newest.len() as u64;
        if let Some(full) = page(newest, what.limit) {
            return Ok(full);
        }
        if hits >= WORTH_IT
            && let Some(full) = page(walk(tx, what, longer_walk(hits, what.limit)).await?, what.limit)
        {
            return Ok(full);
        }
    }
    let rows = places(statement(table, what), tx).await?;
    Ok(page(rows.clone(), what.limit).unwrap_or(Found { rows, next: None }))
}

/// Says how many messages probably hold a page, and half as many again.
fn longer_walk(hits: u64, limit: u64) -> u64 {
    (WALK * (limit + 1) * 3 / (2 * hits.max(1))).clamp(WALK, LONGEST_WALK)
}

/// Looks through so many of the newest messages of the tenant, a thousand in a millisecond. Words that go together in life, as those of a phrase
/// do, are more often found together than the planner believes; without this it would collect and sort all their rows.
async fn walk(tx: &DatabaseTransaction, what: &Find, length: u64) -> Result<Vec<SearchPlace>, DbErr> {
    people(tx).await?;
    let mut sql = Sql::new("SELECT x.id AS id FROM message x WHERE x.tenant_id = ");
    let tenant = sql.bind(what.tenant);
    sql.push(&tenant);
    if let Some(before) = what.before.map(|place| place.id).into_iter().chain(what.highest()).min() {
        let before = sql.bind(before);
        sql.push(&format!(" AND x.id < {before}"));
    }
    sql.push(&format!(" ORDER BY x.id DESC OFFSET {length} LIMIT 1"));
    let floor = places(sql, tx).await?.pop();
    assume(tx, what).await?;
    let Some(floor) = floor else { return Ok(Vec::new()) };
    let mut sql = Sql::new("SELECT set_config('enable_bitmapscan', $1, true)");
    sql.bind("off");
    sql.all(tx, DbBackend::Postgres).await?;
    let mut sql = statement(Table::Message, what);
    let floor = sql.bind(floor.id);
    sql.text = sql.text.replace(" ORDER BY", &format!(" AND x.id >= {floor} ORDER BY"));
    let rows = places(sql, tx).await?;
    let mut sql = Sql::new("SELECT set_config('enable_bitmapscan', $1, true)");
    sql.bind("on");
    sql.all(tx, DbBackend::Postgres).await?;
    Ok(rows)
}

async fn people(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    Sql::new("SELECT set_config('role', 'recado_people', true)").all(tx, DbBackend::Postgres).await.map(drop)
}

async fn places(sql: Sql, tx: &DatabaseTransaction) -> Result<Vec<SearchPlace>, DbErr> {
    let rows = sql.all(tx, DbBackend::Postgres).await?;
    rows.iter().map(|row| Ok(SearchPlace { number: 0, id: row.try_get("", "id")? })).collect()
}

pub(super) async fn assume(tx: &DatabaseTransaction, what: &Find) -> Result<(), DbErr> {
    let mut sql = Sql::new("");
    sql.bind(what.tenant.to_string());
    sql.bind(words(&what.wanted));
    sql.push(ASSUME);
    sql.all(tx, DbBackend::Postgres).await.map(drop)
}

/// Returns the words as a list of what stands before, the word, and what stands behind.
fn words(wanted: &Wanted) -> String {
    let mut list = Vec::new();
    for phrase in &wanted.phrases {
        for (place, word) in phrase.words.iter().enumerate() {
            let glue = match (place, list.is_empty()) {
                (0, true) => "",
                (0, false) => " & ",
                _ => " <-> ",
            };
            let tail = if phrase.open && place + 1 == phrase.words.len() { ":*" } else { "" };
            list.push(serde_json::json!({"glue": glue, "word": word, "tail": tail}));
        }
    }
    serde_json::Value::Array(list).to_string()
}

/// The words are not in it: the role's policy adds them.
pub(super) fn statement(table: Table, what: &Find) -> Sql {
    let mut sql = Sql::new(format!("SELECT x.id AS id FROM {} x", table.name()));
    if table == Table::Message {
        sql.push(" JOIN conversation c ON c.tenant_id = x.tenant_id AND c.id = x.conversation_id");
    }
    let tenant = sql.bind(what.tenant);
    sql.push(&format!(" WHERE x.tenant_id = {tenant}"));
    for (side, id) in [("<", what.before.map(|place| place.id)), (">=", what.lowest()), ("<=", what.highest())] {
        if let Some(id) = id.filter(|_| side == "<" || table == Table::Message) {
            let id = sql.bind(id);
            sql.push(&format!(" AND x.id {side} {id}"));
        }
    }
    match table {
        Table::Message => filters(&mut sql, what),
        Table::Contact => known(&mut sql, what),
    }
    sql.push(&format!(" ORDER BY x.id DESC LIMIT {}", what.limit + 1));
    sql
}

fn filters(sql: &mut Sql, what: &Find) {
    if !what.spam {
        sql.push(" AND c.status <> 'spam'");
    }
    if let Some(inboxes) = &what.inboxes {
        let inboxes = sql.bind_all(inboxes);
        sql.push(&format!(" AND c.inbox_id IN ({inboxes})"));
    }
    if let Some(teams) = sql.in_teams(&what.sight) {
        sql.push(&format!(" AND {teams}"));
    }
    if let Some(conversation) = what.conversation {
        let conversation = sql.bind(conversation);
        sql.push(&format!(" AND x.conversation_id = {conversation}"));
    }
    for (side, at) in [(">=", what.from), ("<", what.to)] {
        if let Some(at) = at {
            let at = sql.bind(instant(at).value(DbBackend::Postgres));
            sql.push(&format!(" AND x.created_at {side} {at}"));
        }
    }
}

fn known(sql: &mut Sql, what: &Find) {
    if let Some(known) = sql.known(what) {
        sql.push(&format!(" AND {known}"));
    }
}
