//! What the addresses of the book share: bodies, instants, refusals. Decides nothing about the book.

pub mod moments;
pub mod refusal;
#[cfg(test)]
mod tests;

use crate::domain::booking::{Act, Actor, Agenda, Outcome};
use crate::domain::suspension::Feature;
use crate::http::auth::{AgentPrincipal, going_on};
use crate::http::problem::Problem;
use crate::http::{HttpState, body};
use actix_web::HttpRequest;
use actix_web::web::Payload;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use uuid::Uuid;

/// Reads a JSON body; none at all is the empty object.
///
/// # Errors
/// 400, 408, 413, 415 for what cannot be read, 422 naming the field that does not fit.
pub async fn read<T: DeserializeOwned>(state: &HttpState, request: &HttpRequest, payload: Payload) -> Result<T, Problem> {
    let bytes = body::read(request, payload, state.limits.body(state.limits.api_bytes), state.clock.as_ref()).await?;
    if !bytes.is_empty() {
        body::require_json(request)?;
    }
    body::decode(&body::value_or_empty(&bytes)?)
}

/// Reads an id of a query by the name of its parameter.
///
/// # Errors
/// 422 naming it.
pub fn read_id<T: From<Uuid>>(field: &'static str, text: &str) -> Result<T, Problem> {
    Uuid::parse_str(text).ok().map(T::from).ok_or_else(|| Problem::field(field, "is not an id"))
}

/// Returns what a tenant offers; `None`: nothing, and it never did.
///
/// # Errors
/// 503 if the database is away.
pub async fn agenda(state: &HttpState, who: &AgentPrincipal) -> Result<Option<Arc<Agenda>>, Problem> {
    Ok(who.scope(&state.store).agenda().await?)
}

/// Does an act for a person of the business.
///
/// # Errors
/// 403 while booking is suspended, 503 if the database is away. A refusal of the book is an outcome.
pub async fn act(state: &HttpState, who: &AgentPrincipal, act: Act) -> Result<Outcome, Problem> {
    going_on(state, who.tenant, Feature::Booking).await?;
    let actor = Actor::People { agent: who.agent() };
    Ok(who.scope(&state.store).act(actor, act, state.clock.now()).await?)
}

/// Refuses a text that people typed if it is empty, too long or not of one line.
///
/// # Errors
/// 422 naming the field.
pub fn one_line(field: &str, text: &str, longest: usize) -> Result<String, Problem> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(Problem::field(field, format!("must be 1 to {longest} characters without line breaks"))) }
}
