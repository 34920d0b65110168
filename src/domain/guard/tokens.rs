//! Cuts a text into numbers, words and signs, and reads what a number is worth. Pure; knows no language.

use crate::domain::words::fold;

/// Words for the hours of a clock, from one.
const HOURS: [&[&str]; 12] = [
    &["una", "one", "uma"],
    &["dos", "two", "duas"],
    &["tres", "three"],
    &["cuatro", "four", "quatro"],
    &["cinco", "five"],
    &["seis", "six"],
    &["siete", "seven", "sete"],
    &["ocho", "eight", "oito"],
    &["nueve", "nine", "nove"],
    &["diez", "ten", "dez"],
    &["once", "eleven", "onze"],
    &["doce", "twelve", "noon", "mediodia", "doze"],
];

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// Digits, with the dots and commas between them.
    Number(String),
    /// A folded word.
    Word(String),
    /// Any other sign.
    Sign(char),
}

impl Token {
    /// Returns the word, if it is one.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Number(_) | Self::Sign(_) => None,
        }
    }

    /// Returns the digits as written, if it is a number.
    #[must_use]
    pub fn number(&self) -> Option<&str> {
        match self {
            Self::Number(number) => Some(number),
            Self::Word(_) | Self::Sign(_) => None,
        }
    }

    /// Returns the hour of a clock that the word names, 1 to 12.
    #[must_use]
    pub fn spoken_hour(&self) -> Option<u32> {
        let word = self.word()?;
        HOURS.iter().position(|names| names.contains(&word)).and_then(|at| u32::try_from(at + 1).ok())
    }

    /// Returns true for this word.
    #[must_use]
    pub fn is_in(&self, list: &[&str]) -> bool {
        self.word().is_some_and(|word| list.contains(&word))
    }
}

/// Cuts a text; blanks are dropped.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    let mut all = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_whitespace() {
            continue;
        }
        let mut piece = String::from(letter);
        if letter.is_ascii_digit() {
            while let Some(next) = letters.next_if(|next| next.is_ascii_digit() || matches!(next, '.' | ',' | '\'')) {
                piece.push(next);
            }
            let kept = piece.trim_end_matches(['.', ',', '\'']);
            let lost: Vec<char> = piece.chars().skip(kept.chars().count()).collect();
            all.push(Token::Number(kept.to_owned()));
            all.extend(lost.into_iter().map(Token::Sign));
        } else if letter.is_alphabetic() {
            while let Some(next) = letters.next_if(|next| next.is_alphabetic() || matches!(next, '\u{301}' | '\'' | '\u{2019}')) {
                piece.push(next);
            }
            all.push(Token::Word(fold(&piece)));
        } else {
            all.push(Token::Sign(letter));
        }
    }
    all
}

/// Reads a number in hundredths: `1,250.00`, `1.250,00` and `1250` are equal. `None` for one that no price can be.
#[must_use]
pub fn hundredths(number: &str) -> Option<u64> {
    let mark = number.rfind(['.', ',']);
    let decimals = mark.map(|at| number.len() - at - 1).filter(|decimals| (1..=2).contains(decimals));
    let (whole, part) = match (mark, decimals) {
        (Some(at), Some(_)) => number.split_at(at),
        (Some(_) | None, Some(_) | None) => (number, ""),
    };
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (whole, mut part) = (digits(whole), digits(part));
    while part.len() < 2 {
        part.push('0');
    }
    whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(part.parse().ok()?)
}

/// Runs of at least seven digits with nothing but blanks, dots, dashes and brackets between them, as digits. Dates are none.
#[must_use]
pub fn telephone_numbers(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut run = String::new();
    for letter in text.chars().chain(['\n']) {
        if letter.is_ascii_digit() || matches!(letter, ' ' | '+' | '-' | '(' | ')' | '.' | '\u{a0}') {
            run.push(letter);
            continue;
        }
        let digits: String = run.chars().filter(char::is_ascii_digit).collect();
        if digits.len() >= 7 && !is_date(run.trim()) {
            all.push(digits);
        }
        run.clear();
    }
    all
}

fn is_date(run: &str) -> bool {
    let run = run.trim_matches(['.', ' ', '(', ')']);
    let parts: Vec<usize> =
        run.split(['-', '.']).map(|part| if part.chars().all(|c| c.is_ascii_digit()) { part.len() } else { 9 }).collect();
    matches!(parts.as_slice(), [4, 1 | 2, 1 | 2] | [1 | 2, 1 | 2, 2 | 4])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_worth_the_same_however_it_is_written() {
        for text in ["1,250.00", "1.250,00", "1250", "1,250", "1.250", "1250.0"] {
            assert_eq!(hundredths(text), Some(125_000), "{text}");
        }
        assert_eq!(hundredths("1.5"), Some(150));
        assert_eq!(hundredths("99999999999999999999999"), None);
        assert_eq!(hundredths(""), None);
    }

    #[test]
    fn telephone_numbers_are_read_and_dates_are_not() {
        assert_eq!(telephone_numbers("al 55 5555-0100, o +52 (33) 1234.5678."), ["5555550100", "523312345678"]);
        assert!(telephone_numbers("el 2026-11-22, el 22.11.2026, 1,234,567 y 12:30").is_empty());
    }

    #[test]
    fn letters_that_touch_digits_are_words_of_their_own() {
        let all = tokens("9am $1,200.");
        assert_eq!(all.len(), 5);
        assert_eq!(all.first().and_then(Token::number), Some("9"));
        assert_eq!(all.get(1).and_then(Token::word), Some("am"));
        assert_eq!(all.get(3).and_then(Token::number), Some("1,200"));
    }
}
