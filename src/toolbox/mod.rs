//! The tools behind the assistant: the catalogue. Each tool is a file with its spec, its strict arguments and its call.
//!
//! Tools never write or send anything themselves: they return an effect, and the core carries it out in the commit that journals the call.

mod answer_from_faq;
pub mod booking;
mod hand_off;
mod resolve;
mod take_message;

use crate::domain::booking::Told;
use crate::domain::ids::ConversationKey;
use crate::domain::time::Timestamp;
use crate::domain::tool::{ToolCall, ToolOutcome, ToolSpec};
use crate::ports::bookings::Bookings;
use crate::ports::ids::IdSource;
use crate::ports::mail::Links;
use crate::ports::toolbox::{About, Prepared, ToolContext, ToolError, Toolbox};
use crate::toolbox::booking::BookingTools;
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// The tools of this build.
#[derive(Clone)]
pub struct Catalogue {
    specs: Arc<[ToolSpec]>,
    booking: Option<BookingTools>,
}

impl Catalogue {
    /// Adds the tools of a book.
    #[must_use]
    pub fn with_book(book: Arc<dyn Bookings>, ids: Arc<dyn IdSource>) -> Self {
        Self { booking: Some(BookingTools::new(book, ids)), ..Self::default() }
    }

    /// Adds the pages that what is told may link to.
    #[must_use]
    pub fn with_links(self, links: Arc<dyn Links>) -> Self {
        Self { booking: self.booking.map(|booking| booking.with_links(links)), ..self }
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        let specs = Arc::new([answer_from_faq::spec(), take_message::spec(), hand_off::spec(), resolve::spec()]);
        Self { specs, booking: None }
    }
}

#[async_trait]
impl Toolbox for Catalogue {
    fn specs(&self) -> Arc<[ToolSpec]> {
        Arc::clone(&self.specs)
    }

    fn more_specs(&self) -> Arc<[ToolSpec]> {
        self.booking.as_ref().map(BookingTools::specs).unwrap_or_default()
    }

    async fn call(&self, call: &ToolCall, context: &ToolContext) -> Result<ToolOutcome, ToolError> {
        match call.name.as_str() {
            answer_from_faq::NAME => answer_from_faq::call(&call.arguments, context),
            take_message::NAME => take_message::call(&call.arguments),
            hand_off::NAME => hand_off::call(&call.arguments),
            resolve::NAME => resolve::call(&call.arguments),
            other => match &self.booking {
                Some(booking) => booking.call(call, context).await,
                None => Err(ToolError::Unknown(crate::domain::content::truncate(other, 64).to_owned())),
            },
        }
    }

    async fn prepare(&self, context: &ToolContext) -> Result<Prepared, ToolError> {
        match &self.booking {
            Some(booking) => booking.prepare(context).await,
            None => Ok(Prepared::default()),
        }
    }

    async fn news(&self, key: ConversationKey, about: About<'_>, now: Timestamp) -> Result<Option<Box<Told>>, ToolError> {
        match &self.booking {
            Some(booking) => booking.news(key, about, now).await,
            None => Ok(None),
        }
    }

    async fn tell(&self, call: &ToolCall, result: &Value, context: &ToolContext) -> Result<ToolOutcome, ToolError> {
        match &self.booking {
            Some(booking) => booking.tell(call, result, context).await,
            None => Err(ToolError::Unknown(call.name.clone())),
        }
    }
}

/// Parses arguments strictly: an unknown field, a missing one or a wrong type is an error that names it.
fn arguments<T: DeserializeOwned>(arguments: &Value) -> Result<T, ToolError> {
    if !arguments.is_object() {
        return Err(ToolError::Invalid("the arguments must be an object".to_owned()));
    }
    serde_json::from_value(arguments.clone()).map_err(|error| ToolError::Invalid(error.to_string()))
}

/// Checks a required text: not blank, at most `max` characters. Returns it trimmed.
fn text(field: &str, value: &str, max: usize) -> Result<String, ToolError> {
    let value = value.trim();
    if value.is_empty() {
        return Err(ToolError::Invalid(format!("`{field}` must not be blank")));
    }
    if value.chars().count() > max {
        return Err(ToolError::Invalid(format!("`{field}` must have at most {max} characters")));
    }
    Ok(value.replace('\0', "\u{fffd}"))
}

/// Checks an optional text; a blank one counts as absent.
fn optional(field: &str, value: Option<&str>, max: usize) -> Result<Option<String>, ToolError> {
    value.filter(|value| !value.trim().is_empty()).map(|value| text(field, value, max)).transpose()
}

#[cfg(test)]
mod tests;
