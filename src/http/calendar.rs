//! `GET /calendar/{token}.ics`: a resource's appointments for calendar programs, at an address that is a secret.
//!
//! A title is the service and the customer's first name; telephones, addresses and answers never leave here.

use crate::crypto::mac::{hex, sha256_hex};
use crate::crypto::tokens;
use crate::domain::booking::ics::{Entry, feed};
use crate::domain::booking::{Appointment, Service, Span, Status};
use crate::domain::ids::{ResourceId, TenantId};
use crate::domain::language::Language;
use crate::domain::suspension::Feature;
use crate::http::HttpState;
use crate::http::auth::going_on;
use crate::http::problem::Problem;
use crate::ports::bookings::Filter;
use crate::store::admin::bookings::Offer;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, ETAG, IF_NONE_MATCH};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use std::time::Duration;

/// How far back and ahead the calendar reaches.
const BACK: Duration = Duration::from_hours(30 * 24);
/// How far back it reaches where there is more than it holds: what is to come matters more.
const BACK_OF_FULL: Duration = Duration::from_hours(24);
const AHEAD: Duration = Duration::from_hours(366 * 24);
/// Most appointments of a calendar.
const MOST: u32 = 1_000;
/// Minutes until programs shall ask again.
const REFRESH: u32 = 15;
/// How long what was read may be used: a cancelled appointment should not stay for long.
const CACHE: &str = "private, max-age=300";
/// The longest secret that is looked at.
const LONGEST: usize = 64;
/// Appointments that stand, or stood.
const SHOWN: [Status; 5] = [Status::Confirming, Status::PendingOwner, Status::Confirmed, Status::Completed, Status::NoShow];

/// Shows a resource's calendar to whoever knows its address.
///
/// # Errors
/// 404 for an address that is none, or none any more.
#[utoipa::path(get, path = "/calendar/{token}.ics", tag = "booking", params(("token" = String, Path)),
    responses((status = 200, description = "The calendar", body = String, content_type = "text/calendar"), (status = 304, description = "As it was: If-None-Match named it")))]
pub async fn get_calendar(state: Data<HttpState>, request: HttpRequest, token: Path<String>) -> Result<HttpResponse, Problem> {
    if token.len() > LONGEST || !token.starts_with(tokens::FEED_PREFIX) {
        return Err(Problem::not_found());
    }
    let found = state.store.find_feed(&hex(&tokens::hash(&token))).await?;
    let (tenant, resource) = found.ok_or_else(Problem::not_found)?;
    let going_on = going_on(&state, tenant, Feature::Api).await;
    if going_on.as_ref().is_err_and(|problem| problem.status() == StatusCode::FORBIDDEN) {
        return Err(Problem::not_found());
    }
    going_on?;
    let text = calendar(&state, tenant, resource).await?;
    let tag = format!("\"{}\"", sha256_hex(text.as_bytes()));
    let known = request.headers().get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).is_some_and(|tags| tags.contains(&tag));
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((CACHE_CONTROL, CACHE)).insert_header((ETAG, tag));
    if known {
        return Ok(response.finish());
    }
    response.insert_header((CONTENT_DISPOSITION, "inline; filename=\"calendar.ics\""));
    Ok(response.content_type("text/calendar; charset=utf-8").body(text))
}

async fn calendar(state: &HttpState, tenant: TenantId, resource: ResourceId) -> Result<String, Problem> {
    let (admin, scope) = (&state.models.admin, state.store.tenant(tenant));
    let now = state.clock.now();
    let since = |back| Filter {
        within: Some(Span { start: now.before(back), end: now.after(AHEAD) }),
        resource: Some(resource),
        status: SHOWN.to_vec(),
        limit: MOST,
        ..Filter::default()
    };
    let mut rows = scope.appointments(&since(BACK)).await?;
    if rows.len() >= MOST as usize {
        rows = scope.appointments(&since(BACK_OF_FULL)).await?;
    }
    let name = admin.list_resources(tenant).await?.into_iter().find(|(id, _)| *id == resource).map(|(_, offer)| offer.what.name);
    let services = admin.list_services(tenant).await?;
    let owner = state.directory.tenant(tenant).await?;
    let language = owner.as_ref().map_or_else(Language::default, |tenant| tenant.language());
    let place = owner.as_ref().and_then(|tenant| {
        let address = &tenant.facts.address;
        address.get(language.code()).or_else(|| address.values().next()).cloned()
    });
    let titles: Vec<String> = rows.iter().map(|row| title(row, &services, language)).collect();
    let entries =
        rows.iter().zip(&titles).map(|(appointment, summary)| Entry { appointment, summary, location: place.as_deref(), organizer: None });
    Ok(feed(&name.unwrap_or_default(), REFRESH, entries))
}

/// Returns the service and the customer's first name.
fn title(row: &Appointment, services: &[Offer<Service>], language: Language) -> String {
    let service = services.iter().find(|offer| offer.what.id == row.service).map_or("", |offer| offer.what.name_in(language));
    match row.name.as_deref().and_then(|name| name.split_whitespace().next()) {
        Some(first) => format!("{service} · {first}"),
        None => service.to_owned(),
    }
}
