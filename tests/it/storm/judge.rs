//! Judges one room by what the channel received there.

use crate::support::fake_adapter::Accepted;
use anyhow::{Result, ensure};
use std::collections::HashSet;

/// A stretch in which a person was the speaker, by places in the channel's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// How many messages the channel had received when the takeover was answered.
    pub from: usize,
    /// How many when the person began to give it back; `None`: never did.
    pub until: Option<usize>,
    /// The words that may still arrive, as the person was told; `None`: the answer does not tell. Then the one that was under way may, before
    /// any word of the person.
    pub told: Option<Vec<String>>,
}

/// What was done in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// The room.
    pub room: String,
    /// The customer's words, in order of acknowledgement.
    pub customer: Vec<String>,
    /// People's words, in order of their answers.
    pub agent: Vec<String>,
    /// When people spoke.
    pub spans: Vec<Span>,
}

/// Judges a room: nothing of the assistant while a person speaks, nothing twice, nothing lost, in order.
pub fn judge(log: &[Accepted], thread: &[String], played: &Played) -> Result<()> {
    let here: Vec<(usize, &Accepted)> = log.iter().enumerate().filter(|(_, one)| one.room == played.room).collect();
    let mut keys = HashSet::new();
    let mut words = HashSet::new();
    for (place, one) in &here {
        ensure!(keys.insert(&one.key), "sent twice at {place}: {one:?}");
        ensure!(!played.agent.contains(&one.text) || words.insert(&one.text), "said twice at {place}: {one:?}");
    }
    let people: Vec<&str> =
        here.iter().map(|(_, one)| one.text.as_str()).filter(|text| played.agent.iter().any(|own| own == text)).collect();
    ensure!(people == played.agent, "people wrote {:?}, the channel received {people:?}", played.agent);
    let customer: Vec<&str> = thread.iter().filter_map(|line| line.strip_prefix("contact: ")).collect();
    ensure!(customer == played.customer, "the customer wrote {:?}, the thread has {customer:?}", played.customer);
    played.spans.iter().try_for_each(|span| silent(&here, span, played))
}

fn silent(here: &[(usize, &Accepted)], span: &Span, played: &Played) -> Result<()> {
    let until = span.until.unwrap_or(usize::MAX);
    let within = here.iter().filter(|(place, _)| (span.from..until).contains(place));
    let (mut late, mut person) = (0, false);
    for (place, one) in within {
        if played.agent.contains(&one.text) {
            person = true;
            continue;
        }
        late += 1;
        let allowed = span.told.as_ref().map_or(late == 1 && !person, |told| told.contains(&one.text));
        ensure!(allowed, "the assistant spoke over a person at {place}: {one:?} in {span:?}");
    }
    Ok(())
}
