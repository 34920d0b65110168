//! A text cut into words, numbers and marks, so that `17:30`, `5pm` and `a las5` can be read.
//!
//! Unlike `words::fold`, which drops marks, this keeps them. Never decides what a word means.

use crate::domain::language::Language;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Tokens kept of each end of a text: bounds the work that a hostile text can cause.
const MAX_HALF: usize = 200;

/// What stands at one place of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Letters, in lower case and without accents.
    Word(String),
    /// Up to four digits and how many; longer numbers are no part of a time and come with the value `u32::MAX`.
    Number(u32, usize),
    /// Anything else that is not a blank.
    Mark(char),
}

/// A text as tokens.
#[derive(Clone, Debug)]
pub(super) struct Text {
    tokens: Vec<(Token, bool)>,
    /// The language that the customer speaks, as far as known: only decides what is read differently in two languages.
    pub language: Language,
}

impl Text {
    /// Cuts a text. Of a very long one only the beginning and the end count.
    pub fn of(text: &str, language: Language) -> Self {
        let mut all = cut(text);
        for (token, _) in &mut all {
            if let Token::Word(word) = token
                && let Some((_, long)) = SHORT.iter().find(|(short, _)| short == word)
            {
                *word = (*long).to_owned();
            }
        }
        if all.len() > 2 * MAX_HALF {
            let tail = all.split_off(all.len() - MAX_HALF);
            all.truncate(MAX_HALF);
            all.push((Token::Mark('…'), false));
            all.extend(tail);
        }
        Self { tokens: all, language }
    }

    /// Returns how many tokens there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Returns the word at a place, empty if there is none.
    pub fn word(&self, at: usize) -> &str {
        match self.tokens.get(at) {
            Some((Token::Word(word), _)) => word,
            Some((Token::Number(..) | Token::Mark(_), _)) | None => "",
        }
    }

    /// Returns the word before a place, empty if there is none.
    pub fn word_before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |before| self.word(before))
    }

    /// Returns the number at a place that is written in digits, and how many digits.
    pub fn digits(&self, at: usize) -> Option<(u32, usize)> {
        match self.tokens.get(at) {
            Some((Token::Number(value, digits), _)) => Some((*value, *digits)),
            Some((Token::Word(_) | Token::Mark(_), _)) | None => None,
        }
    }

    /// Returns the mark at a place.
    pub fn mark(&self, at: usize) -> Option<char> {
        match self.tokens.get(at) {
            Some((Token::Mark(mark), _)) => Some(*mark),
            Some((Token::Word(_) | Token::Number(..), _)) | None => None,
        }
    }

    /// Returns true if no blank stands before the token.
    pub fn glued(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|(_, glued)| *glued)
    }

    /// Returns true if the text ends there, or a mark that parts clauses stands there.
    pub fn ends(&self, at: usize) -> bool {
        at >= self.len() || self.mark(at).is_some_and(|mark| matches!(mark, ',' | '.' | ';' | '!' | '?' | '…' | ')' | '¿' | '¡'))
    }

    /// Returns true if the word at a place is one of these.
    pub fn is(&self, at: usize, words: &[&str]) -> bool {
        let word = self.word(at);
        !word.is_empty() && words.contains(&word)
    }

    /// Returns the place behind the pattern if the text goes on with it: words with blanks between, alternatives with `/` between, a word
    /// that may be missing with `?` at its end.
    pub fn take(&self, at: usize, pattern: &str) -> Option<usize> {
        let (slot, rest) = pattern.split_once(' ').unwrap_or((pattern, ""));
        let (slot, optional) = slot.strip_suffix('?').map_or((slot, false), |slot| (slot, true));
        let go_on = |at: usize| if rest.is_empty() { Some(at) } else { self.take(at, rest) };
        let word = self.word(at);
        let fits = !word.is_empty() && slot.split('/').any(|wanted| wanted == word);
        fits.then(|| go_on(at + 1)).flatten().or_else(|| optional.then(|| go_on(at)).flatten())
    }

    /// Returns the place behind the first of the patterns that fits.
    pub fn take_any(&self, at: usize, patterns: &[&str]) -> Option<usize> {
        patterns.iter().find_map(|pattern| self.take(at, pattern))
    }
}

