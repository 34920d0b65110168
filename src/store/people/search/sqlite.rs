//! Finding on SQLite. The words' rows are numbered in the order of recording, so the index itself yields the newest first, lazily; tenant
//! and inboxes are words of it, so foreign rows are skipped and not read.

use super::SearchPlace;
use super::find::{Find, Found, Sql, Table, page};
use crate::domain::search::Wanted;
use crate::store::time::instant;
use sea_orm::{DatabaseTransaction, DbBackend, DbErr};
use uuid::Uuid;

/// Rows of the index that one page looks at: the filters that are not in it may refuse them all.
const MOST: i64 = 4_000;

/// Messages of one conversation that a page looks at: each is asked for by itself.
const MOST_OF_ONE: i64 = 1_000;

pub(super) async fn find(tx: &DatabaseTransaction, table: Table, what: &Find) -> Result<Found, DbErr> {
    if table == Table::Message && what.conversation.is_some() {
        return in_conversation(tx, what).await;
    }
    let span = if table == Table::Message { numbers(tx, what).await? } else { (1, i64::MAX) };
    let rows = places(statement(table, what, span), tx).await?;
    if let Some(full) = page(rows.clone(), what.limit) {
        return Ok(full);
    }
    let mut last = Sql::new("SELECT count(*) AS n, min(number) AS number FROM (");
    candidates(&mut last, table, what, span);
    last.push(")");
    let seen = last.all(tx, DbBackend::Sqlite).await?;
    let (count, number): (i64, Option<i64>) = match seen.first() {
        Some(row) => (row.try_get("", "n")?, row.try_get("", "number")?),
        None => (0, None),
    };
    let next = number.filter(|_| count >= MOST).map(|number| SearchPlace { number, id: Uuid::nil() });
    Ok(Found { rows, next })
}

/// Returns the numbers between which the words of the span of time lie: its ids are in the order of time, and so are these.
async fn numbers(tx: &DatabaseTransaction, what: &Find) -> Result<(i64, i64), DbErr> {
    let (mut least, mut most) = (1, i64::MAX);
    if let Some(id) = what.lowest() {
        least = number_at(tx, what.tenant, ("id >= ", id, "")).await?.unwrap_or(i64::MAX);
    }
    if let Some(id) = what.highest() {
        most = number_at(tx, what.tenant, ("id <= ", id, "DESC")).await?.unwrap_or(0);
    }
    Ok((least, most))
}

async fn number_at(tx: &DatabaseTransaction, tenant: Uuid, (side, id, order): (&str, Uuid, &str)) -> Result<Option<i64>, DbErr> {
    let mut sql = Sql::new("SELECT words AS number FROM message WHERE tenant_id = ");
    let names = [sql.bind(tenant), sql.bind(id)];
    sql.push(&format!("{} AND {side}{} AND words IS NOT NULL ORDER BY id {order} LIMIT 1", names[0], names[1]));
    let rows = sql.all(tx, DbBackend::Sqlite).await?;
    rows.first().map(|row| row.try_get("", "number")).transpose()
}

/// Adds the rows of the index that fit, newest first, at most [`MOST`].
fn candidates(sql: &mut Sql, table: Table, what: &Find, (least, most): (i64, i64)) {
    let words = format!("{}_words", table.name());
    let said = sql.bind(spell(table, what));
    let before = what.before.map_or(i64::MAX, |place| place.number);
    let names = [sql.bind(before), sql.bind(least), sql.bind(most)];
    sql.push(&format!(
        "SELECT rowid AS number FROM {words} WHERE {words} MATCH {said} AND rowid < {} AND rowid >= {} AND rowid <= {}
         ORDER BY rowid DESC LIMIT {MOST}",
        names[0], names[1], names[2]
    ));
}

