//! The summary that a model writes for whoever takes a conversation over: read strictly, held against the transcript, written as a note.
//!
//! Pure. A judgement whose evidence the customer did not write is dropped.

use crate::domain::fence::clean;
use crate::domain::language::Language;
use crate::domain::words::fold;
use serde::{Deserialize, Serialize};

/// Most characters of one line.
const MAX_LINE: usize = 400;

/// The customer's mood.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sentiment {
    /// Content.
    Positive,
    /// Neither.
    Neutral,
    /// Discontent.
    Negative,
    /// Angry.
    Angry,
}

/// What the model answered.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Why the customer wrote.
    pub reason: String,
    /// What was done.
    pub done: String,
    /// What was promised.
    pub promised: String,
    /// What to do first.
    pub next_step: String,
    /// The customer's language: `es`, `en`, `pt` or `other`.
    pub language: String,
    /// The customer's mood.
    pub sentiment: Sentiment,
    /// The customer's own words that show it.
    pub evidence: String,
}

impl Summary {
    /// Reads a model's answer; `None` if it is not what was asked for. Fences of code around it are forgiven.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let start = text.find('{')?;
        let end = text.rfind('}')?;
        let summary: Self = serde_json::from_str(text.get(start..=end)?).ok()?;
        (!summary.reason.trim().is_empty()).then_some(summary)
    }

    /// Returns true if the customer wrote the words that are to show the mood.
    #[must_use]
    pub fn is_shown_by<'a>(&self, customer: impl Iterator<Item = &'a str>) -> bool {
        is_shown_by(&self.evidence, customer)
    }

    /// Writes the note. The mood stands in it only with its evidence.
    #[must_use]
    pub fn note(&self, language: Language, mood: bool) -> String {
        let [title, reason, done, promised, next, wrote, _] = labels(language);
        let mut lines = vec![title.to_owned()];
        for (label, text) in [(reason, &self.reason), (done, &self.done), (promised, &self.promised), (next, &self.next_step)] {
            let text = clean(text.trim(), MAX_LINE).replace('\n', " ");
            if !text.is_empty() {
                lines.push(format!("{label}: {text}"));
            }
        }
        if ["es", "en", "pt"].contains(&self.language.as_str()) && self.language != language.code() {
            lines.push(format!("{wrote}: {}", self.language));
        }
        if mood {
            lines.extend(mood_line(language, self.sentiment, &self.evidence));
        }
        lines.join("\n")
    }
}

/// Returns true if one of the customer's messages holds the words that are to show something.
#[must_use]
pub fn is_shown_by<'a>(evidence: &str, mut customer: impl Iterator<Item = &'a str>) -> bool {
    let evidence = fold(evidence);
    !evidence.is_empty() && customer.any(|words| fold(words).contains(&evidence))
}

/// Writes the line about a mood, with the words that show it; `None`: a neutral one is not worth a line.
#[must_use]
pub fn mood_line(language: Language, sentiment: Sentiment, evidence: &str) -> Option<String> {
    let [.., felt] = labels(language);
    let evidence = clean(evidence.trim(), MAX_LINE).replace('\n', " ");
    (sentiment != Sentiment::Neutral).then(|| format!("{felt}: {} («{evidence}»)", feeling(language, sentiment)))
}

/// Returns the line about a mood without the words that show it; `None`: it is no such line.
#[must_use]
pub fn without_evidence(line: &str) -> Option<String> {
    let moods = [Sentiment::Positive, Sentiment::Neutral, Sentiment::Negative, Sentiment::Angry];
    let named = LANGUAGES.into_iter().flat_map(|language| {
        let [.., felt] = labels(language);
        moods.map(|mood| format!("{felt}: {}", feeling(language, mood)))
    });
    named.into_iter().find(|mood| line.strip_prefix(mood.as_str()).is_some_and(|rest| rest.starts_with(" («")))
}

/// Takes a line of a summary apart: its label with what stands between, and the words; `None`: it has no label of ours.
#[must_use]
pub fn label(line: &str) -> Option<(&str, &str)> {
    let ours = |label: &str| LANGUAGES.into_iter().any(|language| labels(language).contains(&label));
    let (label, words) = line.split_once(": ").filter(|&(label, _)| ours(label))?;
    line.split_at_checked(label.len() + 2).filter(|_| !words.is_empty())
}

/// Tells whether a line is the title of a summary.
#[must_use]
pub fn is_title(line: &str) -> bool {
    LANGUAGES.into_iter().any(|language| labels(language).first() == Some(&line))
}

const LANGUAGES: [Language; 3] = [Language::Es, Language::En, Language::Pt];

const fn labels(language: Language) -> [&'static str; 7] {
    match language {
        Language::Es => ["Resumen del asistente", "Motivo", "Hecho", "Prometido", "Siguiente paso", "Idioma", "Ánimo"],
        Language::En => ["The assistant's summary", "Reason", "Done", "Promised", "Next step", "Language", "Mood"],
        Language::Pt => ["Resumo do assistente", "Motivo", "Feito", "Prometido", "Próximo passo", "Idioma", "Ânimo"],
    }
}

const fn feeling(language: Language, sentiment: Sentiment) -> &'static str {
    match (language, sentiment) {
        (Language::Es, Sentiment::Positive) => "contento",
        (Language::Es, Sentiment::Neutral) => "neutral",
        (Language::Es, Sentiment::Negative) => "descontento",
        (Language::Es, Sentiment::Angry) => "enojado",
        (Language::En, Sentiment::Positive) => "content",
        (Language::En, Sentiment::Neutral) => "neutral",
        (Language::En, Sentiment::Negative) => "discontent",
        (Language::En, Sentiment::Angry) => "angry",
        (Language::Pt, Sentiment::Positive) => "contente",
        (Language::Pt, Sentiment::Neutral) => "neutro",
        (Language::Pt, Sentiment::Negative) => "descontente",
        (Language::Pt, Sentiment::Angry) => "irritado",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"```json
{"reason":"quiere cambiar su factura","done":"","promised":"","next_step":"revisar la factura","language":"pt","sentiment":"angry","evidence":"esto es un ROBO"}
```"#;

    #[test]
    fn a_judgement_needs_the_customers_own_words() {
        let summary = Summary::read(ANSWER).unwrap();
        assert!(summary.is_shown_by(["hola", "¡Esto es un robo!"].into_iter()));
        assert!(!summary.is_shown_by(["hola"].into_iter()));
        let silent = Summary { evidence: " ".into(), ..summary };
        assert!(!silent.is_shown_by(["hola"].into_iter()));
    }

    #[test]
    fn the_note_has_only_lines_that_say_something() {
        let note = Summary::read(ANSWER).unwrap().note(Language::Es, true);
        let lines: Vec<&str> = note.lines().collect();
        assert_eq!(
            lines,
            [
                "Resumen del asistente",
                "Motivo: quiere cambiar su factura",
                "Siguiente paso: revisar la factura",
                "Idioma: pt",
                "Ánimo: enojado («esto es un ROBO»)"
            ]
        );
        assert!(!Summary::read(ANSWER).unwrap().note(Language::Es, false).contains("enojado"));
    }

    #[test]
    fn anything_else_is_no_summary() {
        for text in ["", "{}", "no", "{\"reason\": 1}", &ANSWER.replace("\"language\"", "\"x\""), &ANSWER.replace("angry", "furious")] {
            assert_eq!(Summary::read(text), None, "{text}");
        }
    }
}
