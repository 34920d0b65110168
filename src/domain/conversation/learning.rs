//! When a side job is worth its price, and whether what it found out still holds when it comes back.
//!
//! Side jobs begin after an answer, never on its way. A lesson changes what later turns know and what people read at a hand-over; it sends
//! nothing, moves nobody and opens no turn.

use crate::domain::content::Content;
use crate::domain::conversation::draft::{Draft, Origin};
use crate::domain::conversation::effect::{CommandOutcome, Effect};
use crate::domain::conversation::event::InboundRow;
use crate::domain::conversation::message::{Author, MAX_RECENT, MAX_RECENT_BYTES, Recent, size};
use crate::domain::conversation::standing::{Standing, Status};
use crate::domain::conversation::{Aside, State};
use crate::domain::language::Language;
use crate::domain::language_of::{detect, doubtful, language_of};
use crate::domain::learnt::{Learning, Learnt, Lesson, Mood, Wanted, Work};
use crate::domain::summary::{is_shown_by, mood_line};

/// Messages that must come before the same kind of job is tried again, whatever became of the last one.
const AGAIN_AFTER: i64 = 4;
/// Messages of the customer between two readings of mood or language.
const READ_EVERY: usize = 4;
/// Why something is dropped that a model has made: of words that were edited or deleted meanwhile.
const CHANGED: &str = "learnt_of_changed_words";

impl State {
    /// Returns the language of the customer's own words in this stretch: what newer words tell, else what a model read, else what older
    /// words tell; `default` if nothing does.
    #[must_use]
    pub fn customer_language(&self, default: Language) -> Language {
        let words = || self.customer_words().map(|message| message.text.as_str());
        let Some(read) = self.learnt.language else { return detect(words(), default) };
        let newer = self.customer_words().filter(|message| message.seq > self.learnt.read);
        newer.rev().find_map(|message| language_of(&message.text)).unwrap_or(read)
    }

    /// The customer's messages of this stretch that are still in memory.
    fn customer_words(&self) -> impl DoubleEndedIterator<Item = &Recent> {
        self.recent.iter().filter(|message| message.cycle == self.cycle && message.author == Author::Contact)
    }

    /// The messages that [`Work::Remember`] adds to the memory, oldest first: what customers and the business have said to each other.
    pub fn to_remember(&self, up_to: i64) -> impl Iterator<Item = &Recent> {
        let known = self.learnt.memory.as_ref().map_or(0, |memory| memory.up_to);
        let wanted = move |message: &&Recent| message.author.public() && message.seq > known && message.seq <= up_to;
        self.recent.iter().filter(|message| message.cycle == self.cycle).filter(wanted)
    }
}

/// Asks for the side jobs that are due after an answer. `shown_from`: the first message that the model was shown.
pub(super) fn after_answer(draft: &mut Draft<'_>, shown_from: Option<i64>) {
    if draft.next.state.standing != Standing::Pending {
        return;
    }
    let (wanted, aside) = (draft.policy.learning, draft.next.aside);
    let owed = draft.next.owed.iter().filter_map(|owed| owed.seq).min().unwrap_or(i64::MAX);
    let settled = |up_to: i64| up_to < owed;
    let state = &draft.next.state;
    let memory = memory_due(state, shown_from).filter(|up_to| wanted.memory && settled(*up_to) && *up_to >= aside.memory + AGAIN_AFTER);
    let reading = reading_due(state, wanted, aside).filter(|up_to| settled(*up_to));
    if let Some(up_to) = memory {
        draft.next.aside.memory = up_to;
        draft.effects.push(Effect::Learn { work: Work::Remember { up_to } });
    }
    if let Some(up_to) = reading {
        draft.next.aside.reading = up_to;
        draft.effects.push(Effect::Learn { work: Work::Read { up_to } });
    }
}

/// Returns up to which message the memory should reach; `None` while everything that it lacks is still shown.
///
/// Due when three fifths of the snapshot's room are taken by messages that the memory lacks, or when the model was not shown one of them.
/// Then all but the newest third of the room, or the newer half of what was shown, goes in: the next time is several messages away.
fn memory_due(state: &State, shown_from: Option<i64>) -> Option<i64> {
    let known = state.learnt.memory.as_ref().map_or(0, |memory| memory.up_to);
    let new: Vec<&Recent> = state.recent.iter().filter(|message| message.cycle == state.cycle && message.seq > known).collect();
    let bytes: usize = new.iter().map(|message| size(message)).sum();
    let crowded = new.len() > MAX_RECENT * 3 / 5 || bytes > MAX_RECENT_BYTES * 3 / 5;
    let unseen = shown_from.is_some_and(|from| new.iter().any(|message| message.author.public() && message.seq < from));
    let keep = if crowded {
        let mut room = MAX_RECENT_BYTES / 3;
        let fits = |message: &&&Recent| {
            let left = room.checked_sub(size(message));
            room = left.unwrap_or(0);
            left.is_some()
        };
        new.iter().rev().take(MAX_RECENT / 3).take_while(fits).count()
    } else if unseen {
        new.iter().filter(|message| shown_from.is_none_or(|from| message.seq >= from)).count() / 2
    } else {
        return None;
    };
    let folded = new.get(..new.len().saturating_sub(keep.max(1)))?;
    let says = |message: &&&Recent| message.author.public() && !message.text.trim().is_empty();
    folded.iter().filter(says).count().checked_sub(1)?;
    folded.last().map(|message| message.seq)
}

