//! An endpoint as a business writes it: checked field by field. Pure. Never quotes a value.

use crate::domain::webhook::Kinds;
use crate::net::guard::{AllowList, is_private_way};
use crate::store::admin::AdminError;
use crate::store::admin::webhooks::WebhookForm;

/// Longest address, in bytes.
const MAX_URL: usize = 2_000;
/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 200;
/// Most inboxes that an endpoint names.
const MAX_INBOXES: usize = 100;

/// A form that fits, as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) url: String,
    pub(super) description: String,
    pub(super) events: String,
    pub(super) inboxes: Option<String>,
    pub(super) notes: bool,
    pub(super) enabled: bool,
}

/// Checks everything that needs no database.
pub(super) fn check(form: &WebhookForm, outbound: &AllowList) -> Result<Checked, AdminError> {
    let url = form.url.trim();
    if url.len() > MAX_URL {
        return Err(AdminError::invalid("url", "is too long"));
    }
    match outbound.check_url(url) {
        Ok((parsed, _)) if parsed.fragment().is_some() => return Err(AdminError::invalid("url", "must have no fragment")),
        // Customers' words travel over TLS, or do not leave a network of one's own.
        Ok((parsed, _)) if !is_private_way(&parsed) => return Err(AdminError::invalid("url", "must begin with https://")),
        Ok(_) => {}
        Err(error) => return Err(AdminError::invalid("url", &format!("cannot be called: {error}"))),
    }
    let description = form.description.trim();
    if description.chars().count() > MAX_DESCRIPTION || description.chars().any(char::is_control) {
        return Err(AdminError::invalid("description", "must be at most 200 characters without line breaks"));
    }
    let kinds = Kinds::parse(&form.events).map_err(|error| AdminError::invalid("events", &error.to_string()))?;
    let inboxes = form.inboxes.as_ref();
    if inboxes.is_some_and(|list| list.is_empty() || list.len() > MAX_INBOXES) {
        return Err(AdminError::invalid("inboxes", "must name 1 to 100 inboxes, or be left out for all"));
    }
    let inboxes = inboxes.map(|list| serde_json::Value::from(list.iter().map(ToString::to_string).collect::<Vec<String>>()).to_string());
    Ok(Checked {
        url: url.to_owned(),
        description: description.to_owned(),
        events: serde_json::Value::from(kinds.spelled()).to_string(),
        inboxes,
        notes: form.notes,
        enabled: form.enabled,
    })
}
