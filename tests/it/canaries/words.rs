//! Words of customers and of the business: they may stand in tables, since they are what the product is for, and nowhere else. Which
//! columns that can hold such words were reached is compared with the registry, so that a new one is planted or named here.

use crate::canaries::dump::Place;
use crate::canaries::needles::Needles;
use crate::canaries::tour::{Caller, canary};
use crate::support::fake_adapter::FakeAdapter;
use anyhow::{Context, Result, ensure};
use recado::store::registry::{self, DataClass};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Columns for words which the tour leaves empty, and why that is so. Secrets have no excuse: none of theirs is here.
const UNPLANTED: [(&str, &str); 18] = [
    ("attachment.file_name", "no channel of the tour sends files"),
    ("attachment.provider_ref", "no channel of the tour sends files"),
    ("attachment.url", "no channel of the tour sends files"),
    ("contact_import.file", "gone once it was taken in: its words stand with the contacts then"),
    ("contact_merge.filled", "nobody is merged: ids and names of fields"),
    ("contact_merge.moved", "nobody is merged: ids"),
    ("conversation.attributes", "nothing was sorted: a label's or a model's word"),
    ("conversation.learnt", "the model of the tour refuses, so nothing is learnt"),
    ("inbound.outcome", "nothing came to an end but the usual one"),
    ("message.reactions", "nobody reacts"),
    ("parked_status.external_id", "every status finds its message"),
    ("turn.messages", "gone when the turn is over"),
    ("turn_step.arguments", "the offline assistant calls no tool here"),
    ("turn_step.result", "the offline assistant calls no tool here"),
    ("unrouted.account", "every message finds its inbox"),
    ("unrouted.raw", "every message finds its inbox"),
    ("waitlist_entry.name", "nobody waits"),
    ("webhook_delivery.attempts", "the endpoint is switched off"),
];

/// Plants words over the API, as people of the business write them.
pub async fn write(caller: &Caller, words: &mut Needles) -> Result<()> {
    let mut word = |name: &str| -> Result<String> {
        let word = canary("w")?.chars().take(40).collect::<String>();
        words.plant(name, &word);
        Ok(word)
    };
    let contact = json!({"name": word("name of a contact")?, "email": format!("{}@example.com", word("address of a contact")?),
        "phone": "+526625550101", "locale": "es-MX", "attributes": {"plan": word("attribute of a contact")?}});
    let contact = made(caller, "/api/v1/contacts", contact).await?;
    let notes = format!("/api/v1/contacts/{contact}/notes");
    made(caller, &notes, json!({"text": word("note about a contact")?})).await?;
    let csv = format!("name,email\n{},{}@example.com\n", word("imported name")?, word("imported address")?);
    let import = caller.http.post(format!("{}/api/v1/contacts/import", caller.base)).bearer_auth(&caller.key);
    let import = import.header("content-type", "text/csv").body(csv).send().await?.status();
    ensure!(import.is_success(), "{import}");
    made(caller, "/api/v1/canned-replies", json!({"code": "hi", "title": word("title of a reply")?, "text": word("text of a reply")?}))
        .await?;
    made(caller, "/api/v1/teams", json!({"name": word("name of a team")?})).await?;
    made(caller, "/api/v1/labels", json!({"title": word("title of a label")?, "description": word("description of a label")?})).await?;
    made(caller, "/api/v1/views", json!({"name": word("name of a view")?, "shared": true})).await?;
    let (status, holiday) =
        caller.ask(Method::PUT, "/api/v1/holidays/2031-01-01", Some(json!({"name": word("name of a holiday")?}))).await?;
    ensure!(status < 300, "{holiday}");
    book(caller, &mut word).await
}

async fn book(caller: &Caller, word: &mut impl FnMut(&str) -> Result<String>) -> Result<()> {
    let (_, resources) = caller.ask(Method::GET, "/api/v1/resources", None).await?;
    let resource = resources["data"][0]["id"].as_str().with_context(|| resources.to_string())?.to_owned();
    let question = json!({"key": "why", "text": {"es": word("question of a service")?}, "required": true, "kind": "text"});
    let service =
        json!({"name": {"es": word("name of a service")?}, "duration": 30, "needs": [{"any_of": [resource]}], "questions": [question]});
    let service = made(caller, "/api/v1/services", service).await?;
    let who = json!({"name": word("name in the book")?, "phone": "+526625550102", "email": format!("{}@example.com", word("address in the book")?)});
    let body = json!({"service_id": service, "starts_at": monday(), "contact": who, "answers": {"why": word("answer in the book")?}});
    made(caller, "/api/v1/appointments", body).await.map(drop)
}

