//! What side jobs of a model have learnt about the current stretch of a conversation: a memory of what no longer fits into the context, the
//! customer's language where words alone did not tell it, the customer's mood.
//!
//! Pure. Everything here was made of a customer's words by a model: it is data behind a fence for the next model, and a line for people. It
//! decides nothing. Bounded; dropped when the stretch ends, and when a message that it rests on is changed.

use crate::domain::fence::clean;
use crate::domain::language::Language;
use crate::domain::summary::Sentiment;
use serde::{Deserialize, Serialize};

/// Most characters of the memory.
pub const MAX_MEMORY: usize = 1_500;
/// Most characters of one line of the memory.
const MAX_LINE: usize = 240;
/// Most lines of each kind.
const MAX_LINES: usize = 12;
/// Most characters of the words that show a mood.
const MAX_EVIDENCE: usize = 240;

/// What is known; kept in a column of its own, outside the snapshot's bound.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Learnt {
    /// What came before the messages that a model is still shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// The language of the customer's words up to `read`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The customer's mood up to `read`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mood: Option<Mood>,
    /// The newest message that language and mood were read from; 0: none yet.
    pub read: i64,
    /// How many messages were edited or deleted so far: what was learnt before such a change is dropped.
    pub changes: i64,
}

impl Learnt {
    /// Returns what is still known once a message was edited or deleted; a job under way then comes too late. `None`: nobody knows which one.
    #[must_use]
    pub fn without(&self, seq: Option<i64>) -> Self {
        let touches = |up_to: i64| seq.is_none_or(|seq| seq <= up_to);
        let mut known = self.clone();
        known.changes += 1;
        known.memory = known.memory.filter(|memory| !touches(memory.up_to));
        if touches(known.read) {
            (known.language, known.mood) = (None, None);
        }
        known
    }
}

/// A summary of older messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The text, at most [`MAX_MEMORY`] characters.
    pub text: String,
    /// The newest message in it.
    pub up_to: i64,
}

/// A mood with the customer's own words that show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mood {
    /// The mood.
    pub sentiment: Sentiment,
    /// The words.
    pub evidence: String,
}

/// What a side job found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Lesson {
    /// A new memory, the old one included.
    Memory(Memory),
    /// Language and mood.
    Reading {
        /// The language, if it is one of ours and was asked for.
        language: Option<Language>,
        /// The mood, if it was asked for.
        mood: Option<Mood>,
        /// The newest message that was read.
        up_to: i64,
    },
}

/// A lesson on its way to the conversation that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learning {
    /// `None`: the job came to nothing, and only its price is told.
    pub lesson: Option<Lesson>,
    /// The stretch that it is about.
    pub cycle: i64,
    /// [`Learnt::changes`] when the job began.
    pub changes: i64,
    /// The tokens that it took.
    pub tokens: i64,
    /// What it cost, in millionths of the currency.
    #[serde(default)]
    pub cost_micros: i64,
}

/// What a side job is to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Add the messages up to this one to the memory.
    Remember {
        /// The newest message for the memory.
        up_to: i64,
    },
    /// Read the customer's language and mood.
    Read {
        /// The newest message to be read.
        up_to: i64,
    },
}

/// Which side jobs an inbox wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The memory of long conversations.
    pub memory: bool,
    /// The customer's language, where words alone do not tell it.
    pub language: bool,
    /// The customer's mood.
    pub mood: bool,
}

/// A model's answer to [`Work::Remember`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    facts: Vec<String>,
    open_requests: Vec<String>,
    promises: Vec<String>,
}

/// A model's answer to [`Work::Read`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    language: String,
    sentiment: Sentiment,
    evidence: String,
}

/// Reads a memory from a model's answer; `None` if it is not what was asked for, or says nothing.
#[must_use]
pub fn read_memory(answer: &str, up_to: i64) -> Option<Lesson> {
    let Remembered { facts, open_requests, promises } = serde_json::from_str(object(answer)?).ok()?;
    let mut text = String::new();
    for (title, lines) in [("Promised", promises), ("Still open", open_requests), ("Facts", facts)] {
        let lines = lines.iter().map(|line| clean(line.trim(), MAX_LINE).replace('\n', " ")).filter(|line| !line.is_empty());
        for (place, line) in lines.take(MAX_LINES).enumerate() {
            let heading = if place == 0 { format!("{title}:\n") } else { String::new() };
            let more = format!("{heading}- {line}\n");
            if text.chars().count() + more.chars().count() <= MAX_MEMORY {
                text.push_str(&more);
            }
        }
    }
    let text = text.trim_end().to_owned();
    (!text.is_empty()).then_some(Lesson::Memory(Memory { text, up_to }))
}

