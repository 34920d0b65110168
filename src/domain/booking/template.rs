//! News by an approved template, where the channel takes nothing else any more. Pure.
//!
//! Meta approves a template once for each language, words and titles of its buttons included; only the parameters and what a tap brings back are ours.
//! Parameters are written in the language of the template that is used, so that no sentence is of two.

use crate::domain::booking::news::Told;
use crate::domain::booking::voice::{Tapped, Wish, tapped};
use crate::domain::content::Template;
use crate::domain::language::Language;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Most quick replies of a template.
const MOST_BUTTONS: usize = 10;
/// Most languages besides the first.
const MOST_LANGUAGES: usize = 20;

/// An approved template that tells news of the book.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewsTemplate {
    /// Its name at the provider.
    pub name: String,
    /// Its language code at the provider, such as `es_MX`: for everybody whose own language is none of the others.
    pub language: String,
    /// Further codes in which it is approved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// What its quick replies mean, in their order; none: it has none, or their taps are read as words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<QuickReply>,
}

/// What a quick reply of a template means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuickReply {
    /// Of a reminder: will come.
    Confirm,
    /// Of a reminder: wants another time.
    Change,
    /// Of a reminder: will not come.
    Cancel,
    /// Of an offer: takes the time.
    Yes,
    /// Of an offer: would like another time.
    Other,
}

impl QuickReply {
    /// Those that a reminder has.
    pub const OF_REMINDERS: [Self; 3] = [Self::Confirm, Self::Change, Self::Cancel];
    /// Those that an offer has.
    pub const OF_OFFERS: [Self; 2] = [Self::Yes, Self::Other];

    /// Returns true for the button that means this.
    fn is(self, button: &str) -> bool {
        let wish = |tapped: &Tapped<'_>| match tapped {
            Tapped::Reminded { wish: Wish::Come, .. } => Some(Self::Confirm),
            Tapped::Reminded { wish: Wish::Move, .. } => Some(Self::Change),
            Tapped::Reminded { wish: Wish::Cancel, .. } => Some(Self::Cancel),
            Tapped::Yes(_) => Some(Self::Yes),
            Tapped::Other => Some(Self::Other),
            Tapped::Keep | Tapped::Pick(_) | Tapped::Service(_) | Tapped::Answer { .. } => None,
        };
        tapped(button).as_ref().and_then(wish) == Some(self)
    }
}

impl NewsTemplate {
    /// Returns what is wrong with it, given what its news offers; `None`: nothing.
    #[must_use]
    pub fn mistake(&self, offered: &[QuickReply]) -> Option<String> {
        let name =
            !self.name.is_empty() && self.name.len() <= 512 && !self.name.chars().any(|sign| sign.is_control() || sign.is_whitespace());
        let codes: Vec<&String> = std::iter::once(&self.language).chain(&self.languages).collect();
        let code = |code: &&String| (2..=15).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let words = |buttons: &[QuickReply]| {
            let word = |one: &QuickReply| serde_json::to_string(one).unwrap_or_default();
            buttons.iter().map(word).collect::<Vec<_>>().join(", ")
        };
        if !name {
            Some("name must be the template's name at WhatsApp: 1 to 512 characters without spaces".to_owned())
        } else if !codes.iter().all(code) || codes.len() > MOST_LANGUAGES + 1 || codes.iter().collect::<HashSet<_>>().len() < codes.len() {
            Some(format!("language and languages must be different codes of WhatsApp such as es_MX, at most {MOST_LANGUAGES} in languages"))
        } else if self.buttons.iter().collect::<HashSet<_>>().len() < self.buttons.len()
            || self.buttons.len() > MOST_BUTTONS
            || self.buttons.iter().any(|one| !offered.contains(one))
        {
            Some(format!("buttons must be the template's quick replies in their order, each once: {}", words(offered)))
        } else {
            None
        }
    }

    /// Fills it with news: in the customer's language if it is approved in it, with what each quick reply brings back.
    #[must_use]
    pub fn filled(&self, told: &Told) -> Template {
        let speaks = |code: &&String| Language::of_locale(code) == Some(told.language);
        let language = std::iter::once(&self.language).chain(&self.languages).find(speaks).unwrap_or(&self.language);
        let words = Language::of_locale(language).unwrap_or(told.language);
        let button = |reply: &QuickReply| told.content.buttons.iter().find(|button| reply.is(&button.id));
        let payloads = self.buttons.iter().map(|reply| button(reply).map(|button| button.id.clone()).unwrap_or_default());
        Template {
            name: self.name.clone(),
            language: language.clone(),
            parameters: told.parameters.in_language(words).to_vec(),
            payloads: payloads.collect(),
        }
    }
}

/// The parameters of a template in every language that we speak: name, service, date and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Spanish.
    pub es: Vec<String>,
    /// English.
    pub en: Vec<String>,
    /// Portuguese.
    pub pt: Vec<String>,
}

impl Parameters {
    /// Makes them with a function that writes one language.
    #[must_use]
    pub fn of(mut write: impl FnMut(Language) -> Vec<String>) -> Self {
        Self { es: write(Language::Es), en: write(Language::En), pt: write(Language::Pt) }
    }

    /// Returns those of a language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &[String] {
        match language {
            Language::Es => &self.es,
            Language::En => &self.en,
            Language::Pt => &self.pt,
        }
    }
}

/// Stands where a template has the name and none is known: WhatsApp takes no empty parameter.
#[must_use]
pub const fn nameless(language: Language) -> &'static str {
    match language {
        Language::Es | Language::Pt => "cliente",
        Language::En => "customer",
    }
}

#[cfg(test)]
mod tests;
