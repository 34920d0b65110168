//! Where the words stand in a text that was found, and the piece of it that shows the first of them.

use super::{Phrase, Wanted};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest piece, in characters.
pub const MAX_SNIPPET: usize = 240;

/// Characters before the first hit.
const BEFORE: usize = 60;

/// Most places that are marked.
const MAX_PLACES: usize = 20;

/// Characters of a text that are looked at.
const MAX_LOOKED_AT: usize = 20_000;

/// A stretch of a piece, in characters (Unicode scalar values): from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its first character.
    pub start: usize,
    /// The character behind its last.
    pub end: usize,
}

/// A piece of a text with the places of what was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The piece, as it was written.
    pub text: String,
    /// The characters of the text that come before it.
    pub skipped: usize,
    /// Whether the text goes on behind it.
    pub more: bool,
    /// What to mark, in order.
    pub places: Vec<Place>,
}

/// A word of a text.
struct Word {
    folded: String,
    place: Place,
}

/// Returns the piece of a text that shows what was looked for. A text in which only the database sees it begins at its beginning.
#[must_use]
pub fn snippet(text: &str, wanted: &Wanted) -> Snippet {
    let words = words(text);
    let mut places: Vec<Place> = wanted.phrases.iter().flat_map(|phrase| hits(&words, phrase)).collect();
    places.sort_unstable();
    places.dedup();
    let first = places.first().map_or(0, |place| place.start);
    let long = text.chars().nth(MAX_SNIPPET).is_some();
    let skipped = if long { word_start(&words, first.saturating_sub(BEFORE), first) } else { 0 };
    let mut rest = text.chars().skip(skipped);
    let piece: String = rest.by_ref().take(MAX_SNIPPET).collect();
    let shown = piece.chars().count();
    let inside =
        places.into_iter().map(|place| Place { start: place.start.saturating_sub(skipped), end: place.end.saturating_sub(skipped) });
    let places = inside.filter(|place| place.end <= shown).take(MAX_PLACES).collect();
    Snippet { text: piece, skipped, more: rest.next().is_some(), places }
}

/// Returns where the first word at or behind `from` begins, or `from` if it is in the midst of a long one.
fn word_start(words: &[Word], from: usize, first: usize) -> usize {
    if from == 0 {
        return 0;
    }
    words.iter().map(|word| word.place.start).find(|start| *start >= from).filter(|start| *start <= first).unwrap_or(from)
}

fn hits<'a>(words: &'a [Word], phrase: &'a Phrase) -> impl Iterator<Item = Place> + 'a {
    let long = phrase.words.len();
    words.windows(long.max(1)).filter_map(move |window| {
        let fits = |(place, (word, wanted)): (usize, (&Word, &String))| {
            word.folded == *wanted || (phrase.open && place + 1 == long && word.folded.starts_with(wanted.as_str()))
        };
        let all = window.iter().zip(&phrase.words).enumerate().all(fits);
        let (first, last) = (window.first()?, window.last()?);
        all.then_some(Place { start: first.place.start, end: last.place.end })
    })
}

fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut inside = false;
    for (at, letter) in text.chars().take(MAX_LOOKED_AT).enumerate() {
        let mark = is_combining_mark(letter);
        let belongs = letter.is_alphanumeric() || (mark && inside);
        if !belongs {
            inside = false;
            continue;
        }
        if !inside {
            words.push(Word { folded: String::new(), place: Place { start: at, end: at } });
            inside = true;
        }
        if let Some(word) = words.last_mut() {
            word.folded.extend(letter.nfd().filter(|part| !is_combining_mark(*part)).flat_map(char::to_lowercase));
            word.place.end = at + 1;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(text: &str, query: &str) -> Vec<String> {
        let found = snippet(text, &Wanted::parse(query).unwrap());
        let letters: Vec<char> = found.text.chars().collect();
        found.places.iter().map(|place| letters[place.start..place.end].iter().collect()).collect()
    }

    #[test]
    fn what_was_looked_for_is_marked_as_it_was_written() {
        assert_eq!(marked("¿Tiene CITA mañana, o la cita es hoy?", "cita man"), ["CITA", "mañana", "cita"]);
        assert_eq!(marked("La cita, la Cita-previa", "\"cita previa\""), ["Cita-previa"]);
        assert_eq!(marked("cafe\u{301} olé 🦀 ole", "ole"), ["olé", "ole"]);
        assert_eq!(marked("nothing", "other"), Vec::<String>::new());
    }

    #[test]
    fn a_long_text_is_cut_before_a_word_ahead_of_the_first_hit() {
        let text = format!("{}needle {}", "hay ".repeat(500), "stack ".repeat(500));
        let found = snippet(&text, &Wanted::parse("needle").unwrap());
        assert!(found.more && found.text.starts_with("hay ") && found.text.chars().count() == MAX_SNIPPET);
        assert_eq!(found.places.len(), 1);
        assert_eq!(found.skipped, 1_940);
    }

    proptest! {
        #[test]
        fn places_lie_inside_the_piece(text in any::<String>(), query in "[a-zA-Z0-9 é\"]{1,20}") {
            if let Ok(wanted) = Wanted::parse(&query) {
                let found = snippet(&text, &wanted);
                let long = found.text.chars().count();
                prop_assert!(long <= MAX_SNIPPET && found.places.iter().all(|place| place.start < place.end && place.end <= long));
            }
        }
    }
}