/// Returns up to which message language and mood should be read; `None`: not now.
fn reading_due(state: &State, wanted: Wanted, aside: Aside) -> Option<i64> {
    let read = state.learnt.read.max(aside.reading);
    let newest = state.customer_words().next_back().map(|message| message.seq).filter(|seq| *seq > read)?;
    let since = state.customer_words().filter(|message| message.seq > read && !message.text.trim().is_empty()).count();
    let doubt =
        wanted.language && (read == 0 || since >= READ_EVERY) && doubtful(state.customer_words().map(|message| message.text.as_str()));
    (doubt || (wanted.mood && since >= READ_EVERY)).then_some(newest)
}

/// A side job came back: what it found out is kept if it still holds; its price is booked either way.
pub(super) fn learn(draft: &mut Draft<'_>, row: &InboundRow, learning: &Learning) {
    pay(draft, (learning.tokens, learning.cost_micros));
    let reason = match learnt(&draft.next.state, draft.policy.learning, learning) {
        Ok(learnt) => {
            draft.learn(learnt);
            "learnt"
        }
        Err(reason) => reason,
    };
    draft.settle_new(row.id, reason, None);
    draft.writes.forgotten.push(row.id);
}

/// Leaves a model's summary as a note, unless words that it may rest on were changed since it was asked for; changes nothing else.
pub(super) fn summary(draft: &mut Draft<'_>, row: &InboundRow, (text, changes): (&str, i64), price: (i64, i64)) {
    pay(draft, price);
    let origin = Origin { inbound: Some(row.id), ..Origin::default() };
    let still = changes == draft.next.state.learnt.changes;
    let seq = still.then(|| draft.add_message(Author::Note(None), Content::text(text), origin));
    let reason = if still { "note" } else { CHANGED };
    draft.settle_new(row.id, reason, Some(CommandOutcome::Done { changed: still, seq }));
    draft.writes.forgotten.push(row.id);
}

fn pay(draft: &mut Draft<'_>, (tokens, cost_micros): (i64, i64)) {
    if tokens > 0 {
        draft.writes.usage.push(("model_tokens", tokens));
    }
    if cost_micros > 0 {
        draft.writes.usage.push(("model_cost_micros", cost_micros));
    }
}

/// Returns what is known with a lesson, or why it no longer holds.
fn learnt(state: &State, wanted: Wanted, learning: &Learning) -> Result<Learnt, &'static str> {
    let Some(lesson) = &learning.lesson else { return Err("learnt_nothing") };
    if matches!(state.standing.status(), Status::Resolved | Status::Spam) || learning.cycle != state.cycle {
        return Err("learnt_too_late");
    }
    if learning.changes != state.learnt.changes {
        return Err(CHANGED);
    }
    let mut known = state.learnt.clone();
    let (before, up_to) = match lesson {
        Lesson::Memory(memory) => (known.memory.as_ref().map_or(0, |memory| memory.up_to), memory.up_to),
        Lesson::Reading { up_to, .. } => (known.read, *up_to),
    };
    if up_to <= before || up_to > state.last_seq {
        return Err("learnt_too_late");
    }
    match lesson {
        Lesson::Memory(memory) if wanted.memory => known.memory = Some(memory.clone()),
        Lesson::Memory(_) => return Err("not_wanted"),
        Lesson::Reading { language, mood, up_to } => {
            known.read = *up_to;
            known.language = language.filter(|_| wanted.language);
            known.mood = mood.clone().filter(|mood| wanted.mood && is_shown(state, mood));
        }
    }
    Ok(known)
}

/// A mood counts only with the customer's own words.
fn is_shown(state: &State, mood: &Mood) -> bool {
    is_shown_by(&mood.evidence, state.customer_words().map(|message| message.text.as_str()))
}

/// A message was edited or deleted by its writer: what may rest on it is forgotten. `None`: nobody knows which one.
pub(super) fn forget(draft: &mut Draft<'_>, seq: Option<i64>) {
    let known = draft.next.state.learnt.without(seq);
    draft.learn(known);
}

/// Returns the line about the customer's mood for a hand-over, if it is worth one.
pub(super) fn mood_told(draft: &Draft<'_>) -> Option<String> {
    let mood = draft.next.state.learnt.mood.as_ref().filter(|_| draft.policy.learning.mood)?;
    mood_line(draft.policy.language, mood.sentiment, &mood.evidence)
}
