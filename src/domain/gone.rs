//! Words that are deleted: what of other texts still tells them. A note that a machine left for people may quote a customer, and so may what
//! the machine gave its tools.
//!
//! Pure. Errs on the side of taking too much; never puts anything in the place of words but a mark.

use crate::domain::content::Content;
use crate::domain::notes;
use crate::domain::summary::{label, without_evidence};
use crate::domain::words::fold;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Stands where words were.
const MARK: &str = "[…]";
/// From so many letters on a word tells what was said; a shorter one only if it holds a digit.
const TELLS: usize = 4;

/// The words of a message that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone(Option<BTreeSet<String>>);

impl Gone {
    /// Of a message that says what it always said.
    #[must_use]
    pub fn of(content: &Content) -> Self {
        let files = content.attachments.iter().filter_map(|file| file.file_name.as_deref());
        let all: BTreeSet<String> = std::iter::once(content.text.as_str()).chain(files).flat_map(words).collect();
        let telling: BTreeSet<String> = all.iter().filter(|word| tells(word)).cloned().collect();
        // Of a message of short words only every one counts.
        Self(Some(if telling.is_empty() { all } else { telling }))
    }

    /// Of a message that once said something else: nobody knows what.
    #[must_use]
    pub const fn unknown() -> Self {
        Self(None)
    }

    /// Tells whether a text may hold some of the words.
    #[must_use]
    pub fn is_told_by(&self, text: &str) -> bool {
        let Some(gone) = &self.0 else { return !text.trim().is_empty() };
        words(text).any(|word| gone.contains(&word))
    }

    /// Returns a machine's note without what may tell the words; `None`: it tells nothing of them. Of a mood its quote always goes.
    #[must_use]
    pub fn taken_from(&self, note: &str) -> Option<String> {
        let mut kept: Vec<String> = Vec::new();
        for line in note.split('\n') {
            let line = self.line(line);
            if line != MARK || kept.last().is_none_or(|before| before != MARK) {
                kept.push(line);
            }
        }
        let kept = kept.join("\n");
        (kept != note).then_some(kept)
    }

    fn line(&self, line: &str) -> String {
        if let Some(mood) = without_evidence(line) {
            return mood;
        }
        if notes::is_ours(line) {
            return line.to_owned();
        }
        // Its label is ours, whatever the customer said.
        let (label, words) = label(line).unwrap_or(("", line));
        if self.is_told_by(words) { format!("{label}{MARK}") } else { line.to_owned() }
    }

    /// Takes what may tell the words out of a turn's trace: what its tools were given and answered, and the answers that were held back. Returns
    /// true if there was something.
    pub fn take_from_trace(&self, trace: &mut Value) -> bool {
        let mut taken = false;
        for tool in entries(trace, "tools") {
            taken |= self.take(tool, "result");
            if let Some(call) = tool.get_mut("call").and_then(Value::as_object_mut) {
                taken |= self.take(call, "arguments");
                taken |= self.take(call, "extra");
            }
        }
        for guard in entries(trace, "guards") {
            taken |= self.take(guard, "text");
        }
        taken
    }

    fn take(&self, fields: &mut Map<String, Value>, field: &str) -> bool {
        fields.get(field).is_some_and(|value| self.is_in(value)) && fields.remove(field).is_some()
    }

    fn is_in(&self, value: &Value) -> bool {
        match value {
            Value::Null | Value::Bool(_) => false,
            Value::Number(number) => self.is_told_by(&number.to_string()),
            Value::String(text) => self.is_told_by(text),
            Value::Array(values) => values.iter().any(|value| self.is_in(value)),
            Value::Object(fields) => fields.values().any(|value| self.is_in(value)),
        }
    }
}

/// Returns the entries of one of a trace's lists.
fn entries<'a>(trace: &'a mut Value, list: &str) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    trace.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

fn words(text: &str) -> impl Iterator<Item = String> {
    fold(text).split_whitespace().map(str::to_owned).collect::<Vec<_>>().into_iter()
}

