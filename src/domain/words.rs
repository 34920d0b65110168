//! Words as people type them: without accents, with typos. Matches small phrase patterns against free text in any of our languages.
//!
//! Never decides what a text means; rooms with lists of phrases do (`topic`, `guard`, the offline assistant).
//!
//! A pattern is words with blanks between; a word may list alternatives (`hablar/charlar`), and a trailing `*` matches any ending (`agend*`).
//! Up to [`GAP`] foreign words may stand between two words of a pattern.

use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Foreign words allowed between two neighbours of a pattern: "hablar *ya mismo* con alguien".
pub const GAP: usize = 2;

/// Words kept of each end of a text: bounds the work that a hostile text can cause.
const MAX_HALF: usize = 160;

/// Common words that look like a typo of another word and are none.
const NEVER_TYPOS: &[&str] = &[
    "cuando", "quando", "cuanto", "quanto", "cuantos", "quantos", "gente", "lugar", "ligar", "llegar", "faltar", "there", "where", "thing",
    "think", "horno", "pasado", "pasada", "personal", "mandar", "mando", "tienda", "senora", "senor", "house", "hotel", "price", "prize",
    "parar", "atiende", "atienden", "atender", "atende", "llamo", "llama", "chamo", "hablar", "cortes", "porta", "porte", "costa", "carta",
    "casa", "queso", "queda", "quedo", "media", "puerta", "buena", "bueno", "medico", "metro", "salir", "salud", "quite", "quiet", "great",
    "treat", "right", "night", "light", "noite", "norte", "muito", "mucho", "cada", "close", "closed", "cloud", "manager", "manage",
    "human", "tarde", "tardo", "parte", "porte", "posso", "passo", "marca", "marco", "conta", "conto", "ponto", "abrir", "abril", "hablo",
    "habla", "sabado", "sabido", "received", "other", "order", "service", "servicio", "servico", "special", "dente", "dentro", "consulta",
];

/// Returns the text in lower case without accents; only letters, digits and blanks are kept, runs of three equal letters become one.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let (mut last, mut run) = (' ', 0_u8);
    for letter in text.nfd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase) {
        if matches!(letter, '\'' | '\u{2019}') {
            continue;
        }
        let letter = if letter.is_alphanumeric() { letter } else { ' ' };
        run = if letter == last { run.saturating_add(1) } else { 1 };
        last = letter;
        if run >= 3 && letter.is_alphabetic() {
            if run == 3 {
                folded.pop();
            }
            continue;
        }
        if letter != ' ' || run == 1 {
            folded.push(letter);
        }
    }
    folded.trim().to_owned()
}

/// The same, long ones: two slips make another word of them.
const NEVER_TWO_TYPOS: &[&str] = &["atendimento", "consultas"];

/// What is known of a word before it is held against patterns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    /// The class of its first letter.
    class: u8,
    /// A bit for each kind of letter.
    kinds: u32,
    /// It is no typo, whatever it looks like.
    certain: bool,
}

impl Mark {
    fn of(word: &str) -> Self {
        let certain = NEVER_TYPOS.contains(&word) || NEVER_TWO_TYPOS.contains(&word) || word.bytes().any(|byte| byte.is_ascii_digit());
        Self { class: start_class(word.as_bytes()), kinds: kinds(word.as_bytes()), certain }
    }
}

/// A pattern with what rules it out for most texts at once. Made when the product is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    text: &'static str,
    /// A bit for each way in which its first word may begin.
    first: u32,
    /// As much of its last word.
    last: u32,
}

impl Phrase {
    const fn of(text: &'static str) -> Self {
        let (mut first, mut current) = (0, 0);
        let (mut fresh, mut rest) = (true, text.as_bytes());
        while let [byte, after @ ..] = rest {
            if fresh {
                current |= beginning(rest);
            }
            if *byte == b' ' {
                if first == 0 {
                    first = current;
                }
                current = 0;
            }
            fresh = matches!(*byte, b' ' | b'/');
            rest = after;
        }
        Self { text, first: if first == 0 { current } else { first }, last: current }
    }

