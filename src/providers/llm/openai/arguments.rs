//! What models write where JSON is due: arguments of tools and answers in a shape. Pure; mends slips of form, never guesses at meaning.

use serde_json::{Map, Value};

/// Most letters that are kept of arguments that cannot be read, for the trace.
const KEPT: usize = 500;

/// Reads the arguments of a call. What is no JSON stays a string, which the toolbox refuses, so that the model is told.
pub(super) fn read(raw: &str) -> Value {
    let text = raw.trim();
    if text.is_empty() {
        return Value::Object(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Null) => Value::Object(Map::new()),
        // Encoded twice.
        Ok(Value::String(inner)) => object(&inner).unwrap_or(Value::String(shortened(&inner))),
        Ok(value) => value,
        Err(_) => object(text).unwrap_or_else(|| Value::String(shortened(text))),
    }
}

/// Finds the object in a text: bare, in a code fence or after a sentence; commas too many are left out.
pub(super) fn object(text: &str) -> Option<Value> {
    let (_, rest) = text.split_once('{')?;
    let (inside, _) = rest.rsplit_once('}')?;
    let whole = format!("{{{inside}}}");
    let found = serde_json::from_str(&whole).or_else(|_| serde_json::from_str(&without_spare_commas(&whole)));
    found.ok().filter(Value::is_object)
}

fn shortened(text: &str) -> String {
    text.chars().take(KEPT).collect()
}

/// Leaves out commas that stand before a closing bracket, outside of strings.
fn without_spare_commas(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for letter in json.chars() {
        if in_string {
            in_string = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
        } else if letter == '"' {
            in_string = true;
        } else if matches!(letter, '}' | ']') && out.trim_end().ends_with(',') {
            out.truncate(out.trim_end().len().saturating_sub(1));
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_arguments_are_an_empty_object() {
        for raw in ["", "  ", "null", "{}"] {
            assert_eq!(read(raw), json!({}), "{raw}");
        }
    }

    #[test]
    fn slips_of_form_are_mended() {
        for raw in [
            r#"{"a": [1, 2]}"#,
            r#"{"a": [1, 2,], }"#,
            "```json\n{\"a\": [1, 2]}\n```",
            "Here you are: {\"a\": [1,2]}.",
            r#""{\"a\": [1, 2]}""#,
        ] {
            assert_eq!(read(raw), json!({"a": [1, 2]}), "{raw}");
        }
        assert_eq!(read(r#"{"a": "x,}", "b": "\",]",}"#), json!({"a": "x,}", "b": "\",]"}), "nothing is changed inside of strings");
    }

    #[test]
    fn what_cannot_be_read_is_passed_on_for_the_toolbox_to_refuse() {
        for raw in ["tomorrow at ten", r#"{"a":"#, r#"{"a" 1}"#, "}{", "<arg>1</arg>"] {
            assert_eq!(read(raw), json!(raw));
        }
        assert_eq!(read("[1]"), json!([1]));
        assert_eq!(read(&"ñ".repeat(9_000)).as_str().unwrap().chars().count(), KEPT);
    }
}
