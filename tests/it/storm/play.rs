//! Plays one room: a customer and a person at once, each in the order of the seed.

use super::judge::{Played, Span};
use crate::support::tenant::{TestInbox, TestTenant};
use anyhow::{Context, Result, ensure};
use recado::testing::race::Dice;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// What the customer writes in a room.
const MESSAGES: u64 = 12;
/// What the person does there.
const DEEDS: u64 = 14;

/// Plays a room.
pub async fn play(acme: &TestTenant<'_>, chat: &TestInbox, member: Uuid, seed: u64) -> Result<Played> {
    let room = format!("storm-{seed}");
    let mut customer = vec!["hola 0".to_owned()];
    chat.contact_says(&room, "hola 0").await?;
    let id = acme.conversation_with(&room).await?["id"].as_str().context("an id")?.to_owned();
    let person = person(acme, (&room, &id), member, Dice::seeded(seed));
    let writes = async {
        let mut dice = Dice::seeded(seed ^ 0xc0ffee);
        for number in 1..MESSAGES {
            wait(&mut dice, 90).await;
            let text = format!("hola {number}");
            chat.contact_says(&room, &text).await?;
            customer.push(text);
        }
        Ok::<_, anyhow::Error>(())
    };
    let (wrote, done) = tokio::join!(writes, person);
    wrote?;
    let (agent, spans) = done?;
    Ok(Played { room, customer, agent, spans })
}

async fn wait(dice: &mut Dice, most: u64) {
    tokio::time::sleep(Duration::from_millis(dice.below(most))).await;
}

/// Opens a stretch of a person.
fn open(spans: &mut Vec<Span>, from: usize, told: Option<Vec<String>>) {
    if spans.last().is_none_or(|span| span.until.is_some()) {
        spans.push(Span { from, until: None, told });
    }
}

/// Ends it; `before`: how much the channel had received when the person began to.
fn close(spans: &mut [Span], before: usize) {
    if let Some(span) = spans.last_mut().filter(|span| span.until.is_none()) {
        span.until = Some(before);
    }
}

/// Waits for a command that a machine with much to do answered with "later".
async fn done(acme: &TestTenant<'_>, later: &Value) -> Result<()> {
    let path = format!("commands/{}", later["id"].as_str().context("an id")?);
    for _ in 0..600 {
        let (_, command) = acme.call(Method::GET, &path, None).await?;
        if command["state"] != "pending" {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    anyhow::bail!("a command was never done")
}

async fn person(acme: &TestTenant<'_>, (room, id): (&str, &str), member: Uuid, mut dice: Dice) -> Result<(Vec<String>, Vec<Span>)> {
    let (mut words, mut spans) = (Vec::new(), Vec::new());
    for number in 0..DEEDS {
        wait(&mut dice, 40).await;
        let call = |what: &'static str, body: Value| async move {
            let (status, answer) = acme.call(Method::POST, &format!("conversations/{id}/{what}"), Some(body)).await?;
            ensure!((200..300).contains(&status), "{what} was answered with {status}: {answer}");
            if status == 202 {
                done(acme, &answer).await?;
                let (_, now) = acme.call(Method::GET, &format!("conversations/{id}"), None).await?;
                return Ok::<_, anyhow::Error>(now);
            }
            Ok(answer)
        };
        let before = acme.app.adapter.count();
        match dice.below(12) {
            0..4 => {
                let text = format!("persona {room} {number}");
                let answer = call("messages", json!({"text": text})).await?;
                words.push(text);
                let received = acme.app.adapter.count();
                // An answer that came later says nothing of it.
                let told = answer["may_still_arrive"].as_array();
                let told = told.map(|told| told.iter().filter_map(Value::as_str).map(str::to_owned).collect());
                // A reply into a resolved conversation takes nothing over, and one that is open can only be given back by this person.
                let (_, now) = acme.call(Method::GET, &format!("conversations/{id}"), None).await?;
                if now["status"] == "open" {
                    open(&mut spans, received, told);
                }
            }
            4..6 => {
                let (status, answer) = acme.call(Method::POST, &format!("conversations/{id}/claim"), Some(json!({}))).await?;
                ensure!(matches!(status, 200 | 202 | 409), "claim was answered with {status}: {answer}");
                if status == 202 {
                    done(acme, &answer).await?;
                }
                let (_, now) = acme.call(Method::GET, &format!("conversations/{id}"), None).await?;
                if status == 200 || (status == 202 && now["assignee_id"] == member.to_string()) {
                    open(&mut spans, acme.app.adapter.count(), None);
                }
            }
            6 => {
                let answer = call("assignment", json!({"assignee_id": member.to_string()})).await?;
                if answer["status"] == "open" {
                    open(&mut spans, acme.app.adapter.count(), None);
                }
            }
            // Nobody speaks then, the assistant neither: the stretch goes on.
            7 => drop(call("assignment", json!({"assignee_id": null})).await?),
            8..10 => {
                close(&mut spans, before);
                call("handback", json!({})).await?;
                // The assistant is to have something to say now and then.
                wait(&mut dice, 200).await;
            }
            _ => {
                close(&mut spans, before);
                call("status", json!({"status": "resolved"})).await?;
            }
        }
    }
    Ok((words, spans))
}
