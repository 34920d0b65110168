//! What somebody looks for: words and phrases without accents and case, and where they stand in a text that was found.
//!
//! Knows no database. Nothing that people type is ever an operator of one: what is left of a query is letters and digits.

mod snippet;

pub use snippet::{Place, Snippet, snippet};

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest query, in characters.
pub const MAX_QUERY: usize = 200;

/// Most words of a query.
pub const MAX_WORDS: usize = 12;

/// Words that must stand one after the other. A single word is one too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Folded words, at least one.
    pub words: Vec<String>,
    /// The last word may go on: it is a beginning.
    pub open: bool,
}

/// What is looked for: all of these phrases, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The phrases.
    pub phrases: Vec<Phrase>,
}

/// Why nothing can be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WantedError {
    /// No letter and no digit in it.
    #[error("must have at least one letter or digit")]
    Empty,
    /// Too long.
    #[error("must be at most {MAX_QUERY} characters")]
    TooLong,
    /// Too many words.
    #[error("must be at most {MAX_WORDS} words")]
    TooManyWords,
}

impl Wanted {
    /// Reads a query over messages: words that must all be there, `"quoted ones"` side by side; the last word may be a beginning, unless it
    /// is inside closed quotes.
    ///
    /// # Errors
    /// [`WantedError`].
    pub fn parse(text: &str) -> Result<Self, WantedError> {
        if text.chars().count() > MAX_QUERY {
            return Err(WantedError::TooLong);
        }
        let mut phrases: Vec<Phrase> = Vec::new();
        let mut quoted = false;
        let mut parts = text.split(['"', '“', '”', '„', '«', '»']).peekable();
        while let Some(part) = parts.next() {
            let last = parts.peek().is_none();
            if quoted {
                phrases.extend(phrase(part, last));
            } else {
                let mut chunks = part.split_whitespace().peekable();
                while let Some(chunk) = chunks.next() {
                    phrases.extend(phrase(chunk, last && chunks.peek().is_none()));
                }
            }
            quoted = !quoted;
        }
        checked(phrases)
    }

    /// Reads a query over contacts: as [`Wanted::parse`], but a telephone number in any spelling is one beginning, without the zeros that
    /// are dialled before it.
    ///
    /// # Errors
    /// [`WantedError`].
    pub fn parse_contact(text: &str) -> Result<Self, WantedError> {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let number = text.chars().all(|letter| letter.is_ascii_digit() || letter.is_whitespace() || "+-()./".contains(letter));
        let dialled = digits.trim_start_matches('0');
        if number && dialled.len() >= 3 && text.chars().count() <= MAX_QUERY {
            return Ok(Self { phrases: vec![Phrase { words: vec![dialled.to_owned()], open: true }] });
        }
        Self::parse(text)
    }
}

fn checked(phrases: Vec<Phrase>) -> Result<Wanted, WantedError> {
    match phrases.iter().map(|phrase| phrase.words.len()).sum::<usize>() {
        0 => Err(WantedError::Empty),
        words if words > MAX_WORDS => Err(WantedError::TooManyWords),
        _ => Ok(Wanted { phrases }),
    }
}

fn phrase(text: &str, open: bool) -> Option<Phrase> {
    let folded = fold(text);
    let words: Vec<String> =
        folded.split(|letter: char| !letter.is_alphanumeric()).map(str::to_owned).filter(|it| !it.is_empty()).collect();
    (!words.is_empty()).then_some(Phrase { words, open })
}

/// Returns a text in lower case without accents.
fn fold(text: &str) -> String {
    text.nfd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<(String, bool)> {
        let spelled = |phrase: Phrase| (phrase.words.join(" "), phrase.open);
        Wanted::parse(text).unwrap().phrases.into_iter().map(spelled).collect()
    }

    fn pairs(list: &[(&str, bool)]) -> Vec<(String, bool)> {
        list.iter().map(|(text, open)| ((*text).to_owned(), *open)).collect()
    }

    #[test]
    fn words_are_wanted_one_by_one_and_the_last_may_go_on() {
        assert_eq!(read("Cita MAÑANA"), pairs(&[("cita", false), ("manana", true)]));
        assert_eq!(read("coração"), pairs(&[("coracao", true)]));
    }

    #[test]
    fn quoted_words_stand_side_by_side() {
        assert_eq!(read("\"la cita\" hoy"), pairs(&[("la cita", false), ("hoy", true)]));
        assert_eq!(read("hoy «la cita»"), pairs(&[("hoy", false), ("la cita", false)]));
        assert_eq!(read("\"la ci"), pairs(&[("la ci", true)]), "the quotes are still being typed");
    }

    #[test]
    fn what_databases_take_for_operators_is_blank_or_a_word() {
        assert_eq!(read("a OR NOT b*"), pairs(&[("a", false), ("or", false), ("not", false), ("b", true)]));
        assert_eq!(read("text:x -y ^z"), pairs(&[("text x", false), ("y", false), ("z", true)]));
        assert_eq!(read("ana.perez@example.com"), pairs(&[("ana perez example com", true)]));
        assert_eq!(read("it's\0gone"), pairs(&[("it s gone", true)]));
    }

    #[test]
    fn nothing_too_much_and_too_many_are_told_apart() {
        assert_eq!(Wanted::parse(" \"\" * '' \0"), Err(WantedError::Empty));
        assert_eq!(Wanted::parse(&"a".repeat(201)), Err(WantedError::TooLong));
        assert_eq!(Wanted::parse(&"a ".repeat(13)), Err(WantedError::TooManyWords));
        assert!(Wanted::parse(&"a ".repeat(12)).is_ok());
        assert_eq!(Wanted::parse_contact(&"1 ".repeat(5_000)), Err(WantedError::TooLong));
    }

    #[test]
    fn a_number_is_one_beginning_in_any_spelling() {
        for text in ["+34 600-11.22", "0034 600 1122", "(34) 6001122", "346001122"] {
            assert_eq!(
                Wanted::parse_contact(text).unwrap().phrases,
                [Phrase { words: vec!["346001122".to_owned()], open: true }],
                "{text}"
            );
        }
        assert_eq!(Wanted::parse_contact("Ana 12").unwrap().phrases.len(), 2);
    }

    proptest! {
        #[test]
        fn only_letters_and_digits_are_left(text in any::<String>()) {
            if let Ok(wanted) = Wanted::parse(&text) {
                let words: Vec<&String> = wanted.phrases.iter().flat_map(|phrase| &phrase.words).collect();
                prop_assert!(!words.is_empty() && words.len() <= MAX_WORDS);
                prop_assert!(words.iter().all(|word| !word.is_empty() && word.chars().all(char::is_alphanumeric)));
            }
        }
    }
}
