//! Checks a value against the strict subset of JSON Schema that our tools are written in: `type`, `required`, `properties`,
//! `additionalProperties: false`, `enum`, `minLength`, `maxLength`, `minimum`, `maximum`, `items`, `maxItems`.
//!
//! A validator of the whole standard would bring dozens of crates for words that we never write: a test holds every tool's schema to this
//! subset. Tools that tenants define themselves would need the whole.

use serde_json::{Map, Value};

/// Deepest nesting that is looked at.
const DEEPEST: usize = 8;

/// The words of a schema that are understood, or that say nothing about validity.
const KNOWN: &[&str] = &[
    "type",
    "required",
    "properties",
    "additionalProperties",
    "enum",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "items",
    "maxItems",
    "description",
    "title",
];

/// Returns what is wrong with `value`, in words that a model can act on; `None` if it fits.
#[must_use]
pub fn mistake(schema: &Value, value: &Value) -> Option<String> {
    check(schema, value, "arguments", DEEPEST)
}

/// Returns the first word of a schema that this subset does not know.
#[must_use]
pub fn unknown_word(schema: &Value) -> Option<String> {
    let schema = schema.as_object()?;
    let foreign = schema.keys().find(|key| !KNOWN.contains(&key.as_str())).cloned();
    let inside = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::values).chain(schema.get("items"));
    foreign.or_else(|| inside.into_iter().find_map(unknown_word))
}

fn check(schema: &Value, value: &Value, place: &str, deep: usize) -> Option<String> {
    if deep == 0 {
        return Some(format!("`{place}` is nested too deeply"));
    }
    if !kinds(schema).is_empty() && !kinds(schema).iter().any(|kind| is(kind, value)) {
        return Some(format!("`{place}` must be {}", kinds(schema).join(" or ")));
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed.iter().map(Value::to_string).collect();
        return Some(format!("`{place}` must be one of {}", allowed.join(", ")));
    }
    match value {
        Value::Object(fields) => object(schema, fields, place, deep),
        Value::Array(items) => array(schema, items, place, deep),
        Value::String(text) => length(schema, text, place),
        Value::Number(number) => range(schema, number.as_f64()?, place),
        Value::Null | Value::Bool(_) => None,
    }
}

fn kinds(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => Vec::new(),
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}

fn object(schema: &Value, fields: &Map<String, Value>, place: &str, deep: usize) -> Option<String> {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = required.into_iter().find(|name| !fields.contains_key(*name)) {
        return Some(format!("`{missing}` is missing in `{place}`"));
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    fields.iter().find_map(|(name, value)| match properties.and_then(|properties| properties.get(name)) {
        Some(schema) => check(schema, value, name, deep - 1),
        None if closed => Some(format!("`{}` is not a field of `{place}`", crate::domain::content::truncate(name, 64))),
        None => None,
    })
}

fn array(schema: &Value, items: &[Value], place: &str, deep: usize) -> Option<String> {
    let max = schema.get("maxItems").and_then(Value::as_u64);
    if max.is_some_and(|max| u64::try_from(items.len()).is_ok_and(|len| len > max)) {
        return Some(format!("`{place}` has too many items"));
    }
    let schema = schema.get("items")?;
    items.iter().find_map(|item| check(schema, item, place, deep - 1))
}

fn length(schema: &Value, text: &str, place: &str) -> Option<String> {
    let long = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    let limit = |word: &str| schema.get(word).and_then(Value::as_u64);
    if let Some(max) = limit("maxLength").filter(|max| long > *max) {
        return Some(format!("`{place}` must have at most {max} characters"));
    }
    limit("minLength").filter(|min| long < *min).map(|min| format!("`{place}` must have at least {min} characters"))
}

fn range(schema: &Value, number: f64, place: &str) -> Option<String> {
    let limit = |word: &str| schema.get(word).and_then(Value::as_f64);
    if let Some(max) = limit("maximum").filter(|max| number > *max) {
        return Some(format!("`{place}` must be at most {max}"));
    }
    limit("minimum").filter(|min| number < *min).map(|min| format!("`{place}` must be at least {min}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_mistake_is_named_so_that_a_model_can_mend_it() {
        let schema = json!({"type": "object", "additionalProperties": false, "required": ["name"], "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 5}, "kind": {"type": ["string", "null"], "enum": ["a", "b", null]},
            "count": {"type": "integer", "minimum": 1, "maximum": 9}, "tags": {"type": "array", "maxItems": 2, "items": {"type": "string"}}}});
        let table = [
            (json!({"name": "Ana", "kind": null, "count": 3, "tags": ["x"]}), None),
            (json!([]), Some("`arguments` must be object")),
            (Value::Null, Some("`arguments` must be object")),
            (json!({}), Some("`name` is missing in `arguments`")),
            (json!({"name": 1}), Some("`name` must be string")),
            (json!({"name": ""}), Some("`name` must have at least 1 characters")),
            (json!({"name": "Anabel"}), Some("`name` must have at most 5 characters")),
            (json!({"name": "Ana", "x": 1}), Some("`x` is not a field of `arguments`")),
            (json!({"name": "Ana", "kind": "c"}), Some("`kind` must be one of \"a\", \"b\", null")),
            (json!({"name": "Ana", "count": 1.5}), Some("`count` must be integer")),
            (json!({"name": "Ana", "count": 10}), Some("`count` must be at most 9")),
            (json!({"name": "Ana", "tags": ["x", "y", "z"]}), Some("`tags` has too many items")),
            (json!({"name": "Ana", "tags": [1]}), Some("`tags` must be string")),
        ];
        for (value, wrong) in table {
            assert_eq!(mistake(&schema, &value).as_deref(), wrong, "{value}");
        }
    }

    #[test]
    fn a_word_outside_the_subset_is_found_however_deep() {
        assert_eq!(unknown_word(&json!({"properties": {"a": {"items": {"oneOf": []}}}})).as_deref(), Some("oneOf"));
        assert_eq!(unknown_word(&json!({"type": "object"})), None);
    }
}
