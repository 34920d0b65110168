//! `GET /api/v1/notifications`: unread first, each part newest first.

use super::NotificationView;
use crate::domain::ids::NotificationId;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_moment_cursor};
use crate::http::problem::Problem;
use crate::store::people::notifications::{NotificationPlace, NotificationRow};
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which part.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListNotifications {
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

/// Lists what you were told: first what you have not looked at, the newest first.
///
/// # Errors
/// 403 for an API key, 422 naming a wrong field.
#[utoipa::path(get, path = "/api/v1/notifications", tag = "notifications", params(ListNotifications),
    responses((status = 200, description = "A page", body = Page<NotificationView>)))]
pub async fn list_notifications(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListNotifications>,
) -> Result<Json<Page<NotificationView>>, Problem> {
    let person = who.person()?;
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_cursor).transpose()?;
    let rows = who.scope(&state.store).notifications(person.member, after, limit + 1).await?;
    Ok(Json(page(rows, limit, |row: &NotificationRow| cursor(row.place()), NotificationView::from)))
}

/// The letter says in which part of the list the place is.
fn cursor(place: NotificationPlace) -> String {
    let part = if place.read { 'r' } else { 'u' };
    format!("{part}{}", place_cursor(place.at.micros(), place.id.0))
}

fn read_cursor(text: &str) -> Result<NotificationPlace, Problem> {
    let (read, place) = match (text.strip_prefix('r'), text.strip_prefix('u')) {
        (Some(place), _) => (true, place),
        // What has neither letter is no cursor: the empty text is none either.
        (None, place) => (false, place.unwrap_or_default()),
    };
    let (at, id) = read_moment_cursor(place)?;
    Ok(NotificationPlace { read, at, id: NotificationId(id) })
}
