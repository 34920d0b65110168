//! Every route × another business's ids, in the path and in every field that takes one: they are answered as ids that nothing has, and
//! nothing of the other business changes or is told.
//!
//! The second wall: with the tenant filter of the queries of conversations, contacts and the book taken away, PostgreSQL still answers so; SQLite has no second wall,
//! and there the matrix must see it. Such a process is this very test binary, started again.

use super::bodies::Document;
use super::{Asked, World, asked, request, rows};
use crate::http::access::Class;
use crate::http::testkit::Door;
use crate::store::people::fixtures::Base;
use serde_json::Value;
use std::process::Command;

/// Names the database for a process that was started again.
const JOB: &str = "RECADO_TEST_MATRIX";

/// Another's ids, asked with by the owner of a business.
struct Wall {
    door: Door,
    document: Document,
    mine: World,
    theirs: World,
    wrong: Vec<String>,
    /// Routes that found the made-up body wanting before they looked for the id: answered alike, but they show less.
    early: Vec<String>,
}

/// An answer without what differs from one to the next: the request's id and the ids that were asked with.
#[derive(PartialEq, Eq)]
struct Told(u16, String);

impl Wall {
    async fn raise(base: Base) -> Self {
        let door = Door::on(base).await;
        let (theirs, mine) = (World::seed(&door, "theirs").await, World::seed(&door, "mine").await);
        Self { door, document: Document::read(), mine, theirs, wrong: Vec::new(), early: Vec::new() }
    }

    async fn tell(&self, route: &Asked, path: &str, body: Option<&Value>, ids: &[&str]) -> Told {
        let request = request(&route.verb(), path, body).insert_header(self.mine.owner.header());
        if route.class == Class::Stream {
            return Told(self.door.glance(request).await.0, String::new());
        }
        let answer = self.door.call(request).await;
        let body = serde_json::from_str::<Value>(&answer.text).map_or(answer.text, |mut body| {
            if let Some(fields) = body.as_object_mut() {
                fields.remove("request_id");
            }
            body.to_string()
        });
        Told(answer.status, ids.iter().fold(body, |body, id| body.replace(id, "ID")))
    }

    /// Asks with their ids in the path.
    async fn by_path(&mut self, route: &Asked) {
        // A date names nobody's row: mine of that day is mine.
        if route.path.contains("{date}") {
            return;
        }
        let stranger = self.door.base.uuid().to_string();
        let body = self.document.body(route.method, route.path, &stranger);
        let theirs = self.tell(route, &route.fill(&self.theirs.ids), body.as_ref(), &[]).await;
        let nobodys = self.tell(route, &route.fill_with_strangers(&self.door.base), body.as_ref(), &[]).await;
        if theirs.0 == 422 && theirs == nobodys {
            self.early.push(format!("{} {}", route.method, route.path));
        } else if theirs.0 != 404 || theirs != nobodys {
            let Told(status, text) = theirs;
            self.wrong.push(format!(
                "{} {} by another's id: {status} {text}; by nobody's: {} {}",
                route.method, route.path, nobodys.0, nobodys.1
            ));
        }
    }

    /// Asks with their ids in every field of query and body that takes one.
    async fn by_field(&mut self, route: &Asked) {
        let path = route.fill(&self.mine.ids);
        let inbox = self.theirs.shop.inbox.to_string();
        let ids: Vec<String> =
            self.theirs.ids.iter().filter(|(list, _)| **list != "holidays").map(|(_, id)| id.clone()).chain([inbox]).collect();
        for id in ids {
            let stranger = self.door.base.uuid().to_string();
            let mut told = Vec::new();
            for id in [&id, &stranger] {
                let query = self.document.query(route.method, route.path, id);
                let body = self.document.body(route.method, route.path, id);
                let path = query.map_or(path.clone(), |query| format!("{path}?{query}"));
                told.push(self.tell(route, &path, body.as_ref(), &[id]).await);
            }
            if told[0] != told[1] {
                let [Told(status, text), Told(other, nobodys)] = [&told[0], &told[1]];
                self.wrong.push(format!(
                    "{} {} with another's id in a field: {status} {text}; with nobody's: {other} {nobodys}",
                    route.method, route.path
                ));
            }
        }
    }