fn statement(table: Table, what: &Find, span: (i64, i64)) -> Sql {
    let mut sql = Sql::new("SELECT x.words AS number, x.id AS id FROM (");
    candidates(&mut sql, table, what, span);
    let tenant = sql.bind(what.tenant);
    sql.push(&format!(") f CROSS JOIN {} x ON x.words = f.number AND x.tenant_id = {tenant} ", table.name()));
    match table {
        Table::Message => filters(&mut sql, what),
        Table::Contact => known(&mut sql, what),
    }
    sql.push(&format!(" LIMIT {}", what.limit + 1));
    sql
}

/// Joins the conversation and adds what the index does not know.
fn filters(sql: &mut Sql, what: &Find) {
    sql.push("CROSS JOIN conversation c ON c.tenant_id = x.tenant_id AND c.id = x.conversation_id WHERE x.deleted_at IS NULL");
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
    for (side, at) in [(">=", what.from), ("<", what.to)] {
        if let Some(at) = at {
            let at = sql.bind(instant(at).value(DbBackend::Sqlite));
            sql.push(&format!(" AND x.created_at {side} {at}"));
        }
    }
}

fn known(sql: &mut Sql, what: &Find) {
    if let Some(known) = sql.known(what) {
        sql.push(&format!("WHERE {known}"));
    }
}

/// Looks through one conversation: its messages are few, a common word's are not.
async fn in_conversation(tx: &DatabaseTransaction, what: &Find) -> Result<Found, DbErr> {
    let mut sql = Sql::new("SELECT x.words AS number, x.id AS id FROM (SELECT * FROM message m WHERE m.tenant_id = ");
    let names = [
        sql.bind(what.tenant),
        sql.bind(what.conversation.unwrap_or_default()),
        sql.bind(what.before.map_or(i64::MAX, |place| place.number)),
    ];
    sql.push(&format!(
        "{} AND m.conversation_id = {} AND m.words < {} ORDER BY m.seq DESC LIMIT {MOST_OF_ONE}) x ",
        names[0], names[1], names[2]
    ));
    filters(&mut sql, what);
    let said = sql.bind(spell(Table::Message, what));
    sql.push(&format!(
        " AND EXISTS (SELECT 1 FROM message_words f WHERE f.message_words MATCH {said} AND f.rowid = x.words) ORDER BY x.words DESC LIMIT {}",
        what.limit + 1
    ));
    let rows = places(sql, tx).await?;
    Ok(page(rows.clone(), what.limit).unwrap_or(Found { rows, next: None }))
}

async fn places(sql: Sql, tx: &DatabaseTransaction) -> Result<Vec<SearchPlace>, DbErr> {
    let rows = sql.all(tx, DbBackend::Sqlite).await?;
    rows.iter().map(|row| Ok(SearchPlace { number: row.try_get("", "number")?, id: row.try_get("", "id")? })).collect()
}

/// Spells a question as FTS5 reads it. Words are letters and digits only, so nothing in them is an operator.
fn spell(table: Table, what: &Find) -> String {
    let mut scope = format!("{{scope}} : {}", id_word('t', what.tenant));
    if let (Table::Message, Some(inboxes)) = (table, &what.inboxes) {
        let any: Vec<String> = inboxes.iter().map(|inbox| id_word('i', *inbox)).collect();
        scope = format!("{scope} AND {{scope}} : ({})", any.join(" OR "));
    }
    format!("{scope} AND {{text}} : ({})", said(&what.wanted))
}

fn said(wanted: &Wanted) -> String {
    let phrase = |phrase: &crate::domain::search::Phrase| {
        let open = if phrase.open { " *" } else { "" };
        format!("\"{}\"{open}", phrase.words.join(" "))
    };
    wanted.phrases.iter().map(phrase).collect::<Vec<_>>().join(" AND ")
}

/// Returns the word that stands for an id, as the triggers write it.
fn id_word(letter: char, id: Uuid) -> String {
    let (_, half) = id.as_u64_pair();
    format!("{letter}{half:016x}")
}

#[cfg(test)]
pub(super) fn explained(table: Table, what: &Find) -> Sql {
    let mut sql = statement(table, what, (1, i64::MAX)).explain();
    sql.text = sql.text.replacen("EXPLAIN ", "EXPLAIN QUERY PLAN ", 1);
    sql
}