    /// Returns the pattern.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        self.text
    }
}

/// Reads patterns.
#[must_use]
pub const fn phrases<const N: usize>(texts: [&'static str; N]) -> [Phrase; N] {
    let mut all = [Phrase { text: "", first: 0, last: 0 }; N];
    let (mut to, mut from): (&mut [Phrase], &[&'static str]) = (&mut all, &texts);
    while let ([phrase, others @ ..], [text, texts @ ..]) = (to, from) {
        *phrase = Phrase::of(text);
        (to, from) = (others, texts);
    }
    all
}

/// Returns the bits of how words may begin that fit an alternative; every bit where that is not plain.
const fn beginning(alternative: &[u8]) -> u32 {
    let mut heard = alternative;
    while let [b'h', rest @ ..] = heard {
        heard = rest;
    }
    match (alternative, heard) {
        ([b'*', ..], _) | (_, [] | [b'/' | b' ' | b'*', ..]) => u32::MAX,
        ([first, ..], heard) => bit(*first) | bit(start_class(heard)),
        ([], _) => u32::MAX,
    }
}

/// The folded words of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    all: Vec<String>,
    /// As many: what every comparison with a word asks.
    marks: Vec<Mark>,
    /// How the words begin: a bit for each first letter and each class of first letters. It rules most patterns out at once.
    begins: u32,
}

impl Words {
    /// Reads a text. Of a very long one only the beginning and the end count.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let folded = fold(text);
        let all: Vec<&str> = folded.split_whitespace().collect();
        let tail = all.len().saturating_sub(MAX_HALF).max(MAX_HALF);
        let words = all.iter().take(MAX_HALF).chain(all.iter().skip(tail));
        Self::from_iter(words.map(|word| (*word).to_owned()))
    }

    /// Returns how many words there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns true if there is no word at all (a sticker, "???").
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Returns the words, folded.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(String::as_str)
    }

    /// Returns true if the pattern occurs.
    #[must_use]
    pub fn has(&self, pattern: &str) -> bool {
        self.find(pattern).is_some()
    }

    /// Returns true if any of the patterns occurs.
    #[must_use]
    pub fn any(&self, patterns: &[&str]) -> bool {
        patterns.iter().any(|pattern| self.has(pattern))
    }

    /// Returns true if any of the phrases occurs: as [`Words::any`] does, and sooner.
    #[must_use]
    pub fn any_of(&self, phrases: &[Phrase]) -> bool {
        phrases.iter().any(|phrase| self.may_hold(phrase) && self.has(phrase.text))
    }

    /// Returns false if no words of the text can be the phrase's first and last.
    #[must_use]
    pub const fn may_hold(&self, phrase: &Phrase) -> bool {
        self.begins & phrase.first != 0 && self.begins & phrase.last != 0
    }

    /// Returns where each match of the pattern begins, and where it ends.
    pub fn spans<'a>(&'a self, pattern: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let cut = cut(pattern.as_bytes()).filter(|(first, _)| self.may_begin(first));
        cut.into_iter().flat_map(move |(first, rest)| {
            let starts = (0..self.all.len()).filter(|start| self.fits(*start, first));
            starts.filter_map(|start| self.end_of(start, rest).map(|end| start..end))
        })
    }

    /// Returns true if one of `left` and one of `right` stand within `distance` words of each other, in either order.
    #[must_use]
    pub fn near(&self, left: &[&str], right: &[&str], distance: usize) -> bool {
        let places = |patterns: &[&str]| -> Vec<usize> {
            let hit = |at: &usize| patterns.iter().any(|pattern| self.fits(*at, pattern.as_bytes()));
            (0..self.all.len()).filter(hit).collect()
        };
        let right = places(right);
        places(left).iter().any(|at| right.iter().any(|other| at != other && at.abs_diff(*other) <= distance))
    }

    /// Returns the words that none of the one-word patterns fits.
    #[must_use]
    pub fn without(&self, patterns: &[&str]) -> Self {
        let keep = |(at, _): &(usize, &String)| !patterns.iter().any(|pattern| self.fits(*at, pattern.as_bytes()));
        Self::from_iter(self.all.iter().enumerate().filter(keep).map(|(_, word)| word.clone()))
    }

    /// Returns where the first match of the pattern begins.
    fn find(&self, pattern: &str) -> Option<usize> {
        let (first, rest) = cut(pattern.as_bytes()).filter(|(first, _)| self.may_begin(first))?;
        (0..self.all.len()).find(|start| self.fits(*start, first) && self.follows(*start, rest))
    }

    /// Returns false if no word can fit the slot.
    fn may_begin(&self, slot: &[u8]) -> bool {
        slot.split(|byte| *byte == b'/').any(|wanted| match wanted {
            [b'*'] => true,
            [first, .., b'*'] => self.begins & bit(*first) != 0,
            wanted => self.begins & bit(start_class(wanted)) != 0,
        })
    }

    fn fits(&self, at: usize, slot: &[u8]) -> bool {
        self.all.get(at).zip(self.marks.get(at)).is_some_and(|(word, mark)| slot_takes(word, *mark, slot))
    }

    fn follows(&self, from: usize, slots: &[u8]) -> bool {
        self.end_of(from, slots).is_some()
    }

    /// Returns the place behind the last word of a match whose word before stands at `from`.
    fn end_of(&self, from: usize, slots: &[u8]) -> Option<usize> {
        let Some((slot, rest)) = cut(slots) else { return Some(from + 1) };
        (from + 1..=from + 1 + GAP).filter(|at| self.fits(*at, slot)).find_map(|at| self.end_of(at, rest))
    }
}

