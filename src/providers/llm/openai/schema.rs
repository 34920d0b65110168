//! Schemas of tools in the dialects of servers that do not take JSON Schema as it is. Pure.

use crate::providers::llm::openai::flags::Dialect;
use serde_json::{Map, Value, json};

/// Keywords that Gemini's layer has answered with 400.
const UNKNOWN_TO_GEMINI: [&str; 9] =
    ["$schema", "$id", "$ref", "$defs", "additionalProperties", "propertyNames", "patternProperties", "default", "examples"];

/// Returns a tool's schema as the server takes it.
pub(super) fn adapt(schema: &Value, dialect: Dialect) -> Value {
    match dialect {
        Dialect::Full => schema.clone(),
        Dialect::Gemini => gemini(schema),
    }
}

fn gemini(schema: &Value) -> Value {
    let Some(fields) = schema.as_object() else { return schema.clone() };
    let mut out = Map::new();
    for (key, value) in fields {
        match key.as_str() {
            unknown if UNKNOWN_TO_GEMINI.contains(&unknown) => {}
            "const" => drop(out.insert("enum".to_owned(), json!([value]))),
            "oneOf" | "anyOf" => drop(out.insert("anyOf".to_owned(), each(value))),
            "type" => with_type(&mut out, value),
            // Names of properties are no keywords.
            "properties" => drop(out.insert(key.clone(), properties(value))),
            "items" => drop(out.insert(key.clone(), gemini(value))),
            _ => drop(out.insert(key.clone(), value.clone())),
        }
    }
    Value::Object(out)
}

/// One type only; `null` among several is said by `nullable`.
fn with_type(out: &mut Map<String, Value>, value: &Value) {
    let Some(types) = value.as_array() else {
        out.insert("type".to_owned(), value.clone());
        return;
    };
    if types.iter().any(|name| name == "null") {
        out.insert("nullable".to_owned(), Value::Bool(true));
    }
    let mut others = types.iter().filter(|name| *name != "null");
    match (others.next(), others.next()) {
        (Some(only), None) => drop(out.insert("type".to_owned(), only.clone())),
        // A mix of types cannot be said: any will do, and the toolbox checks.
        (Some(_), Some(_)) | (None, _) => drop(out.insert("type".to_owned(), json!("string"))),
    }
}

fn each(list: &Value) -> Value {
    list.as_array().map_or_else(|| list.clone(), |list| list.iter().map(gemini).collect())
}

fn properties(value: &Value) -> Value {
    value.as_object().map_or_else(|| value.clone(), |all| all.iter().map(|(name, schema)| (name.clone(), gemini(schema))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gemini_sees_only_what_it_takes_and_the_names_of_properties_stay() {
        let schema = json!({
            "$schema": "x", "type": "object", "additionalProperties": false, "required": ["default"],
            "properties": {
                "default": {"type": ["string", "null"], "maxLength": 5},
                "kind": {"const": "a"},
                "list": {"type": "array", "items": {"type": "object", "additionalProperties": false}},
                "either": {"oneOf": [{"type": "string", "$id": "q"}, {"type": ["integer", "string"]}]},
            },
        });
        let expected = json!({
            "type": "object", "required": ["default"],
            "properties": {
                "default": {"type": "string", "nullable": true, "maxLength": 5},
                "kind": {"enum": ["a"]},
                "list": {"type": "array", "items": {"type": "object"}},
                "either": {"anyOf": [{"type": "string"}, {"type": "string"}]},
            },
        });
        assert_eq!(adapt(&schema, Dialect::Gemini), expected);
        assert_eq!(adapt(&schema, Dialect::Full), schema);
    }
}