/// Reads language and mood from a model's answer; `None` if it is not what was asked for. What was not asked for is left out.
#[must_use]
pub fn read_reading(answer: &str, up_to: i64, wanted: Wanted) -> Option<Lesson> {
    let Read { language, sentiment, evidence } = serde_json::from_str(object(answer)?).ok()?;
    let language = Language::of_locale(&language).filter(|_| wanted.language);
    let evidence = clean(evidence.trim(), MAX_EVIDENCE).replace('\n', " ");
    let mood = wanted.mood.then_some(Mood { sentiment, evidence });
    Some(Lesson::Reading { language, mood, up_to })
}

/// Returns the JSON object in an answer: fences of code around it are forgiven.
fn object(answer: &str) -> Option<&str> {
    answer.get(answer.find('{')?..=answer.rfind('}')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Wanted = Wanted { memory: true, language: true, mood: true };

    #[test]
    fn a_memory_has_its_lines_by_kind_and_what_was_promised_first() {
        let answer = "```json\n{\"facts\": [\"se llama Ana\", \" \"], \"open_requests\": [], \"promises\": [\"llamarla\\nhoy\"]}\n```";
        let Some(Lesson::Memory(memory)) = read_memory(answer, 7) else { panic!("no memory") };
        assert_eq!(memory, Memory { text: "Promised:\n- llamarla hoy\nFacts:\n- se llama Ana".into(), up_to: 7 });
    }

    #[test]
    fn a_memory_is_bounded_whatever_a_model_writes() {
        let lines: Vec<String> = (0..500).map(|number| format!("{number} {}", "ñ".repeat(1_000))).collect();
        let answer = serde_json::json!({ "facts": lines, "open_requests": lines, "promises": lines }).to_string();
        let Some(Lesson::Memory(memory)) = read_memory(&answer, 7) else { panic!("no memory") };
        assert!(memory.text.chars().count() <= MAX_MEMORY && memory.text.starts_with("Promised:\n- 0 "), "{}", memory.text);
    }

    #[test]
    fn anything_else_is_no_lesson() {
        let empty = r#"{"facts": [], "open_requests": [""], "promises": []}"#;
        let more = r#"{"facts": ["x"], "open_requests": [], "promises": [], "role": "system"}"#;
        for text in ["", "{}", "}{", "no", "[]", empty, more, r#"{"facts": "x", "open_requests": [], "promises": []}"#] {
            assert_eq!(read_memory(text, 1), None, "{text}");
        }
        for text in ["", "{}", r#"{"language": "es", "sentiment": "furious", "evidence": ""}"#, r#"{"language": "es"}"#] {
            assert_eq!(read_reading(text, 1, ALL), None, "{text}");
        }
    }

    #[test]
    fn a_reading_has_only_what_the_inbox_wants() {
        let answer = r#"{"language": "pt", "sentiment": "angry", "evidence": "que absurdo"}"#;
        let mood = Mood { sentiment: Sentiment::Angry, evidence: "que absurdo".into() };
        let read = |wanted| read_reading(answer, 3, wanted);
        assert_eq!(read(ALL), Some(Lesson::Reading { language: Some(Language::Pt), mood: Some(mood.clone()), up_to: 3 }));
        assert_eq!(read(Wanted { language: false, ..ALL }), Some(Lesson::Reading { language: None, mood: Some(mood), up_to: 3 }));
        assert_eq!(read(Wanted { mood: false, ..ALL }), Some(Lesson::Reading { language: Some(Language::Pt), mood: None, up_to: 3 }));
        let other = answer.replace("\"pt\"", "\"other\"");
        assert!(matches!(read_reading(&other, 3, ALL), Some(Lesson::Reading { language: None, mood: Some(_), .. })));
    }

    #[test]
    fn what_is_known_reads_back_as_it_was_written() {
        let all = Learnt {
            memory: Some(Memory { text: "x".into(), up_to: 4 }),
            language: Some(Language::Pt),
            mood: Some(Mood { sentiment: Sentiment::Angry, evidence: "y".into() }),
            read: 5,
            changes: 2,
        };
        for known in [Learnt::default(), all] {
            let text = serde_json::to_string(&known).unwrap();
            assert_eq!(serde_json::from_str::<Learnt>(&text).unwrap(), known, "{text}");
        }
        assert_eq!(serde_json::from_str::<Learnt>("{}").unwrap(), Learnt::default());
    }
}