impl FromIterator<String> for Words {
    fn from_iter<I: IntoIterator<Item = String>>(words: I) -> Self {
        let all: Vec<String> = words.into_iter().collect();
        let marks: Vec<Mark> = all.iter().map(|word| Mark::of(word)).collect();
        let begin = |(word, mark): (&String, &Mark)| word.bytes().next().map_or(0, bit) | bit(mark.class);
        let begins = all.iter().zip(&marks).fold(0, |begins, word| begins | begin(word));
        Self { all, marks, begins }
    }
}

/// Names a letter by one of 32 bits. Letters that share one cost a comparison, no more.
const fn bit(byte: u8) -> u32 {
    1 << (byte & 31)
}

/// Returns the first word of a pattern and the rest. Bytes, because every message is held against thousands of patterns: splitting texts by
/// letters was most of the offline assistant's time.
fn cut(pattern: &[u8]) -> Option<(&[u8], &[u8])> {
    let pattern = pattern.trim_ascii_start();
    let end = pattern.iter().position(|byte| *byte == b' ').unwrap_or(pattern.len());
    pattern.split_at_checked(end).filter(|(word, _)| !word.is_empty())
}

/// Returns true if the folded word is one of the slot's alternatives, or a likely typo of one.
#[must_use]
pub fn word_fits(word: &str, slot: &str) -> bool {
    slot_takes(word, Mark::of(word), slot.as_bytes())
}

fn slot_takes(word: &str, mark: Mark, slot: &[u8]) -> bool {
    slot.split(|byte| *byte == b'/').any(|wanted| match wanted {
        [stem @ .., b'*'] => stem.first().is_none_or(|first| word.as_bytes().first() == Some(first)) && word.as_bytes().starts_with(stem),
        wanted => word.as_bytes() == wanted || (may_be_typo(word, mark, wanted) && is_typo(word, wanted)),
    })
}