/// A Monday of next week, at ten by the clock of the business.
fn monday() -> String {
    use chrono::{Datelike, Duration, Utc};
    #[expect(clippy::disallowed_methods, reason = "the server under test lives by the real clock")]
    let today = Utc::now().date_naive();
    let day = today + Duration::days(7 + i64::from(7 - today.weekday().num_days_from_monday()));
    format!("{day}T17:00:00Z")
}

async fn made(caller: &Caller, path: &str, body: Value) -> Result<String> {
    let (status, answer) = caller.ask(Method::POST, path, Some(body)).await?;
    ensure!(status == 201, "{path}: {status} {answer}");
    Ok(answer["id"].as_str().unwrap_or_default().to_owned())
}

/// The customer of the tour is asked how they were served, and says so. Only what left holds the secret part of the page: it is a secret as any.
pub async fn opinion(caller: &Caller, adapter: &FakeAdapter, words: &mut Needles, secrets: &mut Needles) -> Result<()> {
    let (_, page) = caller.ask(Method::GET, "/api/v1/conversations", None).await?;
    let all = page["data"].as_array().context("no conversations")?;
    let talk = all.iter().find(|one| one["contact"]["name"] == "ana").with_context(|| page.to_string())?;
    let (talk, inbox) = (talk["id"].as_str().context("an id")?, talk["inbox"]["id"].as_str().context("an inbox")?);
    let asks = json!({"enabled": true, "words": {"es": "¿Qué tal? {link}"}});
    let (status, set) = caller.ask(Method::PUT, &format!("/api/v1/inboxes/{inbox}/survey"), Some(asks)).await?;
    ensure!(status == 200, "{set}");
    let before = adapter.count_in("ana");
    let (status, resolved) = caller
        .ask(Method::POST, &format!("/api/v1/conversations/{talk}/status"), Some(json!({"status": "resolved", "survey": true})))
        .await?;
    ensure!(status < 300, "{resolved}");
    let sent = tokio::time::timeout(Duration::from_secs(30), adapter.received("ana", before + 1)).await.context("nobody was asked")?;
    let token = sent.last().and_then(|sent| sent.text.rsplit_once("/s/")).context("no link")?.1.to_owned();
    let comment = canary("w")?;
    let answered = caller.http.post(format!("{}/s/{token}", caller.base)).body(format!("rating=5&comment={comment}")).send().await?;
    ensure!(answered.status() == 200, "{}", answered.status());
    secrets.plant("link of a survey", &token);
    words.plant("opinion of a customer", &comment);
    Ok(())
}

/// Asserts that every planted word stands in some table, and that no column for words or secrets was left out without a reason.
pub fn reached(words: &Needles, columns: &[Place]) -> Result<()> {
    let mut found = BTreeSet::new();
    for place in columns {
        for name in words.found_in(&place.bytes) {
            found.insert(name.to_owned());
        }
    }
    ensure!(found.len() == words.len(), "words that stand nowhere: only {found:?} were found");
    let filled: BTreeSet<&str> = columns.iter().filter(|place| !place.bytes.is_empty()).map(|place| place.name.as_str()).collect();
    let declared = registry::tables().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    let told = declared.filter(|(_, column)| matches!(column.class, DataClass::Personal | DataClass::Content | DataClass::Secret));
    let empty: BTreeSet<String> =
        told.map(|(table, column)| format!("{}.{}", table.name, column.name)).filter(|name| !filled.contains(name.as_str())).collect();
    let excused: BTreeSet<String> = UNPLANTED.iter().map(|(name, _)| (*name).to_owned()).collect();
    let new: Vec<_> = empty.difference(&excused).collect();
    ensure!(new.is_empty(), "columns that nobody filled: plant something there, or say why not: {new:#?}");
    Ok(())
}
