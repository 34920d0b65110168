//! `POST /api/v1/waitlist`: puts a customer of a conversation on the list.

use crate::domain::booking::waiting::{DAY_END, Entry, PartOfDay, WaitState, WaitWish};
use crate::domain::booking::{Act, Refusal};
use crate::domain::ids::{ContactId, ResourceId, ServiceId, WaitlistId};
use crate::domain::language::Language;
use crate::http::HttpState;
use crate::http::api::v1::booking::moments::date;
use crate::http::api::v1::booking::{act, agenda, one_line, read};
use crate::http::api::v1::waitlist::{WaitlistEntryView, listed};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Most resources that are named.
const MOST_RESOURCES: usize = 20;

/// Who waits.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitingBody {
    /// Your customer of a conversation (`contact.id` there): they are told in their newest one.
    id: Uuid,
    /// The name that a booking gets: 1 to 100 characters.
    name: Option<String>,
}

/// Local hours.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitHoursBody {
    /// The first that will do: `09:00`.
    from: String,
    /// The first that will no longer do: `13:00`; `24:00` is the end of the day.
    to: String,
}

/// What is waited for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitlistBody {
    /// The service.
    service_id: Uuid,
    /// With one of these; absent: with anybody.
    #[serde(default)]
    resource_ids: Vec<Uuid>,
    /// The first local day: `2026-11-23`.
    from: String,
    /// The last local day, at most 62 days later.
    to: String,
    /// `morning` (to 12:00), `afternoon` (12:00 to 19:00) or `evening` (from 18:00); absent: the whole day.
    #[schema(value_type = Option<String>)]
    part_of_day: Option<PartOfDay>,
    /// Local hours, in place of a part of the day.
    hours: Option<WaitHoursBody>,
    /// Who waits.
    contact: WaitingBody,
    /// The customer's language: `es`, `en` or `pt`; absent: the business's.
    language: Option<String>,
}

impl WaitlistBody {
    fn wish(&self) -> Result<WaitWish, Problem> {
        let (first, last) = (date("from", &self.from)?, date("to", &self.to)?);
        if last < first || (last - first).num_days() > 62 {
            return Err(Problem::field("to", "must be from, or at most 62 days after it"));
        }
        let (from, to) = match (self.part_of_day, &self.hours) {
            (Some(_), Some(_)) => return Err(Problem::field("hours", "must be left out where part_of_day is given")),
            (Some(part), None) => part.minutes(),
            (None, Some(hours)) => (minute("hours.from", &hours.from)?, minute("hours.to", &hours.to)?),
            (None, None) => (0, DAY_END),
        };
        if from >= to {
            return Err(Problem::field("hours.to", "must come after hours.from on the same day"));
        }
        Ok(WaitWish { from, to, ..WaitWish::days(first, last) })
    }
}

/// Reads a clock time of a day.
fn minute(field: &str, text: &str) -> Result<u16, Problem> {
    let wrong = || Problem::field(field, "must be a local time from 00:00 to 24:00, such as 09:00");
    let (hour, minute) = text.split_once(':').filter(|_| text.len() == 5).ok_or_else(wrong)?;
    let read = |part: &str| part.parse::<u16>().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()));
    let (hour, minute) = (read(hour).ok_or_else(wrong)?, read(minute).ok_or_else(wrong)?);
    let all = hour * 60 + minute;
    if minute < 60 && all <= DAY_END { Ok(all) } else { Err(wrong()) }
}

/// Tells a refusal in the words of this address; `None`: the words of every other one fit.
pub(super) fn refusal(why: Refusal) -> Option<Problem> {
    let wrong = |code, field: &str, detail: &str| Some(Problem::field(field, detail.to_owned()).with_code(code));
    let full = |detail: &str| Some(Problem::new(StatusCode::CONFLICT, detail.to_owned()).with_code("limit_reached"));
    match why {
        Refusal::Past => wrong("past", "to", "has passed: choose a later day"),
        Refusal::TooFar => wrong("too_far", "from", "is later than the service's max_advance_days allows: choose an earlier day"),
        Refusal::UnknownResource => {
            wrong("unknown_resource", "resource_ids", "must be resources of this service: see the needs in GET /api/v1/services")
        }
        Refusal::TooMany => full("this customer waits for five services already: take them off one first"),
        Refusal::LimitReached => full("500 customers wait already: the list is full"),
        Refusal::Closed => wrong("closed", "to", "must be from, or at most 62 days after it"),
        Refusal::Taken
        | Refusal::NotFound
        | Refusal::UnknownService
        | Refusal::HoldGone
        | Refusal::TooSoon
        | Refusal::CalendarUnknown
        | Refusal::WrongState
        | Refusal::Stale
        | Refusal::TooLate
        | Refusal::KeyReused
        | Refusal::QuestionOpen
        | Refusal::OutOfSight => None,
    }
}

/// Puts a customer on the waiting list: the first whom a free time fits gets it held and is asked. A second entry of a customer for a service
/// is the first one with the new wish: it keeps its place.
///
/// # Errors
/// 403 if they wait for the service by a conversation that you do not see, 409 if the customer or the business has too many, 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/waitlist", tag = "booking", request_body = WaitlistBody,
    responses((status = 201, description = "The entry", body = WaitlistEntryView), (status = 409, description = "Too many wait", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_entry(
    who: AgentPrincipal,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body: WaitlistBody = read(&state, &request, payload).await?;
    let agenda = agenda(&state, &who).await?;
    let wish = body.wish()?;
    if body.resource_ids.len() > MOST_RESOURCES {
        return Err(Problem::field("resource_ids", format!("must hold at most {MOST_RESOURCES} resources")));
    }
    let language = match body.language.as_deref() {
        Some(code) => Language::of_locale(code).ok_or_else(|| Problem::field("language", "must be es, en or pt"))?,
        None => agenda.and_then(|agenda| Language::of_locale(&agenda.locale)).unwrap_or_default(),
    };
    let name = body.contact.name.as_deref().map(|name| one_line("contact.name", name, 100)).transpose()?;
    let contact = ContactId(body.contact.id);
    let conversation = who.scope(&state.store).newest_conversation_of(contact).await?;
    let conversation = conversation.ok_or_else(|| Problem::field("contact.id", "is no contact of yours with a conversation"))?;
    let now = state.clock.now();
    let entry = Entry {
        id: WaitlistId(state.ids.uuid()),
        state: WaitState::Waiting,
        service: ServiceId(body.service_id),
        resources: body.resource_ids.iter().copied().map(ResourceId).collect(),
        wish,
        moves: None,
        contact,
        conversation,
        name,
        language,
        appointment: None,
        created_at: now,
        updated_at: now,
    };
    let (entry, _) = listed(act(&state, &who, Act::Join { entry: Box::new(entry) }).await?)?;
    let location = (LOCATION, format!("/api/v1/waitlist/{}", entry.id));
    Ok(HttpResponse::Created().insert_header(location).json(WaitlistEntryView::from(entry)))
}
