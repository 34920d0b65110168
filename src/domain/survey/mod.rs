//! Asking customers how they were served: when a stretch that ends asks for it, in which words, and what an answer may be. Pure.
//!
//! A stretch ends once, so it asks once. Neighbours: `conversation::survey` sends, [`score`] counts, the public page takes the answer.

pub mod score;
#[cfg(test)]
mod tests;
mod words;

use crate::domain::content::{Content, Template, TemplateName, clean_text};
use crate::domain::ids::{AgentId, LabelId};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

pub use words::{BUSINESS, LINK, addressed, length_addressed, mark};

/// Longest own words of a business, in characters.
pub const MAX_WORDS: usize = 500;
/// Longest comment, in characters.
pub const MAX_COMMENT: usize = 1_000;
/// An answer may be changed for so long after the first one.
pub const CHANGEABLE: Duration = Duration::from_hours(24 * 14);
/// An answer may be changed so often: each change is told to everybody who listens.
pub const MOST_CHANGES: u32 = 20;
/// A question that has not left by then does not leave any more: nobody wants to be asked hours later.
pub const OF_USE: Duration = Duration::from_hours(1);

/// Who or what ended a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolver {
    /// The assistant said that the matter is closed.
    Assistant,
    /// A person, or a program of the business.
    Person,
    /// Silence: nobody wrote any more.
    Silence,
}

impl Resolver {
    /// Every resolver.
    pub const ALL: [Self; 3] = [Self::Assistant, Self::Person, Self::Silence];

    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assistant => "assistant",
            Self::Person => "person",
            Self::Silence => "silence",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resolver| resolver.as_str() == text)
    }

    /// Tells by the cause of a change of standing who has resolved; `None`: such an end asks nobody.
    #[must_use]
    pub fn of_cause(cause: &str) -> Option<Self> {
        match cause {
            "set_by_agent" => Some(Self::Person),
            "assistant_resolved" => Some(Self::Assistant),
            "idle" | "timer" => Some(Self::Silence),
            _ => None,
        }
    }
}

/// Who held a conversation when it was resolved: for him or her the answer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The assistant: it was pending.
    Assistant,
    /// People: it was open or snoozed.
    People,
}

impl Holder {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Assistant, Self::People];

    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assistant => "assistant",
            Self::People => "people",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|holder| holder.as_str() == text)
    }
}

/// A business's own words, by language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnWords {
    /// In Spanish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub es: Option<String>,
    /// In English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
    /// In Portuguese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pt: Option<String>,
}

impl OwnWords {
    fn of(&self, language: Language) -> Option<&str> {
        match language {
            Language::Es => self.es.as_deref(),
            Language::En => self.en.as_deref(),
            Language::Pt => self.pt.as_deref(),
        }
    }
}

/// Approved templates by the language of the customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Templates {
    /// For Spanish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub es: Option<TemplateName>,
    /// For English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub en: Option<TemplateName>,
    /// For Portuguese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pt: Option<TemplateName>,
}

impl Templates {
    const fn of(&self, language: Language) -> Option<&TemplateName> {
        match language {
            Language::Es => self.es.as_ref(),
            Language::En => self.en.as_ref(),
            Language::Pt => self.pt.as_ref(),
        }
    }
}

/// How an inbox asks. Stored as JSON: one release reads its predecessor's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SurveyRules {
    /// Does it ask at all?
    pub enabled: bool,
    /// Only conversations with one of these labels; empty: whatever they have.
    pub only_labels: BTreeSet<LabelId>,
    /// No conversation with one of these.
    pub never_labels: BTreeSet<LabelId>,
    /// Only after these have resolved.
    pub after: BTreeSet<Resolver>,
    /// What is said instead of the product's words.
    pub words: OwnWords,
    /// The approved template by which the question leaves when the reply window is closed, for every language that has none of its own; its
    /// body takes the link.
    pub template: Option<TemplateName>,
    /// Those for customers of one language.
    pub templates: Templates,
}

impl Default for SurveyRules {
    /// Off; once it is on, silence asks nobody: who has gone away is not run after.
    fn default() -> Self {
        Self {
            enabled: false,
            only_labels: BTreeSet::new(),
            never_labels: BTreeSet::new(),
            after: BTreeSet::from([Resolver::Assistant, Resolver::Person]),
            words: OwnWords::default(),
            template: None,
            templates: Templates::default(),
        }
    }
}

/// How a stretch ended, as far as a survey is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// By whom or what.
    pub by: Resolver,
    /// The person, if it was one.
    pub agent: Option<AgentId>,
    /// Who held it.
    pub held: Holder,
    /// For whom of the people the answer counts.
    pub member: Option<AgentId>,
    /// The language of the customer in it.
    pub language: Language,
    /// What whoever resolved it said: ask, or do not.
    pub wish: Option<bool>,
}

