//! What a service asks before it is booked, and how answers are read: out of the customer's own words, by code.
//!
//! Pure. A doubt is no answer: it is asked again.

use crate::domain::booking::agenda::Question;
use crate::domain::language::Language;
use crate::domain::words::Words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest answer, in characters.
pub const LONGEST_ANSWER: usize = 300;

/// What an answer must be. Words of the API: stable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// Any words.
    #[default]
    Text,
    /// `yes` or `no`.
    YesNo,
    /// The key of one of the choices.
    Choice,
    /// A number.
    Number,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
}

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerChoice {
    /// Its key in the answers.
    pub key: String,
    /// What the customer reads, by language code.
    pub text: BTreeMap<String, String>,
}

/// What words come to as an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// This, as it is stored.
    Answer(String),
    /// The customer would rather not say.
    Skipped,
    /// Nothing that fits.
    Unclear,
}

const YES: &[&str] =
    &["si/sip/sii/claro/correcto/afirmativo/yes/yeah/yep/yup/sure/correct/sim/isso/certo/exato/aham", "por supuesto", "of course"];
const NO: &[&str] = &["no/nop/nope/nah/nel/nao/naum/not/negativo/nunca/never/todavia/ninguna/ninguno/nenhum/nenhuma"];
const SKIPS: &[&str] = &[
    "omitir/omite/paso/skip/pular/pula",
    "no lo/la se",
    "no se/recuerdo",
    "prefiero no",
    "rather not",
    "dont know",
    "do not know",
    "nao sei/lembro",
    "prefiro nao",
];
/// Words that want something else than to answer.
const ELSE: &[&str] = &[
    "cancel*/cancele/olvidelo/olvidalo/forget/esquece/esqueca",
    "ya no quiero",
    "no quiero la/ninguna cita",
    "mejor/rather/instead/melhor otro/otra/el/la/a/another/other/outro/outra/on/at/as/no/na",
    "otra/otro/another/other/outro/outra hora/horario/dia/time/day",
    "cambiar/change/mudar hora/horario/dia/time/day/cita",
    "hablar/talk/speak/falar con/with/to/com",
];
const NUMBERS: [&str; 13] = [
    "cero/zero",
    "uno/una/un/one/um/uma",
    "dos/two/dois/duas",
    "tres/three",
    "cuatro/four/quatro",
    "cinco/five",
    "seis/six",
    "siete/seven/sete",
    "ocho/eight/oito",
    "nueve/nine/nove",
    "diez/ten/dez",
    "once/eleven/onze",
    "doce/twelve/doze",
];
const PLACES: [&str; 8] = [
    "primera/primero/first/primeira/primeiro",
    "segunda/segundo/second",
    "tercera/tercero/third/terceira/terceiro",
    "cuarta/cuarto/fourth/quarta/quarto",
    "quinta/quinto/fifth",
    "sexta/sexto/sixth",
    "septima/septimo/seventh/setima/setimo",
    "octava/octavo/eighth/oitava/oitavo",
];

fn in_language(text: &BTreeMap<String, String>, language: Language) -> &str {
    text.get(language.code()).or_else(|| text.values().next()).map_or("", String::as_str)
}

/// Returns the first question that has no answer yet. An empty answer is one: the customer was asked, and would rather not say.
#[must_use]
pub fn next_question<'q>(questions: &'q [Question], answers: &BTreeMap<String, String>) -> Option<&'q Question> {
    questions.iter().find(|question| !answers.contains_key(&question.key))
}

/// Returns the e-mail address that a customer gave as an answer, the first of several.
#[must_use]
pub fn email_in(questions: &[Question], answers: &BTreeMap<String, String>) -> Option<String> {
    let asked = questions.iter().filter(|question| question.kind == QuestionKind::Email);
    asked.filter_map(|question| answers.get(&question.key)).find(|answer| !answer.is_empty()).cloned()
}

