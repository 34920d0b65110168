//! What every operation of its kind may answer and asks of its caller, said once and put into the document from the table of routes.
//!
//! A handler's own words about a status win over these.

use crate::http::access::{Access, Class};
use crate::http::problem::CONTENT_TYPE;
use crate::http::routes::{Endpoint, endpoints};
use utoipa::Modify;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};

/// A status, the name of its response in the document, and what it means everywhere.
const SHARED: [(u16, &str, &str); 11] = [
    (400, "BadRequest", "The request cannot be read"),
    (401, "Unauthorized", "Nobody who is known: no key or token, or a wrong one"),
    (403, "Forbidden", "Known, but not allowed; `code` names what is missing"),
    (404, "NotFound", "There is no such thing here"),
    (408, "TooSlow", "The body came too slowly; repeating the request is safe"),
    (413, "TooLarge", "The body is too long"),
    (415, "WrongMedia", "The body is of another kind than JSON"),
    (422, "Unprocessable", "Read, but not acceptable; `errors` names the fields"),
    (429, "TooMany", "Too many requests; `Retry-After` says how many seconds to wait"),
    (500, "Broken", "Something went wrong on our side; `request_id` finds it in the logs"),
    (503, "Unavailable", "Not now; repeating the request is safe"),
];

/// Adds the shared answers and what each operation asks for.
pub(super) struct Shared;

impl Modify for Shared {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_default();
        for (_, name, description) in SHARED {
            components.responses.insert(name.to_owned(), RefOr::T(problem(description)));
        }
        for endpoint in endpoints() {
            let found = openapi.paths.paths.get_mut(endpoint.path).and_then(|item| operation(item, endpoint.method));
            if let Some(operation) = found {
                describe(operation, &endpoint);
            }
        }
    }
}

fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name("Problem");
    ResponseBuilder::new().description(description).content(CONTENT_TYPE, Content::new(Some(schema))).build()
}

fn operation<'a>(item: &'a mut PathItem, method: &str) -> Option<&'a mut Operation> {
    match method {
        "get" => item.get.as_mut(),
        "post" => item.post.as_mut(),
        "put" => item.put.as_mut(),
        "patch" => item.patch.as_mut(),
        "delete" => item.delete.as_mut(),
        _ => None,
    }
}

fn describe(operation: &mut Operation, endpoint: &Endpoint) {
    operation.security = Some(security(endpoint.access));
    let body = operation.request_body.is_some();
    for (status, name, _) in SHARED {
        if may_answer(status, endpoint, body) {
            let shared = RefOr::Ref(Ref::from_response_name(name));
            operation.responses.responses.entry(status.to_string()).or_insert(shared);
        }
    }
}

/// Tells whether an operation may answer with a status for a reason that is not its own.
fn may_answer(status: u16, endpoint: &Endpoint, body: bool) -> bool {
    let health = endpoint.class == Class::Health;
    match status {
        401 | 403 => endpoint.access != Access::Open || proves(endpoint.class),
        404 => endpoint.path.contains('{'),
        408 | 413 | 415 => body,
        400 | 422 | 429 | 503 => !health,
        500 => endpoint.path != "/healthz",
        _ => false,
    }
}

/// Tells whether an address that is open to everybody asks for a proof of its own: a signature, a password, a code, a token, or, where
/// cookies are asked for, a page of ours.
const fn proves(class: Class) -> bool {
    match class {
        Class::Webhook | Class::Adapter | Class::SignIn | Class::SignUp | Class::Recover | Class::Refresh => true,
        Class::Api | Class::Stream | Class::Page | Class::Health => false,
    }
}

/// Returns the ways to prove oneself; one of them is enough. Roles stand beside each: the permission that is asked for.
fn security(access: Access) -> Vec<SecurityRequirement> {
    let none: [String; 0] = [];
    match access {
        Access::Open => vec![SecurityRequirement::default()],
        Access::Person | Access::Owner => ["bearer", "cookie"].map(|scheme| SecurityRequirement::new(scheme, none.clone())).into(),
        Access::May(permission) => {
            ["bearer", "api_key", "cookie"].map(|scheme| SecurityRequirement::new(scheme, [permission.to_string()])).into()
        }
        Access::MayInPerson(permission) => {
            ["bearer", "cookie"].map(|scheme| SecurityRequirement::new(scheme, [permission.to_string()])).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::http::access::Access;
    use crate::http::docs::ApiDoc;
    use crate::http::routes::endpoints;
    use serde_json::Value;
    use utoipa::OpenApi;

    fn document() -> Value {
        serde_json::to_value(ApiDoc::openapi()).unwrap()
    }

    #[test]
    fn every_operation_says_what_it_asks_for_and_what_a_stranger_is_answered() {
        let document = document();
        for endpoint in endpoints() {
            let operation = &document["paths"][endpoint.path][endpoint.method];
            let asked = operation["security"].as_array().unwrap();
            let name = format!("{} {}", endpoint.method, endpoint.path);
            match endpoint.access {
                Access::Open => assert_eq!(asked, &[serde_json::json!({})], "{name}"),
                Access::May(permission) | Access::MayInPerson(permission) => {
                    assert_eq!(asked.first().unwrap()["bearer"][0], permission.to_string(), "{name}");
                    assert!(!operation["responses"]["401"].is_null() && !operation["responses"]["403"].is_null(), "{name}");
                }
                Access::Person | Access::Owner => assert_eq!(asked.len(), 2, "{name}: a token or a cookie"),
            }
        }
    }

    #[test]
    fn the_ways_in_say_that_a_wrong_proof_and_a_foreign_page_are_refused() {
        let document = document();
        for way in ["sign-up", "login", "mfa", "refresh", "logout", "password/reset", "email/confirm", "invitations/accept"] {
            let answers = &document["paths"][format!("/api/v1/auth/{way}")]["post"]["responses"];
            assert!(!answers["401"].is_null() && !answers["403"].is_null(), "{way}");
        }
        assert!(document["paths"]["/healthz"]["get"]["responses"]["401"].is_null());
    }

    #[test]
    fn problems_are_described_as_what_they_are_sent_as() {
        let document = document();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let json = &response["content"]["application/json"]["schema"]["$ref"];
                    assert_ne!(json, "#/components/schemas/Problem", "{method} {path} {status}");
                }
            }
        }
    }
}
