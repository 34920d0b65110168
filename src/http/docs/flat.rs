//! Views that hold what was set beside an id, as one object in the document.
//!
//! The body that sets it is closed to other fields, so that a typing error is found; composed by `allOf`, it would forbid the id too.

use std::collections::BTreeMap;
use utoipa::Modify;
use utoipa::openapi::schema::{AllOf, ArrayItems, Object, Schema};
use utoipa::openapi::{OpenApi, RefOr};

/// Merges compositions into one object each.
pub(super) struct Flat;

impl Modify for Flat {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let known = components.schemas.clone();
        components.schemas.values_mut().for_each(|schema| flatten(schema, &known));
    }
}

/// Merges a composition, and those within: a page holds its rows' schema itself.
fn flatten(schema: &mut RefOr<Schema>, known: &BTreeMap<String, RefOr<Schema>>) {
    let RefOr::T(own) = schema else { return };
    if let Schema::AllOf(all) = own
        && let Some(object) = merge(all, known)
    {
        *own = Schema::Object(object);
    }
    if let Schema::Object(object) = own {
        object.properties.values_mut().for_each(|field| flatten(field, known));
    }
    if let Schema::Array(rows) = own
        && let ArrayItems::RefOrSchema(row) = &mut rows.items
    {
        flatten(row, known);
    }
}

/// Returns one object with the fields of all parts; `None` if a part is no object.
fn merge(all: &AllOf, known: &BTreeMap<String, RefOr<Schema>>) -> Option<Object> {
    let mut merged = Object::new();
    merged.description = all.description.clone();
    for part in &all.items {
        let part = object(part, known)?;
        merged.properties.extend(part.properties.clone());
        merged.required.extend(part.required.clone());
        merged.description = merged.description.or_else(|| part.description.clone());
    }
    Some(merged)
}

fn object<'a>(schema: &'a RefOr<Schema>, known: &'a BTreeMap<String, RefOr<Schema>>) -> Option<&'a Object> {
    match schema {
        RefOr::T(Schema::Object(object)) => Some(object),
        RefOr::Ref(reference) => object(known.get(reference.ref_location.rsplit('/').next()?)?, known),
        RefOr::T(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::http::docs::ApiDoc;
    use utoipa::OpenApi;

    #[test]
    fn a_view_is_one_object_that_says_nothing_of_other_fields() {
        let document = serde_json::to_value(ApiDoc::openapi()).unwrap();
        let view = &document["components"]["schemas"]["ServiceView"];
        assert!(view["properties"]["id"].is_object() && view["properties"]["duration"].is_object(), "{view}");
        assert!(view["additionalProperties"].is_null() && view["allOf"].is_null(), "{view}");
        assert_eq!(document["components"]["schemas"]["ServiceBody"]["additionalProperties"], false);
    }
}