/// Checks the answers that a program or a person gives, and returns them as they are stored.
///
/// # Errors
/// The key that is to blame, and what is wrong with it.
pub fn checked(questions: &[Question], given: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, (String, &'static str)> {
    if let Some(unknown) = given.keys().find(|key| !questions.iter().any(|question| question.key == **key)) {
        return Err((unknown.clone(), "is no question of this service: see the questions in GET /api/v1/services"));
    }
    let mut answers = BTreeMap::new();
    for question in questions {
        let text = given.get(&question.key).map(|text| text.trim()).unwrap_or_default();
        if text.is_empty() && question.required {
            return Err((question.key.clone(), "must be answered: the service asks for it"));
        }
        if !text.is_empty() {
            answers.insert(question.key.clone(), question.check(text).map_err(|wrong| (question.key.clone(), wrong))?);
        }
    }
    Ok(answers)
}

impl Question {
    /// Returns the question as the customer reads it.
    #[must_use]
    pub fn text_in(&self, language: Language) -> &str {
        in_language(&self.text, language)
    }

    /// Returns the choices as the customer reads them, in order.
    pub fn choices_in(&self, language: Language) -> impl Iterator<Item = &str> {
        self.choices.iter().map(move |choice| in_language(&choice.text, language))
    }

    /// Returns a stored answer as the customer reads it.
    #[must_use]
    pub fn answer_in<'a>(&'a self, answer: &'a str, language: Language) -> &'a str {
        let by = |es, en, pt| match language {
            Language::Es => es,
            Language::En => en,
            Language::Pt => pt,
        };
        match (self.kind, answer) {
            (QuestionKind::YesNo, "yes") => by("sí", "yes", "sim"),
            (QuestionKind::YesNo, "no") => by("no", "no", "não"),
            (QuestionKind::Choice, key) => {
                self.choices.iter().find(|choice| choice.key == key).map_or(answer, |choice| in_language(&choice.text, language))
            }
            (QuestionKind::YesNo | QuestionKind::Text | QuestionKind::Number | QuestionKind::Phone | QuestionKind::Email, _) => answer,
        }
    }

    /// Checks an answer in its stored form.
    ///
    /// # Errors
    /// What it must be.
    pub fn check(&self, text: &str) -> Result<String, &'static str> {
        let found = match self.kind {
            QuestionKind::Text => free_text(text),
            QuestionKind::YesNo => ["yes", "no"].contains(&text).then(|| text.to_owned()),
            QuestionKind::Choice => self.choices.iter().find(|choice| choice.key == text).map(|choice| choice.key.clone()),
            QuestionKind::Number => number(text),
            QuestionKind::Phone => phone(text),
            QuestionKind::Email => email(text),
        };
        found.ok_or(match self.kind {
            QuestionKind::Text => "must be 1 to 300 characters without line breaks",
            QuestionKind::YesNo => "must be yes or no",
            QuestionKind::Choice => "must be the key of one of the question's choices",
            QuestionKind::Number => "must be a number of at most 12 digits",
            QuestionKind::Phone => "must be a telephone number of 7 to 15 digits",
            QuestionKind::Email => "must be an e-mail address",
        })
    }

    /// Reads the customer's words.
    #[must_use]
    pub fn read(&self, said: &str) -> Reading {
        let words = Words::of(said);
        if said.contains(['?', '¿']) || words.any(ELSE) {
            return Reading::Unclear;
        }
        if words.len() <= 8 && words.any(SKIPS) {
            return Reading::Skipped;
        }
        let found = match self.kind {
            QuestionKind::Text => free_text(&said.split_whitespace().collect::<Vec<_>>().join(" ")),
            QuestionKind::YesNo => yes_or_no(&words),
            QuestionKind::Choice => self.chosen(said, &words),
            QuestionKind::Number => number(said).or_else(|| number_word(&words)),
            QuestionKind::Phone => phone(said),
            QuestionKind::Email => said.split_whitespace().find_map(|word| email(word.trim_matches(|c: char| ",;<>()\"'.".contains(c)))),
        };
        found.map_or(Reading::Unclear, Reading::Answer)
    }

    /// The choice that words name, by its place or by its words; two are none.
    fn chosen(&self, said: &str, words: &Words) -> Option<String> {
        let bare: String = said.chars().filter(|letter| letter.is_alphanumeric()).collect();
        if let Ok(place) = bare.parse::<usize>() {
            return self.choices.get(place.checked_sub(1)?).map(|choice| choice.key.clone());
        }
        let named = |choice: &&AnswerChoice| {
            choice.text.values().any(|text| {
                let name = Words::of(text);
                !name.is_empty() && name.iter().all(|word| words.has(word))
            })
        };
        let mut fitting = self.choices.iter().filter(named);
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Some(only.key.clone()),
            (Some(_), Some(_)) => None,
            (None, _) => {
                let place = PLACES.iter().position(|place| words.len() <= 4 && words.any(&[place]))?;
                self.choices.get(place).map(|choice| choice.key.clone())
            }
        }
    }
}

fn yes_or_no(words: &Words) -> Option<String> {
    let (yes, no) = (words.any(YES), words.any(NO));
    let first = |all: &'static [&'static str]| words.iter().next().is_some_and(|word| Words::of(word).any(all));
    match (yes, no) {
        (true, false) => Some("yes".to_owned()),
        (false, true) => Some("no".to_owned()),
        // "Sí, no he ido nunca": the first word counts.
        (true, true) if first(YES) => Some("yes".to_owned()),
        (true, true) if first(NO) => Some("no".to_owned()),
        (true, true) | (false, false) => None,
    }
}

fn free_text(text: &str) -> Option<String> {
    let fits = (1..=LONGEST_ANSWER).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    (fits && text.chars().any(char::is_alphanumeric)).then(|| text.to_owned())
}

/// The only number in a text: "tiene 12 años".
fn number(text: &str) -> Option<String> {
    let digits = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    let mut found =
        text.split(|c: char| !(c.is_ascii_digit() || ".,".contains(c))).map(|word| word.trim_matches(['.', ','])).filter(digits);
    let only = found.next()?;
    (found.next().is_none() && only.len() <= 12).then(|| only.to_owned())
}

fn number_word(words: &Words) -> Option<String> {
    let mut found = NUMBERS.iter().enumerate().filter(|(_, word)| words.any(&[word])).map(|(number, _)| number.to_string());
    let only = found.next()?;
    found.next().is_none().then_some(only)
}

/// Seven to fifteen digits, with a plus sign if there was one.
fn phone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let plus = if text.contains('+') { "+" } else { "" };
    (7..=15).contains(&digits.len()).then(|| format!("{plus}{digits}"))
}

fn email(text: &str) -> Option<String> {
    let (name, host) = text.split_once('@')?;
    let plain = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control() || c == '@');
    let dotted = host.split('.').count() >= 2 && host.split('.').all(|label| !label.is_empty());
    (text.len() <= 254 && plain(name) && plain(host) && dotted).then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
