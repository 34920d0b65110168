//! The judge: compares what customers said with what the channel received. Pure; knows no table of ours.
//!
//! A reply answers the last message before it that is in its language, and with it every earlier one that was still open. What fits no open
//! message is a duplicate (that message has its reply), disorder (a later one was answered first), or unexpected.

use crate::bench::talk::language_at;
use crate::domain::language::Language;
use std::collections::HashSet;

/// Most messages of one customer: below the channel's limit of messages to one person, and few enough to remember each.
pub const MOST_MESSAGES: u32 = 12;

/// A message of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Whose, counted from 0.
    pub customer: u32,
    /// Its place among the customer's messages, counted from 0.
    pub place: u32,
    /// When its delivery began, in microseconds.
    pub began: i64,
    /// When it was due, in microseconds; earlier than `began` if the generator lags.
    pub due: i64,
    /// Whether another message of the customer was open at the same time. The second answer of such a burst waits for the gap that the
    /// channel keeps between two messages, so that its latency is measured apart.
    pub burst: bool,
    /// When the server promised to keep it, in microseconds.
    pub accepted: Option<i64>,
}

/// A reply as the channel received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// To whom; `None` for an address that none of the customers has.
    pub customer: Option<u32>,
    /// The language of the greeting that it answers; `None` for any other text.
    pub language: Option<Language>,
    /// The sender's own name of it, which must not come twice.
    pub reference: String,
    /// When, in microseconds.
    pub at: i64,
}

/// What a reply means in its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It answers the message at this place, and what was open before it.
    Answers(u32),
    /// That message has its own reply already.
    Duplicate,
    /// A later message was answered before.
    Disorder,
    /// It answers nothing that was said.
    Unexpected,
}

/// What one customer has heard so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Room {
    /// Places below this one are answered.
    pub answered: u32,
    /// One bit for each place that has a reply of its own.
    own: u64,
}

impl Room {
    /// Takes a reply; `said` is how many messages the customer had begun by then.
    pub fn hear(&mut self, language: Option<Language>, said: u32) -> Heard {
        let Some(language) = language else { return Heard::Unexpected };
        let said = said.min(MOST_MESSAGES);
        if let Some(place) = (self.answered..said).find(|place| language_at(*place) == language) {
            self.answered = place + 1;
            self.own |= 1 << place;
            return Heard::Answers(place);
        }
        match (0..self.answered.min(said)).rev().find(|place| language_at(*place) == language) {
            Some(place) if self.own & (1 << place) != 0 => Heard::Duplicate,
            Some(_) => Heard::Disorder,
            None => Heard::Unexpected,
        }
    }
}

/// What the judge found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// For each message, in the order in which it was handed in: when its reply came.
    pub answered_at: Vec<Option<i64>>,
    /// Accepted messages that nobody answered.
    pub lost: u64,
    /// Replies to messages that had one.
    pub duplicates: u64,
    /// Replies that came after the reply to a later message.
    pub disorder: u64,
    /// Replies that answer nothing that was said.
    pub unexpected: u64,
}

impl Verdict {
    /// Returns true if every accepted message was answered once and in order.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.lost + self.duplicates + self.disorder + self.unexpected == 0
    }

    fn count(&mut self, heard: Heard) {
        match heard {
            Heard::Answers(_) => {}
            Heard::Duplicate => self.duplicates += 1,
            Heard::Disorder => self.disorder += 1,
            Heard::Unexpected => self.unexpected += 1,
        }
    }
}

/// One customer's part of the log.
#[derive(Default)]
struct Thread {
    /// Indexes of the messages, by place.
    said: Vec<usize>,
    room: Room,
}

/// Judges. A customer's messages stand in the order of saying; replies may stand in any order.
#[must_use]
pub fn judge(said: &[Said], received: &[Received]) -> Verdict {
    let mut verdict = Verdict { answered_at: vec![None; said.len()], ..Verdict::default() };
    let mut threads = threads(said);
    let mut in_time: Vec<&Received> = received.iter().collect();
    in_time.sort_by_key(|reply| reply.at);
    let mut references = HashSet::new();
    for reply in in_time {
        let thread = reply.customer.and_then(|customer| threads.get_mut(usize::try_from(customer).ok()?));
        let heard = match thread {
            _ if !references.insert(reply.reference.as_str()) => Heard::Duplicate,
            None => Heard::Unexpected,
            Some(thread) => {
                let begun = thread.said.iter().filter(|index| said.get(**index).is_some_and(|one| one.began <= reply.at)).count();
                let from = thread.room.answered;
                let heard = thread.room.hear(reply.language, u32::try_from(begun).unwrap_or(u32::MAX));
                note(&mut verdict.answered_at, thread, from, reply.at);
                heard
            }
        };
        verdict.count(heard);
    }
    let pairs = said.iter().zip(&verdict.answered_at);
    verdict.lost = pairs.filter(|(one, answer)| one.accepted.is_some() && answer.is_none()).count() as u64;
    verdict
}

/// Notes when the places from `from` on were answered.
fn note(answered_at: &mut [Option<i64>], thread: &Thread, from: u32, at: i64) {
    for index in thread.said.iter().skip(from as usize).take(thread.room.answered.saturating_sub(from) as usize) {
        if let Some(slot) = answered_at.get_mut(*index) {
            *slot = Some(at);
        }
    }
}

fn threads(said: &[Said]) -> Vec<Thread> {
    let mut threads: Vec<Thread> = Vec::new();
    for (index, one) in said.iter().enumerate() {
        let customer = one.customer as usize;
        if threads.len() <= customer {
            threads.resize_with(customer + 1, Thread::default);
        }
        if let Some(thread) = threads.get_mut(customer) {
            thread.said.push(index);
        }
    }
    threads
}

/// Returns the value below or at which this share of the sorted values lies; `None` without values.
#[must_use]
pub fn percentile<T: Copy>(sorted: &[T], share: f64) -> Option<T> {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
}

#[cfg(test)]
mod tests;
