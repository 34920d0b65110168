//! Reads what a customer wants out of a burst of messages. Pure; knows words, not facts, and decides nothing.

use super::lexicon;
use crate::domain::courtesy;
use crate::domain::topic::{Topic, topics_in};
use crate::domain::words::{Words, sentences};

/// Most questions answered in one turn.
const MAX_QUERIES: usize = 8;

/// Longest question sent to a tool, in characters.
const MAX_QUESTION: usize = 600;

/// Longest burst that is read, in words and in sentences. A longer one goes to people: a wish in its midst must not be missed, nor the machine be kept busy.
const MAX_WORDS: usize = 300;
const MAX_SENTENCES: usize = 40;

/// A short message: a yes, a no, a single noun.
const SHORT: usize = 6;

/// One question to look up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Which sentence of the burst it belongs to.
    pub sentence: usize,
    /// What it asks for.
    pub topic: Topic,
    /// The sentence.
    pub text: String,
    /// True if it is worded as a question; a statement that fits no fact needs no apology beside a found answer.
    pub asks: bool,
}

/// What a burst says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Wishes for a person.
    pub wish: bool,
    /// Angry, insulting, threatening.
    pub upset: bool,
    /// In danger now.
    pub emergency: bool,
    /// No readable word in it.
    pub unreadable: bool,
    /// Longer than is read; nothing else is filled in.
    pub too_long: bool,
    /// Greets.
    pub greets: bool,
    /// Thanks, applauds or says good-bye, and nothing else.
    pub farewell: bool,
    /// Says that all is settled, and asks nothing.
    pub settled: bool,
    /// Asks whether it is a machine.
    pub machine: bool,
    /// Wants a booking.
    pub booking: bool,
    /// Wants to leave a message.
    pub message: bool,
    /// The message is not said yet.
    pub bare: bool,
    /// A short yes.
    pub yes: bool,
    /// A short no.
    pub no: bool,
    /// More was asked than is answered in one turn.
    pub dropped: bool,
    /// What to look up.
    pub queries: Vec<Query>,
}

impl Reading {
    /// Reads a burst, oldest first. `offered` is true if the assistant has just offered a person.
    #[must_use]
    pub fn of(burst: &[String], offered: bool) -> Self {
        let readable: Vec<&String> = burst.iter().filter(|text| !is_unreadable(text)).collect();
        let whole = readable.iter().map(|text| text.as_str()).collect::<Vec<_>>().join("\n");
        if whole.split_whitespace().count() > MAX_WORDS || sentences(&whole).len() > MAX_SENTENCES {
            return Self { too_long: true, ..Self::default() };
        }
        let words = Words::of(&whole);
        let short = words.len() <= SHORT;
        let applause = words.is_empty() && !readable.is_empty();
        let no = short && (starts_with_no(&words) || words.any(lexicon::NO));
        let mut reading = Self {
            wish: readable.iter().any(|text| wishes(text, offered)),
            upset: words.any(lexicon::UPSET),
            emergency: words.any(lexicon::EMERGENCY) && !words.any(lexicon::EMERGENCY_QUESTION),
            unreadable: readable.is_empty(),
            greets: courtesy::greets(&words),
            machine: words.any(lexicon::MACHINE),
            booking: words.any(lexicon::BOOKING) && !words.any(lexicon::NO_BOOKING),
            message: words.any(lexicon::MESSAGE) || (offered && words.any(&["recado/mensaje/message/mensagem"])),
            bare: words.without(lexicon::MESSAGE_FILLERS).len() <= 1,
            yes: short && !no && (applause || words.any(lexicon::YES)),
            no,
            ..Self::default()
        };
        reading.queries = queries(&readable);
        reading.dropped = reading.queries.iter().skip(MAX_QUERIES).any(|query| query.asks && query.topic != Topic::Faq);
        reading.queries.truncate(MAX_QUERIES);
        let only_courtesy = courtesy::beyond(&words).len() <= 2 && reading.queries.iter().all(|query| query.topic == Topic::Auto);
        reading.settled = courtesy::settled(&words)
            && !reading.queries.iter().any(|query| query.topic != Topic::Auto || query.text.ends_with('?'))
            && !courtesy::displeased(&words);
        reading.farewell =
            applause || (only_courtesy && (courtesy::thanks(&words) || courtesy::says_goodbye(&words)) && !whole.contains('?'));
        reading
    }
}

