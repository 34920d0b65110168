//! The away text: what a business says by itself to whoever writes outside its hours while people hold the conversation. Its words, per language,
//! and how they are filled in. When it is said, [`conversation`](crate::domain::conversation) decides.

use crate::domain::language::Language;
use crate::domain::phrases::next_opening_unknown;
use crate::domain::placeholders::{Piece, Unclosed, pieces};
use crate::domain::time::Timestamp;
use crate::domain::when::labels::Labels;
use serde::{Deserialize, Serialize};

/// The only placeholder: when people are back.
const NEXT_OPENING: &str = "next_opening";

/// An inbox's away text, per language. None at all: nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AwayText {
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

/// A text that cannot be said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAwayText {
    /// It is empty or too long.
    #[error("must be 1 to {0} characters; null takes it away")]
    Length(usize),
    /// It has a placeholder that is none.
    #[error("has the unknown placeholder {{{{{0}}}}}: use {{{{next_opening}}}}")]
    Unknown(String),
    /// A placeholder has no end.
    #[error("has a placeholder without its end: write it as {{{{next_opening}}}}")]
    Open,
}

impl AwayText {
    /// Returns the text for a customer of this language; where there is none, that in the business's own, else the first there is. With the
    /// language that it is in.
    #[must_use]
    pub fn for_reader(&self, reader: Language, business: Language) -> Option<(Language, &str)> {
        let order = [reader, business, Language::Es, Language::En, Language::Pt];
        order.into_iter().find_map(|language| self.of(language).map(|text| (language, text)))
    }

    /// Lists what cannot be said, each with its language.
    #[must_use]
    pub fn mistakes(&self, longest: usize) -> Vec<(Language, BadAwayText)> {
        let wrong = |language| Some((language, check(self.given(language)?, longest).err()?));
        [Language::Es, Language::En, Language::Pt].into_iter().filter_map(wrong).collect()
    }

    fn of(&self, language: Language) -> Option<&str> {
        self.given(language).filter(|text| !text.trim().is_empty())
    }

    fn given(&self, language: Language) -> Option<&str> {
        match language {
            Language::Es => self.es.as_deref(),
            Language::En => self.en.as_deref(),
            Language::Pt => self.pt.as_deref(),
        }
    }
}

fn check(text: &str, longest: usize) -> Result<(), BadAwayText> {
    if text.trim().is_empty() || text.contains('\0') || text.chars().count() > longest {
        return Err(BadAwayText::Length(longest));
    }
    let named = |piece: &Piece<'_>| match piece {
        Piece::Named { name, .. } if *name != NEXT_OPENING => Some((*name).chars().take(60).collect()),
        Piece::Named { .. } | Piece::Words(_) => None,
    };
    let unknown = pieces(text).map_err(|Unclosed| BadAwayText::Open)?.iter().find_map(named);
    unknown.map_or(Ok(()), |name| Err(BadAwayText::Unknown(name)))
}

/// Fills a text in. `back`: when people are there next; `None`: not for a long time, so that what stands in for it is said. A text that cannot
/// be taken apart is said as it is.
#[must_use]
pub fn filled(text: &str, labels: &Labels, back: Option<Timestamp>) -> String {
    let Ok(pieces) = pieces(text) else { return text.to_owned() };
    let opening = |fallback: Option<&str>| match back {
        Some(back) => labels.moment_with_zone(back),
        None => fallback.unwrap_or_else(|| next_opening_unknown(labels.language)).to_owned(),
    };
    let said = pieces.into_iter().map(|piece| match piece {
        Piece::Words(words) => words.to_owned(),
        Piece::Named { fallback, .. } => opening(fallback),
    });
    said.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::when::labels::HourStyle;

    fn texts() -> AwayText {
        AwayText {
            es: Some("Volvemos el {{next_opening}}.".to_owned()),
            en: Some("Back on {{ next_opening | soon }}.".to_owned()),
            pt: None,
        }
    }

    fn labels(language: Language) -> Labels {
        Labels { zone: chrono_tz::America::Mexico_City, language, hours: HourStyle::TwentyFour }
    }

    #[test]
    fn each_reader_gets_his_language_else_that_of_the_business_else_the_first_there_is() {
        let languages = |texts: &AwayText, business| {
            let chosen = [Language::Es, Language::En, Language::Pt].map(|reader| texts.for_reader(reader, business));
            chosen.map(|chosen| chosen.map(|(language, _)| language))
        };
        assert_eq!(languages(&texts(), Language::En), [Some(Language::Es), Some(Language::En), Some(Language::En)]);
        assert_eq!(languages(&texts(), Language::Pt), [Some(Language::Es), Some(Language::En), Some(Language::Es)]);
        assert_eq!(languages(&AwayText::default(), Language::Es), [None, None, None]);
        let blank = AwayText { es: Some(" ".to_owned()), ..AwayText::default() };
        assert_eq!(blank.for_reader(Language::Es, Language::Es), None);
    }

    #[test]
    fn the_next_opening_is_named_in_the_language_of_the_text_and_the_zone_of_the_business() {
        let monday_nine = Timestamp::parse("2026-03-02T15:00:00Z");
        let said = |language| {
            let texts = texts();
            let (language, text) = texts.for_reader(language, Language::Es).unwrap();
            filled(text, &labels(language), monday_nine)
        };
        assert_eq!(said(Language::Es), "Volvemos el lunes 2 de marzo a las 9:00 hora de la Ciudad de México.");
        assert_eq!(said(Language::En), "Back on Monday, 2 March at 9:00 Mexico City time.");
    }

    #[test]
    fn an_opening_that_nobody_knows_has_words_that_stand_in() {
        assert_eq!(filled("Back on {{next_opening|soon}}.", &labels(Language::En), None), "Back on soon.");
        for (language, expected) in [(Language::Es, "próximo día"), (Language::En, "next opening day"), (Language::Pt, "próximo dia")] {
            assert!(filled("{{next_opening}}", &labels(language), None).contains(expected));
        }
        assert_eq!(
            filled("a {{next_opening", &labels(Language::En), None),
            "a {{next_opening",
            "what cannot be taken apart is said as it is"
        );
    }

    #[test]
    fn what_cannot_be_said_is_named_with_its_language() {
        assert_eq!(texts().mistakes(100), []);
        let bad = AwayText { es: Some("{{contact.name}}".to_owned()), en: Some(String::new()), pt: Some("a {{next_opening".to_owned()) };
        let unknown = BadAwayText::Unknown("contact.name".to_owned());
        let expected = [(Language::Es, unknown), (Language::En, BadAwayText::Length(9)), (Language::Pt, BadAwayText::Length(9))];
        assert_eq!(AwayText { es: Some("{{x}}".to_owned()), ..bad.clone() }.mistakes(9)[1..], expected[1..]);
        assert_eq!(bad.mistakes(100)[..1], expected[..1]);
        assert_eq!(bad.mistakes(100)[2], (Language::Pt, BadAwayText::Open));
        assert_eq!(bad.mistakes(100)[0].1.to_string(), "has the unknown placeholder {{contact.name}}: use {{next_opening}}");
    }
}