fn tells(word: &str) -> bool {
    word.chars().count() >= TELLS || word.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::domain::summary::{Sentiment, Summary};
    use crate::domain::tool::HandoffReason;
    use serde_json::json;

    const LANGUAGES: [Language; 3] = [Language::Es, Language::En, Language::Pt];

    fn gone(text: &str) -> Gone {
        Gone::of(&Content::text(text))
    }

    fn summary(evidence: &str) -> Summary {
        Summary {
            reason: "quiere cambiar su factura".into(),
            done: "se buscó el pedido 4711".into(),
            promised: String::new(),
            next_step: "llamar a Ana".into(),
            language: "pt".into(),
            sentiment: Sentiment::Angry,
            evidence: evidence.into(),
        }
    }

    #[test]
    fn a_summary_keeps_the_lines_that_do_not_tell_the_words_and_never_a_quote() {
        let note = summary("¡esto es un ROBO!").note(Language::Es, true);
        let left = |said: &str| gone(said).taken_from(&note).unwrap();
        assert_eq!(
            left("mi clave es xilofono"),
            "Resumen del asistente\nMotivo: quiere cambiar su factura\nHecho: se buscó el pedido 4711\nSiguiente paso: llamar a Ana\nIdioma: pt\nÁnimo: enojado"
        );
        assert!(left("el Pedido: 4711").contains("Motivo: quiere cambiar su factura\nHecho: […]\nSiguiente paso: llamar a Ana"));
        assert!(left("¡FACTURA!").contains("Motivo: […]\nHecho: se buscó"));
        let known = Gone::unknown().taken_from(&note).unwrap();
        assert_eq!(known, "Resumen del asistente\nMotivo: […]\nHecho: […]\nSiguiente paso: […]\nIdioma: […]\nÁnimo: enojado");
    }

    #[test]
    fn the_quote_of_a_mood_goes_in_every_language_and_the_mood_stays() {
        for language in LANGUAGES {
            for (sentiment, evidence) in [(Sentiment::Angry, "esto (es) «un robo»"), (Sentiment::Positive, ""), (Sentiment::Negative, "x")]
            {
                let line = crate::domain::summary::mood_line(language, sentiment, evidence).unwrap();
                let title = notes::handed_over_title(language);
                let left = gone("hola a todos").taken_from(&format!("{title}: x\n{line}")).unwrap();
                assert_eq!(Some(left), line.split_once(" («").map(|(mood, _)| format!("{title}: x\n{mood}")));
            }
        }
    }

    #[test]
    fn what_we_write_ourselves_stays_whatever_was_said() {
        for language in LANGUAGES {
            let ours = [
                format!("{}: {}", notes::handed_over_title(language), notes::handed_over(language, HandoffReason::CustomerAsked)),
                notes::interrupted(language).to_owned(),
                notes::not_processed(language).to_owned(),
                notes::resolved_by_itself(language, notes::SilentEnd::Silence).to_owned(),
            ];
            for note in ours {
                assert_eq!(Gone::unknown().taken_from(&note), None, "{note}");
                assert_eq!(gone(&note).taken_from(&note), None, "{note}");
            }
        }
    }

    #[test]
    fn a_message_that_was_taken_and_a_tools_summary_lose_the_lines_that_tell() {
        assert_eq!(gone("soy Ana, mi clave es xilofono").taken_from("Ana (555): su clave es Xilófono"), Some("[…]".to_owned()));
        let note = "Pasada a personas: se tomó un recado\nclave xilofono\nxilofono otra vez\nquiere cita";
        assert_eq!(gone("xilofono").taken_from(note), Some("Pasada a personas: se tomó un recado\n[…]\nquiere cita".to_owned()));
        assert_eq!(gone("nada de eso").taken_from(note), None);
    }

    #[test]
    fn short_words_count_only_with_a_digit_or_where_there_are_no_others() {
        assert_eq!(gone("mi pin es 12 y ya").taken_from("dice que no y ya está"), None);
        assert_eq!(gone("mi pin es 12").taken_from("pin: 12"), Some("[…]".to_owned()));
        assert_eq!(gone("no ya").taken_from("dice que no"), Some("[…]".to_owned()), "it has no other words");
        assert_eq!(gone("").taken_from("dice que no"), None);
    }

    #[test]
    fn a_trace_keeps_which_tools_ran_and_not_what_they_were_told() {
        let trace = json!({
            "rounds": 2,
            "tools": [
                {"call": {"id": "c1", "name": "find_slots", "arguments": {"when": "mañana con XILOFONO"}}, "result": {"slots": [1]}, "millis": 3},
                {"call": {"id": "c2", "name": "take_message", "arguments": {"pin": 4711}}, "result": {"saved": true}}
            ],
            "guards": [{"round": 1, "text": "su clave xilófono es buena"}, {"round": 2, "text": "otra cosa"}]
        });
        let mut left = trace.clone();
        assert!(gone("la clave es xilofono").take_from_trace(&mut left));
        assert_eq!(left["tools"][0], json!({"call": {"id": "c1", "name": "find_slots"}, "result": {"slots": [1]}, "millis": 3}));
        assert_eq!((&left["tools"][1], &left["guards"][1]), (&trace["tools"][1], &trace["guards"][1]));
        assert_eq!((&left["guards"][0], &left["rounds"]), (&json!({"round": 1}), &json!(2)));
        assert!(gone("4711").take_from_trace(&mut trace.clone()), "a number is a word");
        assert!(!gone("nada de eso").take_from_trace(&mut trace.clone()));
        let mut all = trace.clone();
        assert!(Gone::unknown().take_from_trace(&mut all));
        assert!(!all.to_string().contains("arguments") && !all.to_string().contains("\"slots\""), "{all}");
        assert!(!Gone::unknown().take_from_trace(&mut all), "twice is once");
        for other in [json!(null), json!({}), json!({"tools": 1, "guards": [1]})] {
            let mut left = other.clone();
            assert!(!Gone::unknown().take_from_trace(&mut left));
            assert_eq!(left, other);
        }
    }
}
