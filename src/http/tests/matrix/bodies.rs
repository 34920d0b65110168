//! Bodies and queries from the API's document: every field that takes an id gets the one that is asked for.

use crate::http::docs::ApiDoc;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

/// The document, read.
pub struct Document(Value);

impl Document {
    pub fn read() -> Self {
        Self(serde_json::to_value(ApiDoc::openapi()).unwrap())
    }

    /// Returns a body in which every id is this one; `None`: the route takes none.
    pub fn body(&self, method: &str, path: &str, id: &str) -> Option<Value> {
        let schema = &self.0["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() { None } else { Some(self.example(schema, id)) }
    }

    /// Tells whether a body of the route has an id in it.
    pub fn body_has_id(&self, method: &str, path: &str) -> bool {
        self.body(method, path, MARK).is_some_and(|body| body.to_string().contains(MARK))
    }

    /// Returns the query in which every id is this one; `None`: the route takes none there.
    pub fn query(&self, method: &str, path: &str, id: &str) -> Option<String> {
        let all = self.0["paths"][path][method]["parameters"].as_array()?;
        let named = all.iter().filter(|it| it["in"] == "query" && (is_id(&it["schema"]) || is_id(&it["schema"]["items"])));
        let pairs: Vec<String> = named.filter_map(|it| Some(format!("{}={id}", it["name"].as_str()?))).collect();
        if pairs.is_empty() { None } else { Some(pairs.join("&")) }
    }

    fn example(&self, schema: &Value, id: &str) -> Value {
        if let Some(name) = schema["$ref"].as_str() {
            return self.example(&self.0["components"]["schemas"][name.rsplit('/').next().unwrap_or_default()], id);
        }
        for key in ["oneOf", "anyOf", "allOf"] {
            if let Some(one) = schema[key].as_array().and_then(|list| list.iter().find(|one| one["type"] != "null")) {
                return self.example(one, id);
            }
        }
        if is_id(schema) {
            return json!(id);
        }
        if let Some(one) = schema["enum"].as_array().and_then(|list| list.first()) {
            return one.clone();
        }
        match kind(schema) {
            "object" => self.object(schema, id),
            "array" => json!([self.example(&schema["items"], id)]),
            // Whatever it counts: enough, and not too much.
            "integer" | "number" => json!(schema["minimum"].as_i64().unwrap_or_default().max(30)),
            "boolean" => json!(true),
            _ if schema["format"] == "date-time" => json!("2025-10-10T11:00:00Z"),
            _ => json!("x"),
        }
    }

    /// Holds what must be there and whatever has an id in it.
    fn object(&self, schema: &Value, id: &str) -> Value {
        let Some(fields) = schema["properties"].as_object() else {
            return if schema["additionalProperties"].is_object() { json!({"es": "x"}) } else { json!({}) };
        };
        let required = |name: &str| schema["required"].as_array().is_some_and(|list| list.iter().any(|one| one == name));
        let mut object = Map::new();
        for (name, field) in fields {
            let example = self.example(field, id);
            if required(name) || example.to_string().contains(id) {
                object.insert(name.clone(), example);
            }
        }
        Value::Object(object)
    }
}

const MARK: &str = "00000000-0000-4000-8000-00000000face";

fn is_id(schema: &Value) -> bool {
    schema["format"].as_str().is_some_and(|format| format.eq_ignore_ascii_case("uuid"))
}

/// Returns the kind of a schema, whether or not it may be null too.
fn kind(schema: &Value) -> &str {
    let kind = &schema["type"];
    let named = kind.as_array().and_then(|list| list.iter().find(|one| *one != "null")).unwrap_or(kind);
    named.as_str().unwrap_or("string")
}

#[test]
fn bodies_hold_every_id_that_a_route_takes() {
    let document = Document::read();
    let body = document.body("post", "/api/v1/appointments", MARK).unwrap();
    assert_eq!((&body["service_id"], &body["contact"]["id"]), (&json!(MARK), &json!(MARK)));
    assert_eq!(document.body("post", "/api/v1/services", MARK).unwrap()["needs"], json!([{"any_of": [MARK]}]));
    assert!(document.body_has_id("patch", "/api/v1/members/{id}") && !document.body_has_id("patch", "/api/v1/business"));
    assert_eq!(document.query("get", "/api/v1/conversations", MARK), Some(format!("inbox_id={MARK}&label={MARK}&contact_id={MARK}")));
    assert!(document.query("get", "/api/v1/appointments", MARK).unwrap().contains("contact_id="));
}