/// Short spellings of messages, and what they stand for.
const SHORT: &[(&str, &str)] = &[
    ("x", "por"),
    ("d", "de"),
    ("qe", "que"),
    ("hj", "hoje"),
    ("oje", "hoje"),
    ("hoi", "hoy"),
    ("amnh", "amanha"),
    ("amnha", "amanha"),
    ("mnn", "manana"),
    ("manna", "manana"),
    ("manaan", "manana"),
    ("mananna", "manana"),
    ("dps", "depois"),
    ("dpois", "depois"),
    ("tardinha", "tarde"),
    ("tardezinha", "tarde"),
    ("manhazinha", "manha"),
    ("matina", "manha"),
    ("noitinha", "noite"),
    ("mornin", "morning"),
    ("arvo", "afternoon"),
    ("noonish", "noon"),
    ("tmrw", "tomorrow"),
    ("tomorow", "tomorrow"),
    ("tommorow", "tomorrow"),
    ("tommorrow", "tomorrow"),
    ("tmr", "tomorrow"),
    ("tmw", "tomorrow"),
    ("pra", "para"),
];

fn cut(text: &str) -> Vec<(Token, bool)> {
    let mut all: Vec<(Token, bool)> = Vec::new();
    let mut glued = false;
    for letter in text.nfd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase) {
        if matches!(letter, '\'' | '\u{2019}') {
            continue;
        }
        if letter.is_whitespace() {
            glued = false;
            continue;
        }
        let last = all.last_mut().filter(|_| glued).map(|(token, _)| token);
        match (letter.to_digit(10), last) {
            (Some(digit), Some(Token::Number(value, digits))) => grow(value, digits, digit),
            (Some(digit), _) => all.push((Token::Number(digit, 1), glued)),
            (None, Some(Token::Word(word))) if is_letter(letter) => word.push(letter),
            (None, _) if is_letter(letter) => all.push((Token::Word(letter.to_string()), glued)),
            (None, _) => all.push((Token::Mark(letter), glued)),
        }
        glued = true;
    }
    all
}

/// The signs of Portuguese and Spanish ordinals count as marks: they stand behind digits.
fn is_letter(letter: char) -> bool {
    letter.is_alphabetic() && !matches!(letter, 'º' | 'ª')
}

fn grow(value: &mut u32, digits: &mut usize, digit: u32) {
    *digits += 1;
    *value = if *digits > 4 { u32::MAX } else { *value * 10 + digit };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_marks_come_apart() {
        let text = Text::of("A las5 p.m., MAÑANA 17:30 o'clock", Language::Es);
        assert_eq!((text.word(0), text.word(1), text.digits(2)), ("a", "las", Some((5, 1))));
        assert!(text.glued(2) && !text.glued(1));
        assert_eq!((text.word(3), text.mark(4), text.word(5)), ("p", Some('.'), "m"));
        assert_eq!((text.word(8), text.digits(9), text.mark(10), text.digits(11)), ("manana", Some((17, 2)), Some(':'), Some((30, 2))));
        assert_eq!(text.word(12), "oclock");
    }

    #[test]
    fn patterns_have_alternatives_and_words_that_may_be_missing() {
        let text = Text::of("a eso de las 5", Language::Es);
        assert_eq!(text.take(0, "a eso? de? la/las"), Some(4));
        assert_eq!(text.take(0, "a la/las"), None);
        assert_eq!(text.take(9, "a"), None);
    }

    #[test]
    fn a_long_number_is_no_time_and_a_huge_text_is_bounded() {
        assert_eq!(Text::of("6621234567", Language::Es).digits(0), Some((u32::MAX, 10)));
        assert_eq!(Text::of(&"5 ".repeat(100_000), Language::Es).len(), 2 * MAX_HALF + 1);
    }
}
