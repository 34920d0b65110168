//! The judge: reads the channel's log and the rows of one room, and says which promise was broken.

use crate::testing::channel::Begun;
use crate::testing::race::Played;
use crate::testing::rig::{Line, OutRow, Rig};
use anyhow::{Result, ensure};
use std::collections::{HashMap, HashSet};

/// States in which a row of the outbox has come to rest.
const AT_REST: [&str; 5] = ["sent", "cancelled", "uncertain", "failed", "dead"];

/// Judges one room.
///
/// # Errors
/// The broken promise.
pub async fn judge(rig: &Rig, begun: &[Begun], played: &Played) -> Result<()> {
    let room = played.room.as_str();
    let (lines, outbox) = (rig.messages(room).await?, rig.outbox(room).await?);
    let calls: Vec<(usize, &Begun)> = begun.iter().enumerate().filter(|(_, call)| call.to == room).collect();
    sent_once_and_in_order(&calls, &outbox)?;
    silent_while_people_speak(&calls, &outbox, played)?;
    customers_words_are_kept(&lines, played)?;
    every_row_has_an_outcome(rig, room, &lines).await?;
    spoke_only_when_it_held(rig, room).await?;
    rig.snapshot_is_rebuilt(room).await
}

fn sent_once_and_in_order(calls: &[(usize, &Begun)], outbox: &[OutRow]) -> Result<()> {
    let mut seen = HashSet::new();
    let order: HashMap<&str, i64> = outbox.iter().map(|row| (row.id.as_str(), row.ord)).collect();
    let mut last = 0;
    for (_, call) in calls {
        ensure!(seen.insert(&call.key), "sent twice: {call:?}");
        let ord = order.get(call.key.as_str()).copied();
        ensure!(ord.is_some_and(|ord| ord > last), "out of order: {call:?} after {last}");
        last = ord.unwrap_or(last);
    }
    for row in outbox {
        ensure!(AT_REST.contains(&row.state.as_str()), "not at rest: {row:?}");
        ensure!(row.state != "cancelled" || row.class == "assistant", "a person's words were cancelled: {row:?}");
        ensure!(row.state != "sent" || seen.contains(&row.id), "sent, says the row, but no call: {row:?}");
        ensure!(row.state != "cancelled" || !seen.contains(&row.id), "called and cancelled: {row:?}");
    }
    Ok(())
}

/// No call of the assistant's begins after a takeover was done, but those that the agent was told of.
fn silent_while_people_speak(calls: &[(usize, &Begun)], outbox: &[OutRow], played: &Played) -> Result<()> {
    let Some((from, told)) = &played.taken else { return Ok(()) };
    let until = played.given_back.unwrap_or(usize::MAX);
    for (place, call) in calls.iter().filter(|(place, _)| *place >= *from && *place < until) {
        let assistant = outbox.iter().any(|row| row.id == call.key && row.class == "assistant");
        ensure!(!assistant || told.contains(&call.text), "the assistant spoke over a person at {place}: {call:?}");
    }
    Ok(())
}

fn customers_words_are_kept(lines: &[Line], played: &Played) -> Result<()> {
    let texts: Vec<&str> = lines.iter().filter(|line| line.direction == "in").map(|line| line.text.as_str()).collect();
    ensure!(texts == played.texts, "the customer wrote {:?}, the thread has {texts:?}", played.texts);
    let phone = lines.iter().filter(|line| line.author == "phone").count();
    ensure!(phone == played.foreign_echoes, "{phone} echoes of people instead of {}", played.foreign_echoes);
    Ok(())
}

async fn every_row_has_an_outcome(rig: &Rig, room: &str, lines: &[Line]) -> Result<()> {
    for row in rig.queue(room).await? {
        ensure!(matches!(row.state.as_str(), "settled" | "dead"), "still open: {row:?}");
        let reason = row.reason.as_deref().unwrap_or_default();
        ensure!(!reason.is_empty(), "no reason: {row:?}");
        if reason == "answered" && row.kind == "item" {
            let asked = lines.iter().find(|line| line.external_id.as_deref() == Some(&row.external_id)).map(|line| line.seq);
            let answered = lines.iter().any(|line| line.author == "assistant" && asked.is_some_and(|seq| line.seq > seq));
            ensure!(answered, "answered, says the row, but there is no answer: {row:?}");
        }
    }
    Ok(())
}

/// Reads the numbered events: whenever the assistant's words were committed, it held the conversation.
async fn spoke_only_when_it_held(rig: &Rig, room: &str) -> Result<()> {
    let mut status = "pending".to_owned();
    for (kind, data) in rig.timeline(room).await? {
        let field = |name: &str| data.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        if kind == "conversation.standing" {
            ensure!(field("from") == status || field("from") == field("to"), "a gap in the timeline at {data}");
            status = field("to");
        }
        ensure!(kind != "message.created" || field("author") != "assistant" || status == "pending", "spoke while {status}: {data}");
    }
    Ok(())
}