/// Placeholders of files stand in brackets; a text without any word or applause is as unreadable.
fn is_unreadable(text: &str) -> bool {
    let text = text.trim();
    let bracketed = [('[', ']'), ('<', '>'), ('(', ')')].iter().any(|(open, close)| text.starts_with(*open) && text.ends_with(*close));
    bracketed || (Words::of(text).is_empty() && !text.contains(['👍', '🙏', '👌', '✅', '❤', '😊', '😀', '🙂', '🤝', '💪', '😍', '🥰']))
}

fn starts_with_no(words: &Words) -> bool {
    words.iter().next().is_some_and(|word| ["no", "nao", "nope", "nah", "nop"].contains(&word))
}

/// Returns true if one message wishes for a person. Every doubt counts as a wish: a needless hand-over is cheap, a denied one is not.
fn wishes(text: &str, offered: bool) -> bool {
    let wished = sentences(text).iter().any(|sentence| wishes_in_sentence(sentence));
    let words = Words::of(text);
    let short_noun = words.len() <= 5 && words.any(lexicon::STRONG_PEOPLE) && !words.any(lexicon::MACHINE);
    let picked = offered && words.len() <= SHORT && words.any(lexicon::PEOPLE) && !starts_with_no(&words);
    wished || ((short_noun || picked) && !words.any(lexicon::NO_WISH))
}

fn wishes_in_sentence(sentence: &str) -> bool {
    let words = Words::of(sentence);
    if words.any(lexicon::NO_WISH) {
        return false;
    }
    let machine = words.any(lexicon::MACHINE);
    let contact = words.near(lexicon::CONTACT, lexicon::PEOPLE, 5) && !machine;
    let wanted = !machine && (words.near(lexicon::WANT, lexicon::STRONG_PEOPLE, 4) || words.near(lexicon::WANT, lexicon::SOMEONE, 2));
    contact || wanted || words.any(lexicon::NO_BOT) || (words.any(lexicon::WISH) && !machine)
}

/// Splits a burst into questions: each sentence that is more than a courtesy, with the topics that its words tell.
fn queries(burst: &[&String]) -> Vec<Query> {
    let parts: Vec<String> = burst.iter().flat_map(|text| sentences(text)).collect();
    let mut all = Vec::new();
    for (sentence, text) in parts.into_iter().enumerate() {
        let words = Words::of(&text);
        let topics = topics_in(&text);
        let nod = words.len() <= 2 && (words.any(lexicon::YES) || words.any(lexicon::NO));
        let idle = courtesy::beyond(&words).is_empty() || words.any(lexicon::SMALL_TALK);
        if topics.is_empty() && (nod || idle) {
            continue;
        }
        let asks = text.ends_with('?') || !topics.is_empty();
        let text: String = text.chars().take(MAX_QUESTION).collect();
        let topics = if topics.is_empty() { vec![Topic::Auto] } else { [topics, vec![Topic::Faq]].concat() };
        all.extend(topics.into_iter().map(|topic| Query { sentence, topic, text: text.clone(), asks }));
    }
    let told = all.iter().any(|query: &Query| query.topic != Topic::Auto);
    if !told && !all.is_empty() && !all.iter().any(|query| query.asks) {
        all.iter_mut().for_each(|query| query.asks = true);
    }
    all.sort_by_key(|query| (!query.asks, query.topic == Topic::Faq));
    all
}