    /// Looks through a list of mine, and the free times of mine, for anything of theirs.
    async fn by_list(&mut self, route: &Asked) {
        let path = match route.path {
            "/api/v1/slots" => format!("{}?service_id={}&from=2025-10-10", route.path, self.mine.ids["services"]),
            path => path.to_owned(),
        };
        let Told(status, text) = self.tell(route, &path, None, &[]).await;
        // Of a date both have one: it names nobody's row.
        let theirs = self.theirs.ids.iter().filter(|(list, _)| **list != "holidays");
        let shown: Vec<&str> = theirs.filter(|(_, id)| text.contains(id.as_str())).map(|(list, _)| *list).collect();
        if !shown.is_empty() {
            self.wrong.push(format!("{} {} shows another's {shown:?}: {status}", route.method, route.path));
        }
    }

    /// Goes through every route; returns what is wrong.
    async fn scale(mut self) -> Vec<String> {
        let before = rows::all(&self.door.base.store, self.theirs.shop.tenant).await;
        assert!(before.len() > 20, "the other business has rows: {before:?}");
        for route in asked() {
            if route.names_something() {
                self.by_path(&route).await;
            } else if route.method == "get" && route.class != Class::Stream {
                self.by_list(&route).await;
            }
            let in_fields =
                self.document.query(route.method, route.path, "x").is_some() || self.document.body_has_id(route.method, route.path);
            if in_fields {
                self.by_field(&route).await;
            }
        }
        assert!(self.early.len() <= 2, "too many made-up bodies are refused for themselves: {:?}", self.early);
        let after = rows::all(&self.door.base.store, self.theirs.shop.tenant).await;
        let changed = before.iter().filter(|row| !after.contains(row)).chain(after.iter().filter(|row| !before.contains(row)));
        self.wrong.extend(changed.map(|row| format!("a row of the other business changed: {row}")));
        let commands = self.door.engine.commands.lock().unwrap();
        let given = commands.iter().filter(|command| command.key.tenant == self.theirs.shop.tenant);
        self.wrong.extend(given.map(|command| format!("a command reached the other business: {:?}", command.key)));
        let told = self.door.engine.published.lock().unwrap();
        let events = told.iter().filter(|event| event.tenant == self.theirs.shop.tenant);
        self.wrong.extend(events.map(|event| format!("an event reached the other business: {}", event.number)));
        drop((commands, told));
        self.wrong
    }
}

#[actix_web::test]
async fn trust_b01_anothers_ids_are_answered_as_nobodys_and_change_nothing_on_sqlite() {
    let wrong = Wall::raise(Base::open().await).await.scale().await;
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[actix_web::test]
async fn trust_b01_anothers_ids_are_answered_as_nobodys_and_change_nothing_on_postgres() {
    let wrong = Wall::raise(Base::postgres().await).await.scale().await;
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Starts this test binary again without the tenant filter.
fn without_the_filter(database: &str) -> bool {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "http::tests::matrix::walls::a_process_without_the_filter_meets_the_wall_that_it_is_given"]);
    command.env(JOB, database).env("RECADO_TEST_BREAK", "tenant_filter").status().unwrap().success()
}

#[test]
fn trust_b02_without_the_tenant_filter_postgres_still_shows_nothing() {
    assert!(without_the_filter("postgres"));
}

#[test]
fn without_the_tenant_filter_the_matrix_turns_red_on_sqlite() {
    assert!(without_the_filter("sqlite"));
}

/// Does nothing unless it was started for it.
#[actix_web::test]
async fn a_process_without_the_filter_meets_the_wall_that_it_is_given() {
    #[expect(clippy::disallowed_methods, reason = "the test speaks to its second process by its environment")]
    let Ok(database) = std::env::var(JOB) else { return };
    crate::testing::faults::aim_from_environment();
    assert!(crate::ports::faults::broken("tenant_filter"));
    let second_wall = database == "postgres";
    let base = if second_wall { Base::postgres().await } else { Base::open().await };
    let wrong = Wall::raise(base).await.scale().await;
    assert_eq!(wrong.is_empty(), second_wall, "{}", wrong.join("\n"));
    let seen = |path: &str| wrong.iter().any(|it| it.starts_with(path));
    let forgotten = [
        "get /api/v1/conversations/{id} by another's id: 200",
        "get /api/v1/appointments/{id} by another's id: 200",
        "get /api/v1/services/{id} by another's id: 200",
        "get /api/v1/appointments shows another's",
        "get /api/v1/services shows another's",
        "get /api/v1/resources shows another's",
        "get /api/v1/waitlist shows another's",
    ];
    let unseen: Vec<_> = forgotten.into_iter().filter(|leak| !seen(leak)).collect();
    assert!(second_wall || unseen.is_empty(), "{unseen:?} not among\n{}", wrong.join("\n"));
}