impl SurveyRules {
    /// Tells whether a stretch that ended asks. A person's word beats the rules of who and of labels, never the switch.
    #[must_use]
    pub fn ask(&self, ended: &Ended, labels: &BTreeSet<LabelId>) -> bool {
        let labelled = self.only_labels.is_empty() || !self.only_labels.is_disjoint(labels);
        let by_rule = self.after.contains(&ended.by) && labelled && self.never_labels.is_disjoint(labels);
        self.enabled && ended.wish.unwrap_or(by_rule)
    }

    /// Returns what may be said, from what the business wants to the least that asks: a channel may take short messages only. A mark keeps
    /// the place of the address.
    #[must_use]
    pub fn questions(&self, language: Language, business: &str) -> [String; 3] {
        let own = self.words.of(language).filter(|words| !words.trim().is_empty());
        [words::question(own, language, business), words::question(None, language, business), mark(language).to_owned()]
    }

    /// Returns the template for customers of a language, with the language that it is in as far as we speak it.
    #[must_use]
    pub fn template(&self, language: Language) -> Option<(&TemplateName, Language)> {
        let template = self.templates.of(language).or(self.template.as_ref())?;
        Some((template, Language::of_locale(&template.language).unwrap_or(language)))
    }
}

/// Puts the address of the page into a message that leaves: into its words, and into what its template is given.
#[must_use]
pub fn with_address(content: Content, address: &str) -> Content {
    let filled = |mut template: Box<Template>| {
        template.parameters = template.parameters.iter().map(|text| addressed(text, address)).collect();
        template
    };
    Content { text: addressed(&content.text, address), template: content.template.map(filled), ..content }
}

/// That a customer is asked: a row of its own, and a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSurvey {
    /// The stretch that ended.
    pub cycle: i64,
    /// The message that asks.
    pub seq: i64,
    /// How it ended.
    pub ended: Ended,
}

/// How satisfied somebody was: 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rating(i16);

impl Rating {
    /// The worst and the best.
    pub const RANGE: std::ops::RangeInclusive<i16> = 1..=5;

    /// Makes a rating.
    #[must_use]
    pub fn new(number: i16) -> Option<Self> {
        Self::RANGE.contains(&number).then_some(Self(number))
    }

    /// Reads a rating as a form says it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::new(text.parse().ok().filter(|_| text.len() == 1)?)
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> i16 {
        self.0
    }
}

/// What a customer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How satisfied.
    pub rating: Rating,
    /// In own words.
    pub comment: Option<String>,
}

/// Makes a comment as it is kept: trimmed, with plain line ends; `None`: none. `Err`: too long.
///
/// # Errors
/// The number of characters, if there are more than [`MAX_COMMENT`].
pub fn comment(text: &str) -> Result<Option<String>, usize> {
    let text = clean_text(&text.replace("\r\n", "\n").replace('\r', "\n"));
    let text = text.trim();
    match text.chars().count() {
        0 => Ok(None),
        many if many > MAX_COMMENT => Err(many),
        _ => Ok(Some(text.to_owned())),
    }
}

/// Tells until when an answer may be changed that was first given then: that instant itself does not count any more.
#[must_use]
pub fn changeable_until(answered_at: Timestamp) -> Timestamp {
    answered_at.after(CHANGEABLE)
}

/// Whether a survey takes an answer, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// It does.
    Yes,
    /// The first answer is too old.
    TooLate,
    /// It was changed too often.
    TooOften,
}

/// Tells whether a survey takes an answer: a first one always, another one for a while and not without end.
#[must_use]
pub fn takes_answer(answered_at: Option<Timestamp>, changes: u32, now: Timestamp) -> Open {
    match answered_at {
        None => Open::Yes,
        Some(first) if now >= changeable_until(first) => Open::TooLate,
        Some(_) if changes >= MOST_CHANGES => Open::TooOften,
        Some(_) => Open::Yes,
    }
}

/// How far a question got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuestionState {
    /// It has not left yet.
    Queued,
    /// It has left.
    Sent,
    /// Nobody knows whether it has left.
    Uncertain,
    /// It has never left, or was refused.
    Lost,
}

impl QuestionState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Sent, Self::Uncertain, Self::Lost];

    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Uncertain => "uncertain",
            Self::Lost => "lost",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Tells whether the customer counts as asked, even if they never answer: a question that nobody has been sent does not count.
    #[must_use]
    pub const fn counts(self) -> bool {
        match self {
            Self::Sent | Self::Uncertain => true,
            Self::Queued | Self::Lost => false,
        }
    }
}
