//! Streams of events over real sockets: a reader that is cut again and again misses nothing and hears nothing twice.

use crate::support::app::TestApp;
use crate::support::database::{TestDatabase, connect};
use crate::support::dice::Dice;
use crate::support::states::as_engine;
use crate::support::tenant::{TestInbox, TestTenant};
use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, Response};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use std::cell::Cell;
use std::time::Duration;

/// What each writer writes.
const EACH: usize = 40;
/// How long a reader listens at most before it is cut although nothing came.
const PATIENCE: Duration = Duration::from_millis(150);
/// How long everything may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(60);

/// An event as it was heard.
struct Heard {
    number: i64,
    kind: String,
    data: Value,
}

/// A reader that is cut after a few events, wherever the connection is then, and comes back with the last number that it has seen.
struct Reader<'a> {
    tenant: &'a TestTenant<'a>,
    http: Client,
    dice: Dice,
    heard: Vec<Heard>,
    cuts: usize,
}

impl<'a> Reader<'a> {
    fn new(tenant: &'a TestTenant<'a>) -> Result<Self> {
        Ok(Self { tenant, http: Client::builder().no_proxy().build()?, dice: Dice::new(102), heard: Vec::new(), cuts: 0 })
    }

    fn last(&self) -> i64 {
        self.heard.last().map_or(0, |heard| heard.number)
    }

    async fn open(&self, last: i64) -> Result<Response> {
        let call = self.http.get(format!("{}/api/v1/events", self.tenant.app.base())).bearer_auth(self.tenant.key());
        let answer = call.header("last-event-id", last).send().await?;
        ensure!(answer.status() == 200, "the stream was refused: {}", answer.status());
        Ok(answer)
    }

