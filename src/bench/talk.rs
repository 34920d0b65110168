//! What the bench's customers say, and how a reply tells which message it answers. Pure.
//!
//! A customer changes the language with each message, and a reply comes in the language of the last message that it answers. So the
//! channel's log alone shows what was answered, with the offline assistant as well as with the fake model, and no text must carry a mark
//! that a guard could take for a price.

use crate::domain::language::Language;

/// The turns of the languages.
const ROUND: [Language; 3] = [Language::Es, Language::En, Language::Pt];

/// Greetings: the offline assistant answers them without any data. ASCII, so that no spelling of JSON hides them.
const GREETINGS: [(Language, &str); 3] =
    [(Language::Es, "hola, buenas tardes"), (Language::En, "hello, good morning"), (Language::Pt, "oi, bom dia")];

/// What the answer to a greeting holds, from whomever it comes.
const ANSWERS: [(Language, &str); 3] = [
    (Language::Es, "Puedo darle información o tomar un recado. ¿En qué le puedo ayudar?"),
    (Language::En, "I can give you information or take a message. How can I help you?"),
    (Language::Pt, "Posso dar informações ou anotar um recado. Como posso ajudar?"),
];

/// The language of a customer's message at this place, counted from 0.
#[must_use]
pub fn language_at(place: u32) -> Language {
    let [first, second, third] = ROUND;
    match place % 3 {
        0 => first,
        1 => second,
        _ => third,
    }
}

/// What a customer says at this place.
#[must_use]
pub fn greeting_at(place: u32) -> &'static str {
    text_in(&GREETINGS, language_at(place))
}

/// What the fake model answers in this language.
#[must_use]
pub fn answer_in(language: Language) -> &'static str {
    text_in(&ANSWERS, language)
}

fn text_in(texts: &[(Language, &'static str); 3], language: Language) -> &'static str {
    texts.iter().find(|(of, _)| *of == language).map_or("", |(_, text)| text)
}

/// The language of a reply; `None` for one that answers no greeting, such as a hand-over.
#[must_use]
pub fn language_of_reply(text: &str) -> Option<Language> {
    ANSWERS.iter().find(|(_, answer)| text.contains(answer)).map(|(language, _)| *language)
}

/// The language of the greeting that stands last in a model's prompt.
#[must_use]
pub fn language_of_prompt(body: &[u8]) -> Option<Language> {
    let last = |text: &str| body.windows(text.len()).rposition(|window| window == text.as_bytes());
    GREETINGS.iter().filter_map(|(language, text)| Some((last(text)?, *language))).max_by_key(|(at, _)| *at).map(|(_, language)| language)
}

/// Reads the code of a language, as [`Language::code`] writes it.
#[must_use]
pub fn language_of_code(code: &str) -> Option<Language> {
    ROUND.into_iter().find(|language| language.code() == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language_of::language_of;

    #[test]
    fn each_message_is_in_another_language_than_the_two_before() {
        for place in 0..9 {
            assert_eq!(language_of(greeting_at(place)), Some(language_at(place)));
            assert!((1..3).all(|later| language_at(place) != language_at(place + later)));
            assert_eq!(language_at(place), language_at(place + 3));
        }
    }

    #[test]
    fn replies_and_prompts_are_told_by_their_language() {
        for language in ROUND {
            assert_eq!(language_of_reply(&format!("¡Hola! {}", answer_in(language))), Some(language));
            assert_eq!(language_of_code(language.code()), Some(language));
        }
        assert_eq!(language_of_reply("I am passing you to a person of our team."), None);
        let prompt = br#"[{"content":"oi, bom dia"},{"content":"hola, buenas tardes"},{"content":"hello, good morning"},{"content":"x"}]"#;
        assert_eq!(language_of_prompt(prompt), Some(Language::En));
        assert_eq!(language_of_prompt(b"[]"), None);
    }
}
