//! Derives the state of the dialogue from the chat itself: the assistant keeps no memory, so a restart or a second node changes nothing.

use super::name::{self, Named};
use super::texts::{ALL, Texts};
use crate::domain::fence::{inner, own_words};
use crate::domain::language::Language;
use crate::domain::language_of::detect;
use crate::domain::phrases::{anything_else, idle_question};
use crate::ports::llm::ChatMessage;
use serde_json::Value;

/// What the assistant asked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A person or a message, after it did not know.
    Offer,
    /// Whether a person is preferred.
    Person,
    /// The name; the message is known.
    Name,
    /// Name and message.
    NameAndReason,
    /// The message; the name is known.
    Reason,
    /// To put it in words.
    Write,
    /// Whether there is anything else.
    More,
}

/// One answered tool call of this turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The tool.
    pub tool: String,
    /// Its result.
    pub result: Value,
}

/// The state of the dialogue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dialogue {
    /// Customer messages since the last answer, oldest first.
    pub burst: Vec<String>,
    /// The customer's earlier messages that are no answer to a question for a name: they tell the language.
    pub earlier: Vec<String>,
    /// Results of this turn's calls, in order.
    pub results: Vec<Answered>,
    /// The assistant's last answer.
    pub last: String,
    /// What the last answer asked.
    pub asked: Option<Asked>,
    /// How often in a row the last question was asked.
    pub repeated: usize,
    /// True if assistant or people have answered in this cycle.
    pub answered: bool,
    /// The name, if the customer gave it on request.
    pub name: Option<String>,
    /// How to reach the customer, if said with the name.
    pub contact: Option<String>,
    /// What the message for the team is about, in the customer's words.
    pub matter: String,
}

impl Dialogue {
    /// Reads a chat, oldest first.
    #[must_use]
    pub fn read(messages: &[ChatMessage]) -> Self {
        let mut dialogue = Self::default();
        for message in messages {
            match message {
                ChatMessage::System { .. } => {}
                ChatMessage::User { text, .. } => dialogue.hear(own_words(text)),
                ChatMessage::Assistant { text, human, .. } if !text.trim().is_empty() => dialogue.close(text, *human),
                ChatMessage::Assistant { .. } => {}
                ChatMessage::Tool { name, result, .. } => {
                    dialogue.results.push(Answered { tool: name.clone(), result: inner(result).clone() })
                }
            }
        }
        dialogue
    }

    /// Returns the language of the customer's newest telling words.
    #[must_use]
    pub fn language(&self, default: Language) -> Language {
        let names = matches!(self.asked, Some(Asked::Name | Asked::NameAndReason));
        let burst =
            self.burst.iter().filter(|text| !names || name::answered(text).is_none_or(|named| named.rest.split_whitespace().count() > 2));
        detect(self.earlier.iter().chain(burst).map(String::as_str), default)
    }

    /// Returns true if the last answer did not know either.
    #[must_use]
    pub fn lost(&self) -> bool {
        self.asked == Some(Asked::Offer)
    }

    /// Returns the burst as one text.
    #[must_use]
    pub fn said(&self) -> String {
        self.burst.join("\n")
    }

    /// Reads a name out of the burst: asked for, or introduced on its own.
    #[must_use]
    pub fn name_in_burst(&self) -> Option<Named> {
        if matches!(self.asked, Some(Asked::Name | Asked::NameAndReason)) {
            return name::answered(&self.said());
        }
        self.burst.iter().find_map(|text| name::introduced(text, false))
    }

    /// Adds to the burst. Facts looked up for a superseded turn no longer fit; a message that was taken stays taken.
    fn hear(&mut self, text: &str) {
        self.results.retain(|answered| answered.tool == "take_message");
        self.burst.push(text.to_owned());
    }

    /// Ends an exchange with the answer that was given.
    fn close(&mut self, answer: &str, human: bool) {
        let asked = if human { None } else { recognise(answer) };
        let said = self.said();
        match (self.asked, asked) {
            (Some(Asked::Name | Asked::NameAndReason), Some(Asked::Reason)) => self.keep_name(),
            (Some(Asked::Offer | Asked::Person), Some(Asked::Name | Asked::NameAndReason)) => self.matter = joined(&self.matter, &said),
            (_, Some(Asked::Offer | Asked::Person)) => self.matter = said,
            (Some(Asked::Name | Asked::NameAndReason | Asked::Reason), Some(Asked::Name | Asked::NameAndReason | Asked::Reason)) => {}
            (_, Some(Asked::Name | Asked::NameAndReason)) => self.matter = said,
            (_, Some(Asked::Reason | Asked::Write | Asked::More) | None) => self.matter.clear(),
        }
        self.repeated = if asked.is_some() && asked == self.asked { self.repeated + 1 } else { usize::from(asked.is_some()) };
        let names = matches!(self.asked, Some(Asked::Name | Asked::NameAndReason));
        let burst = std::mem::take(&mut self.burst);
        self.earlier.extend(burst.into_iter().filter(|_| !names));
        self.results.clear();
        self.asked = asked;
        self.last = if human { String::new() } else { answer.to_owned() };
        self.answered = true;
    }

    fn keep_name(&mut self) {
        self.contact = name::contact_in(&self.said());
        self.name = self.name_in_burst().map(|named| named.name);
    }
}

fn joined(first: &str, second: &str) -> String {
    if first.is_empty() { second.to_owned() } else { format!("{first}\n{second}") }
}

/// Recognises the assistant's own question by its fixed ending.
fn recognise(answer: &str) -> Option<Asked> {
    let answer = answer.trim_end();
    let more = [Language::Es, Language::En, Language::Pt]
        .iter()
        .any(|language| answer.ends_with(anything_else(*language)) || answer.ends_with(idle_question(*language)));
    if more {
        return Some(Asked::More);
    }
    let questions = |texts: &Texts| {
        [
            (texts.offer, Asked::Offer),
            (texts.offer_person, Asked::Person),
            (texts.ask_name_and_reason, Asked::NameAndReason),
            (texts.ask_name, Asked::Name),
            (texts.ask_reason, Asked::Reason),
            (texts.write_please, Asked::Write),
        ]
    };
    ALL.into_iter().flat_map(questions).find(|(question, _)| answer.ends_with(question)).map(|(_, asked)| asked)
}