    /// Listens until `count` numbered events have come or nothing comes for a while. What is cut off in the midst was not heard.
    async fn listen(&mut self, count: usize) -> Result<()> {
        let (mut answer, mut text, mut left) = (self.open(self.last()).await?, String::new(), count);
        self.cuts += 1;
        while left > 0 {
            let Ok(chunk) = tokio::time::timeout(PATIENCE, answer.chunk()).await else { return Ok(()) };
            text.push_str(std::str::from_utf8(&chunk?.context("the stream ended")?)?);
            while let Some((frame, rest)) = text.split_once("\n\n").map(|(frame, rest)| (frame.to_owned(), rest.to_owned())) {
                text = rest;
                if let Some(heard) = read(&frame)? {
                    self.heard.push(heard);
                    left = left.saturating_sub(1);
                }
                if left == 0 {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Is cut and comes back until the writers are done and their last event is heard.
    async fn follow(&mut self, end: &Cell<Option<i64>>) -> Result<()> {
        while end.get().is_none_or(|end| self.last() < end) {
            let count = self.dice.within(&(1..8));
            self.listen(usize::try_from(count)?).await?;
        }
        Ok(())
    }
}

/// Reads a frame; `None` for one without a number.
fn read(frame: &str) -> Result<Option<Heard>> {
    let line = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    let Some(number) = line("id: ") else { return Ok(None) };
    let data = serde_json::from_str(&line("data: ").context("an event without data")?)?;
    Ok(Some(Heard { number: number.parse()?, kind: line("event: ").context("an event without a kind")?, data }))
}

/// Two customers and an agent write at once.
async fn write(app: &TestApp, acme: &TestTenant<'_>, chat: &TestInbox, id: &str) -> Result<()> {
    let says = async |room: &str| {
        for number in 0..EACH {
            chat.contact_says(room, &format!("{room} {number}")).await?;
        }
        anyhow::Ok(())
    };
    let notes = async {
        for number in 0..EACH {
            let body = json!({"text": format!("note {number}"), "private": true});
            let (status, answer) = acme.call(Method::POST, &format!("conversations/{id}/messages"), Some(body)).await?;
            ensure!((200..300).contains(&status), "{status}: {answer}");
        }
        anyhow::Ok(())
    };
    let (ana, ben, agent) = tokio::join!(says("ana"), says("ben"), notes);
    ana.and(ben).and(agent)?;
    app.settle().await
}

/// Lists the timeline as the database keeps it.
async fn kept(url: &str, backend: sea_orm::DbBackend) -> Result<Vec<(i64, String)>> {
    let connection = connect(url).await?;
    let tx = as_engine(&connection).await?;
    let statement = sea_orm::Statement::from_string(backend, "SELECT number, kind FROM timeline ORDER BY number");
    let rows = tx.query_all_raw(statement).await?;
    let rows = rows.iter().map(|row| Ok((row.try_get("", "number")?, row.try_get("", "kind")?))).collect();
    tx.rollback().await?;
    connection.close().await?;
    rows
}

#[actix::test]
async fn conv_102_a_reader_that_is_cut_again_and_again_hears_every_event_once_and_in_order() -> Result<()> {
    for database in TestDatabase::both().await? {
        let (url, backend) = (database.url().to_owned(), database.backend());
        let app = TestApp::on(database).start().await?;
        let acme = app.tenant("acme").await?;
        let chat = acme.generic_inbox(json!({})).await?;
        chat.contact_says("eva", "hola").await?;
        app.settle().await?;
        let id = acme.conversation_with("eva").await?["id"].as_str().context("no id")?.to_owned();
        let (mut reader, end) = (Reader::new(&acme)?, Cell::new(None));
        let writing = async {
            write(&app, &acme, &chat, &id).await?;
            end.set(kept(&url, backend).await?.last().map(|(number, _)| *number));
            anyhow::Ok(())
        };
        let (wrote, heard) = tokio::join!(writing, tokio::time::timeout(ARRIVAL, reader.follow(&end)));
        wrote?;
        heard.context("not everything arrived")??;
        let heard: Vec<(i64, String)> = reader.heard.iter().map(|one| (one.number, one.kind.clone())).collect();
        assert_eq!(heard, kept(&url, backend).await?, "{backend:?}: all that there is, in order, none twice");
        assert!(heard.iter().map(|(number, _)| *number).eq(1..=reader.last()), "{backend:?}: no number is missing");
        assert!(reader.cuts > EACH / 2, "{backend:?}: it was cut only {} times", reader.cuts);
        // The writers' own log: each text once, and each writer's in order.
        for writer in ["ana", "ben", "note"] {
            let texts = reader.heard.iter().filter_map(|one| one.data.pointer("/message/content/text").and_then(Value::as_str));
            let mine: Vec<&str> = texts.filter(|text| text.starts_with(&format!("{writer} "))).collect();
            assert_eq!(mine, (0..EACH).map(|number| format!("{writer} {number}")).collect::<Vec<_>>(), "{backend:?}");
        }
    }
    Ok(())
}

#[actix::test]
async fn conv_102_a_stream_says_plainly_that_it_cannot_go_on_and_from_where_it_does() -> Result<()> {
    for database in TestDatabase::both().await? {
        let (url, backend) = (database.url().to_owned(), database.backend());
        let app = TestApp::on(database).start().await?;
        let acme = app.tenant("acme").await?;
        let chat = acme.generic_inbox(json!({})).await?;
        chat.contact_says("ana", "hola").await?;
        app.settle().await?;
        let last = kept(&url, backend).await?.last().context("no event")?.0;
        let connection = connect(&url).await?;
        let tx = as_engine(&connection).await?;
        tx.execute_unprepared("DELETE FROM timeline WHERE number < 3").await?;
        tx.commit().await?;
        connection.close().await?;
        for (after, reason) in [(0, "too_old"), (1, "too_old"), (last + 1, "unknown"), (i64::MAX, "unknown")] {
            let mut reader = Reader::new(&acme)?;
            reader.heard.push(Heard { number: after, kind: String::new(), data: Value::Null });
            reader.listen(1).await?;
            let reset = reader.heard.last().context("nothing was heard")?;
            assert_eq!((reset.number, reset.kind.as_str(), &reset.data["reason"]), (last, "reset", &json!(reason)), "after {after}");
            assert_eq!(reset.data["last"], json!(last));
        }
        let mut reader = Reader::new(&acme)?;
        reader.heard.push(Heard { number: 2, kind: String::new(), data: Value::Null });
        reader.listen(1).await?;
        assert_eq!(reader.last(), 3, "{backend:?}: what is kept is heard without a reset");
    }
    Ok(())
}
