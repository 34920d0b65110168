//! `GET /api/v1/contacts`.

use crate::domain::contact::fold;
use crate::http::HttpState;
use crate::http::api::v1::booking::moments::instant;
use crate::http::api::v1::contacts::ContactItem;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_moment_cursor, read_text_cursor, text_cursor};
use crate::http::problem::Problem;
use crate::store::people::contacts::{ContactFilter, ContactKey, ContactPlace, ContactSort};
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Longest text that is looked for, in characters.
const LONGEST: usize = 200;

/// Which contacts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListContacts {
    /// The beginning of the name; accents and case do not count.
    name: Option<String>,
    /// The beginning of the telephone in E.164; blanks and dashes do not count.
    phone: Option<String>,
    /// The beginning of the e-mail address.
    email: Option<String>,
    /// Only those who are blocked, or only those who are not.
    blocked: Option<bool>,
    /// First seen at this instant (RFC 3339) or later.
    created_from: Option<String>,
    /// First seen before this instant.
    created_before: Option<String>,
    /// `created` (the newest first; so if absent), `name` (the nameless last) or `last_activity` (the newest first; only those who have a
    /// conversation).
    sort: Option<String>,
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before, with the same filters and order.
    cursor: Option<String>,
}

impl ListContacts {
    /// Reads filters, order and place.
    ///
    /// # Errors
    /// 422 naming a wrong parameter.
    fn filter(&self) -> Result<ContactFilter, Problem> {
        let sort = match self.sort.as_deref() {
            None | Some("created") => ContactSort::Created,
            Some("name") => ContactSort::Name,
            Some("last_activity") => ContactSort::LastActivity,
            Some(_) => return Err(Problem::field("sort", "must be created, name or last_activity")),
        };
        let place = |text: &str| match sort {
            ContactSort::Name => read_text_cursor(text).map(|(name, id)| ContactPlace { key: ContactKey::Name(name), id }),
            ContactSort::Created | ContactSort::LastActivity => {
                read_moment_cursor(text).map(|(at, id)| ContactPlace { key: ContactKey::At(at), id })
            }
        };
        Ok(ContactFilter {
            name: beginning("name", self.name.as_deref(), fold)?,
            phone: beginning("phone", self.phone.as_deref(), dialled)?,
            email: beginning("email", self.email.as_deref(), |text| text.trim().to_lowercase())?,
            blocked: self.blocked,
            created_from: self.created_from.as_deref().map(|text| instant("created_from", text)).transpose()?,
            created_before: self.created_before.as_deref().map(|text| instant("created_before", text)).transpose()?,
            sort,
            after: self.cursor.as_deref().map(place).transpose()?,
        })
    }
}

/// Reads what somebody looks for; nothing is everything.
fn beginning(field: &str, text: Option<&str>, read: impl FnOnce(&str) -> String) -> Result<Option<String>, Problem> {
    let Some(text) = text else { return Ok(None) };
    if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        return Err(Problem::field(field, format!("must have at most {LONGEST} characters, without line breaks")));
    }
    Ok(Some(read(text)).filter(|text| !text.is_empty()))
}

/// Returns the beginning of a number as it is stored. A plus in an address that was not written as %2B is a blank here.
fn dialled(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() { digits } else { format!("+{digits}") }
}

fn cursor(place: &ContactPlace) -> String {
    match &place.key {
        ContactKey::Name(name) => text_cursor(name, place.id),
        ContactKey::At(at) => place_cursor(at.micros(), place.id),
    }
}

/// Lists contacts.
///
/// # Errors
/// 422 naming a wrong parameter.
#[utoipa::path(get, path = "/api/v1/contacts", tag = "contacts", params(ListContacts),
    responses((status = 200, description = "A page", body = Page<ContactItem>)))]
pub async fn list_contacts(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListContacts>,
) -> Result<Json<Page<ContactItem>>, Problem> {
    let limit = limit(query.limit)?;
    let rows = who.scope(&state.store).contacts(query.filter()?, limit + 1).await?;
    Ok(Json(page(rows, limit, |(place, _)| cursor(place), |(_, row)| ContactItem::from(row))))
}
