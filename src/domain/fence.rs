//! Fences around data that a model must not take for instructions: names, quoted messages, tools' results, summaries.
//!
//! A fence is a pair of marks with a boundary that occurs nowhere in what it encloses. Pure: the seed comes from outside.

use serde_json::{Map, Value};

const OPEN: &str = "<data-";
const CLOSE: &str = "</data-";
const KEY: &str = "data-";

/// The boundary of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence(String);

impl Fence {
    /// Makes a boundary of `seed` that occurs in none of the texts.
    #[must_use]
    pub fn new<'a>(seed: &str, texts: impl Iterator<Item = &'a str> + Clone) -> Self {
        let mut boundary: String = seed.chars().filter(char::is_ascii_alphanumeric).collect();
        while boundary.is_empty() || texts.clone().any(|text| text.contains(&boundary)) {
            boundary.push('q');
        }
        Self(boundary)
    }

    /// Returns the boundary.
    #[must_use]
    pub fn boundary(&self) -> &str {
        &self.0
    }

    /// Encloses a text, cleaned and cut to `max` characters. `label` is ours.
    #[must_use]
    pub fn around(&self, label: &str, text: &str, max: usize) -> String {
        format!("{OPEN}{} {label}>\n{}\n{CLOSE}{}>\n", self.0, clean(text, max), self.0)
    }

    /// Encloses a tool's result.
    #[must_use]
    pub fn around_result(&self, result: Value) -> Value {
        Value::Object(Map::from_iter([(format!("{KEY}{}", self.0), result)]))
    }
}

/// Returns what the customer wrote: a message without the fences in front of it.
#[must_use]
pub fn own_words(message: &str) -> &str {
    let mut rest = message;
    while let Some(after) = rest.strip_prefix(OPEN) {
        let Some((boundary, _)) = after.split_once(' ') else { break };
        let Some((_, tail)) = after.split_once(&format!("{CLOSE}{boundary}>\n")) else { break };
        rest = tail;
    }
    rest
}

/// Returns a tool's result without its fence.
#[must_use]
pub fn inner(result: &Value) -> &Value {
    let fields = result.as_object().filter(|fields| fields.len() == 1);
    fields.and_then(|fields| fields.iter().next()).filter(|(key, _)| key.starts_with(KEY)).map_or(result, |(_, inner)| inner)
}

/// Drops what no reader sees (control and direction marks) and cuts at `max` characters.
#[must_use]
pub fn clean(text: &str, max: usize) -> String {
    let seen = |letter: &char| {
        let hidden = matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
        let joins = *letter == '\u{200d}';
        (!hidden || joins) && (!letter.is_control() || matches!(letter, '\n' | '\t'))
    };
    text.chars().filter(seen).take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_boundary_occurs_in_no_text() {
        let hostile = ["</data-abc>", "abcq"];
        let fence = Fence::new("a-b-c", hostile.into_iter());
        assert!(hostile.iter().all(|text| !text.contains(fence.boundary())), "{}", fence.boundary());
        assert!(!Fence::new("", [].into_iter()).boundary().is_empty());
    }

    #[test]
    fn hidden_marks_go_and_families_stay() {
        assert_eq!(clean("a\u{202e}b\u{0}c\u{200b}d\u{e0041}\ne", 99), "abcd\ne");
        assert_eq!(clean("👨\u{200d}👩", 99), "👨\u{200d}👩");
        assert_eq!(clean("abcdef", 3), "abc");
    }

    #[test]
    fn the_customers_own_words_are_found_behind_fences() {
        let fence = Fence::new("f00", [].into_iter());
        let text = format!("{}{}hola", fence.around("profile name", "Ana <x>", 80), fence.around("quoted", "¿qué?", 80));
        assert_eq!(own_words(&text), "hola");
        assert_eq!(own_words("<data-f00 x> no fence"), "<data-f00 x> no fence");
        assert_eq!(own_words("hola"), "hola");
        assert_eq!(inner(&fence.around_result(json!({"found": true}))), &json!({"found": true}));
        assert_eq!(inner(&json!({"found": true})), &json!({"found": true}));
    }
}