/// The cheap part of [`is_typo`], which spares most comparisons.
fn may_be_typo(word: &str, mark: Mark, wanted: &[u8]) -> bool {
    let (long, short) = (word.len().max(wanted.len()), word.len().min(wanted.len()));
    !mark.certain && short >= 4 && long - short <= 2 && mark.class == start_class(wanted) && !unlike(mark.kinds, wanted)
}

/// Returns true if `word` is likely a mistyped `wanted`: both folded, one slip in five letters, two in eight, or spelt by ear.
/// In short words another letter makes another word (`hasta`, `harta`): there only a lost, doubled or swapped letter counts.
fn is_typo(word: &str, wanted: &[u8]) -> bool {
    let Ok(wanted) = std::str::from_utf8(wanted) else { return false };
    if by_ear(word.as_bytes()).eq(by_ear(wanted.as_bytes())) {
        return true;
    }
    let distance = strsim::osa_distance(word, wanted);
    let same_start = word.chars().next() == wanted.chars().next();
    match wanted.len() {
        0..=4 => distance == 1 && same_start && same_letters(word, wanted),
        5..=6 => distance == 1 && same_start && (word.len() != wanted.len() || same_letters(word, wanted)),
        7 => distance == 1 && same_start,
        _ => distance <= 2,
    }
}

/// Classes of first letters that sound alike.
const fn start_class(word: &[u8]) -> u8 {
    let mut heard = word;
    while let [b'h', rest @ ..] = heard {
        heard = rest;
    }
    match heard {
        [b'c' | b'k' | b'q' | b's' | b'z', ..] => b'c',
        [b'b' | b'v', ..] => b'b',
        [b'l' | b'y', ..] => b'y',
        [other, ..] => *other,
        [] => 0,
    }
}

/// Returns true if the words differ in more than four kinds of letters: no two slips and no spelling by ear make that.
fn unlike(left: u32, right: &[u8]) -> bool {
    (left ^ kinds(right)).count_ones() > 4
}

fn kinds(word: &[u8]) -> u32 {
    word.iter().fold(0, |kinds, byte| kinds | bit(*byte))
}

fn same_letters(left: &str, right: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(left) == sorted(right)
}

/// Spells a word by ear: `kiero` and `quiero`, `orario` and `horario`, `bamos` and `vamos` become equal.
fn by_ear(word: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let mut rest = word;
    std::iter::from_fn(move || {
        loop {
            let (heard, after) = match rest {
                [] => return None,
                [b'c', after @ ..] if matches!(after, [b'e' | b'i', ..]) => (b's', after),
                [b'q', b'u', b'h', after @ ..] | [b'c', b'h', after @ ..] => (b'x', after),
                [b'q', b'u', after @ ..] => (b'c', after),
                [b'l', b'l', after @ ..] => (b'y', after),
                [b'h', after @ ..] => {
                    rest = after;
                    continue;
                }
                [b'k' | b'q', after @ ..] => (b'c', after),
                [b'z', after @ ..] => (b's', after),
                [b'v', after @ ..] => (b'b', after),
                [other, after @ ..] => (*other, after),
            };
            rest = after;
            return Some(heard);
        }
    })
}

/// Splits a text into sentences, each with its closing mark. A mark inside a number or an address (`9.30`, `a.example`) does not split.
#[must_use]
pub fn sentences(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut current = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let closes = match letter {
            '?' => !(current.contains("://") && letters.peek().is_some_and(|next| next.is_alphanumeric())),
            '!' | '\n' | '…' | ';' => true,
            '.' => letters.peek().is_none_or(|next| next.is_whitespace()),
            '¿' | '¡' => {
                flush(&mut all, &mut current);
                false
            }
            _ => false,
        };
        current.push(letter);
        if closes {
            flush(&mut all, &mut current);
        }
    }
    flush(&mut all, &mut current);
    all
}

