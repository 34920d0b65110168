//! Tells which of our languages a customer writes. Counts small, telling words; never translates, never guesses from names.

use crate::domain::language::Language;
use crate::domain::words::Words;

/// Telling words: each counts two.
const STRONG: [(Language, &[&str]); 3] = [
    (
        Language::Es,
        &[
            "hola",
            "buenas",
            "buenos",
            "gracias",
            "quiero",
            "quisiera",
            "cuanto",
            "cuesta",
            "cuestan",
            "donde",
            "hoy",
            "ustedes",
            "usted",
            "precio",
            "precios",
            "horario de atencion",
            "tienen",
            "tenes",
            "queres",
            "podes",
            "hacen",
            "alguien",
            "hablar",
            "necesito",
            "cita",
            "direccion",
            "espanol",
            "mañana",
            "abren",
            "cierran",
            "muy",
            "ahora",
            "eres",
            "sos",
            "tarjeta",
            "aceptan",
            "recado",
            "niños",
            "adios",
            "hasta",
            "llamar",
            "perdon",
            "prefiero",
            "kiero",
            "dias",
            "y",
            "el",
            "los",
            "las",
            "un",
            "una",
            "unos",
            "con",
            "es",
            "si",
            "pero",
            "cual",
            "ahí",
            "su",
            "sus",
            "estan",
            "quedan",
            "luego",
            "soy",
            "llamo",
            "turno",
        ],
    ),
    (
        Language::En,
        &[
            "hello",
            "hi",
            "hey",
            "thanks",
            "thank",
            "please",
            "want",
            "how",
            "much",
            "where",
            "what",
            "whats",
            "when",
            "open",
            "close",
            "price",
            "address",
            "english",
            "someone",
            "speak",
            "talk",
            "appointment",
            "cost",
            "does",
            "have",
            "there",
            "with",
            "hours",
            "need",
            "can",
            "could",
            "would",
            "the",
            "is",
            "are",
            "you",
            "your",
            "my",
            "i",
            "im",
            "this",
            "that",
            "and",
            "for",
            "of",
            "it",
            "its",
            "book",
            "call",
            "sorry",
            "to",
            "hello",
            "card",
            "phone",
            "ok thanks",
            "be",
            "great",
            "bye",
            "about",
            "will",
            "from",
            "u",
            "ur",
            "day",
            "they",
            "not",
            "dont",
            "who",
        ],
    ),
    (
        Language::Pt,
        &[
            "oi",
            "ola tudo",
            "obrigado",
            "obrigada",
            "voce",
            "voces",
            "vc",
            "vcs",
            "quanto",
            "custa",
            "onde",
            "hoje",
            "quero",
            "gostaria",
            "preco",
            "tem",
            "nao",
            "sim",
            "alguem",
            "falar",
            "preciso",
            "endereco",
            "bom",
            "boa",
            "tudo",
            "muito",
            "agora",
            "fica",
            "aceita",
            "aceitam",
            "cartao",
            "amanha",
            "tchau",
            "valeu",
            "portugues",
            "meu",
            "minha",
            "seu",
            "sua",
            "um",
            "uma",
            "os",
            "as",
            "com",
            "em",
            "ao",
            "na",
            "dos",
            "das",
            "pra",
            "mas",
            "qual",
            "e",
            "isso",
            "era",
            "até",
            "aqui",
            "podem",
            "atendente",
            "reservar uma",
            "pessoas",
            "ligar",
            "qro",
            "site",
            "valor",
            "eu",
            "recado pra",
            "noite",
            "dia",
            "deixa",
            "abre",
            "fecha",
            "robo",
            "estou",
            "são",
            "vou",
            "quais",
            "horas vcs",
        ],
    ),
];

/// Words that decide alone: only one of the languages spells them so.
const UNMISTAKABLE: [(Language, &str); 3] = [
    (
        Language::Es,
        "hola/gracias/quiero/quisiera/cuanto/donde/usted/ustedes/espanol/buenas/necesito/alguien/tienen/tenes/hablar/muchas/hoy/y",
    ),
    (Language::En, "hello/hey/thanks/please/the/what/where/how/english/you/would/your/dont"),
    (
        Language::Pt,
        "oi/obrigado/obrigada/voce/voces/vc/vcs/nao/onde/alguem/falar/quero/qual/sim/tchau/gostaria/preciso/uma/quanto/hoje/muito",
    ),
];

/// Letters that only one of the languages has.
const LETTERS: [(Language, &[char]); 2] = [(Language::Es, &['ñ', '¿', '¡']), (Language::Pt, &['ã', 'õ', 'ç', 'ê', 'ô', 'à'])];

/// Returns the language of the newest text that tells one; `default` if none does. Texts stand newest last.
#[must_use]
pub fn detect<'a>(texts: impl DoubleEndedIterator<Item = &'a str>, default: Language) -> Language {
    texts.rev().find_map(language_of).unwrap_or(default)
}

/// Returns the language of one text; `None` if its words tell none, or two alike.
#[must_use]
pub fn language_of(text: &str) -> Option<Language> {
    let words = Words::of(text);
    let mut scores: Vec<(u32, Language)> =
        STRONG.iter().map(|(language, telling)| (score(&words, telling, *language, text), *language)).collect();
    scores.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    match scores.as_slice() {
        [(best, language), (second, _), ..] if best > second && *best >= 2 => Some(*language),
        _ => None,
    }
}

fn score(words: &Words, telling: &[&str], language: Language, text: &str) -> u32 {
    let counts = |hit: usize| u32::try_from(hit).unwrap_or(u32::MAX);
    let known = words.iter().filter(|word| telling.contains(word)).count();
    let sure = |word: &&str| UNMISTAKABLE.iter().any(|(of, list)| *of == language && list.split('/').any(|one| one == *word));
    let letters = |(of, list): &(Language, &[char])| *of == language && text.to_lowercase().contains(*list);
    counts(known) + counts(words.iter().filter(sure).count()) + if LETTERS.iter().any(letters) { 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_customers_words_decide() {
        let table = [
            ("hola, cuánto sale?", Language::Es),
            ("che no me servís, querés pasarme con alguien?", Language::Es),
            ("how much is it", Language::En),
            ("hola, how much is the limpieza?", Language::En),
            ("oi, vcs abrem hoje?", Language::Pt),
            ("não quero robô", Language::Pt),
            ("quanto custa?", Language::Pt),
            ("¿precio?", Language::Es),
        ];
        for (text, language) in table {
            assert_eq!(language_of(text), Some(language), "{text}");
        }
    }

    #[test]
    fn words_without_a_language_keep_the_earlier_one() {
        assert_eq!(language_of("ok"), None);
        assert_eq!(language_of("5512345678 👍"), None);
        assert_eq!(detect(["oi tudo bem", "ok"].into_iter(), Language::En), Language::Pt);
        assert_eq!(detect(["???"].into_iter(), Language::En), Language::En);
    }
}