fn flush(all: &mut Vec<String>, current: &mut String) {
    let sentence = current.trim();
    if sentence.chars().any(char::is_alphanumeric) {
        all.push(sentence.to_owned());
    }
    current.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_drops_accents_case_marks_and_shouting() {
        assert_eq!(fold("¿CUÁNTO  cuesta, Señor?"), "cuanto cuesta senor");
        assert_eq!(fold("holaaaaa!!!"), "hola");
        assert_eq!(fold("I don't"), "i dont");
        assert_eq!(fold("Limpieza à vista"), "limpieza a vista");
        assert_eq!(fold(""), "");
    }

    #[test]
    fn typos_fit_and_neighbours_do_not() {
        for (word, wanted) in
            [("kiero", "quiero"), ("orario", "horario"), ("persna", "persona"), ("whitenning", "whitening"), ("mcuh", "much")]
        {
            assert!(word_fits(word, wanted), "{word} is a typo of {wanted}");
        }
        for (word, wanted) in
            [("cuando", "cuanto"), ("gente", "agente"), ("lugar", "ligar"), ("si", "no"), ("mesa", "mes"), ("1500", "1600")]
        {
            assert!(!word_fits(word, wanted), "{word} is not {wanted}");
        }
    }

    #[test]
    fn a_word_is_spelled_by_ear_one_rule_after_the_other() {
        let rules = |word: &str| {
            let word = word.replace("ce", "se").replace("ci", "si").replace("qu", "c").replace("ch", "x").replace("ll", "y");
            let sound = |letter| match letter {
                'k' | 'q' => 'c',
                'z' => 's',
                'v' => 'b',
                other => other,
            };
            word.chars().filter(|letter| *letter != 'h').map(sound).collect::<String>()
        };
        let letters = ["c", "e", "i", "q", "u", "h", "l", "k", "z", "v", "a", "ß"];
        for number in 0..letters.len().pow(4) {
            let word: String = (0..4).map(|place| letters[number / letters.len().pow(place) % letters.len()]).collect();
            assert_eq!(by_ear(word.as_bytes()).collect::<Vec<u8>>(), rules(&word).into_bytes(), "{word}");
        }
    }

    #[test]
    fn patterns_allow_alternatives_endings_and_gaps() {
        let words = Words::of("Quisiera por favor hablar ya mismo con alguien");
        assert!(words.has("hablar/charlar con alguien"));
        assert!(words.has("habl* con alguien/persona"));
        assert!(!words.has("alguien hablar"));
        assert!(!Words::of("hablar uno dos tres con").has("hablar con"));
        assert!(words.near(&["alguien"], &["hablar"], 5));
        assert!(!words.near(&["alguien"], &["quisiera"], 2));
        assert!(!words.has(""));
    }

    #[test]
    fn a_phrase_is_ruled_out_only_where_its_pattern_does_not_fit() {
        const SOME: &[Phrase] = &phrases(["hablar/charlar con alguien", "kiero", "habl* con * alguien/persona", "h*", "ya", "orario *"]);
        for text in ["Quisiera hablar con alguien", "quiero", "hablé ya con una persona", "horario de hoy", "llama", ""] {
            let words = Words::of(text);
            for phrase in SOME {
                assert_eq!(words.any_of(std::slice::from_ref(phrase)), words.has(phrase.text()), "{text}: {}", phrase.text());
            }
        }
    }

    #[test]
    fn sentences_keep_numbers_and_addresses_whole() {
        assert_eq!(sentences("Abrimos 9.30. ¿Algo más? Vea a.example"), ["Abrimos 9.30.", "¿Algo más?", "Vea a.example"]);
        assert_eq!(sentences("Te paso con Ana, ¿ok?"), ["Te paso con Ana,", "¿ok?"]);
        assert!(sentences("?!…").is_empty());
    }

    #[test]
    fn a_huge_text_is_bounded_but_its_end_is_read() {
        let text = format!("{} quiero una persona", "bla ".repeat(20_000));
        let words = Words::of(&text);
        assert_eq!(words.len(), 320);
        assert!(words.has("quiero persona"));
        assert_eq!(Words::of(&"a ".repeat(100)).len(), 100);
    }
}
