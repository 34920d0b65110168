//! The waiting list: read it, put a customer of a conversation on it, take one off.

pub mod create;
pub mod get;
pub mod list;
pub mod remove;

use crate::domain::booking::Outcome;
use crate::domain::booking::waiting::{DAY_END, Entry};
use crate::domain::ids::WaitlistId;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::booking::refusal::problem;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Local hours.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WaitHoursView {
    /// The first that will do: `09:00`.
    from: String,
    /// The first that will no longer do: `13:00`; `24:00` is the end of the day.
    to: String,
}

/// Somebody who waits, or has waited, for a time to become free.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WaitlistEntryView {
    /// Its id.
    id: Uuid,
    /// `waiting`, `offered`, `booked`, `declined`, `expired` or `left`.
    state: &'static str,
    /// What is wished for.
    service_id: Uuid,
    /// With one of these; none: with anybody.
    resource_ids: Vec<Uuid>,
    /// The first local day: `2026-11-23`.
    from: String,
    /// The last local day.
    to: String,
    /// The local hours at which it may start.
    hours: WaitHoursView,
    /// It must start before this.
    #[schema(value_type = Option<String>, format = DateTime)]
    before: Option<Timestamp>,
    /// The appointment that an offered time would move.
    moves: Option<Uuid>,
    /// Who waits.
    contact_id: Uuid,
    /// Where they are told.
    conversation_id: Uuid,
    /// The customer's language.
    language: &'static str,
    /// The hold that was offered, or the appointment that came of it.
    appointment_id: Option<Uuid>,
    /// When they joined: their place in the line.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it changed last.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Entry> for WaitlistEntryView {
    fn from(it: Entry) -> Self {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        Self {
            id: it.id.0,
            state: it.state.as_str(),
            service_id: it.service.0,
            resource_ids: it.resources.iter().map(|id| id.0).collect(),
            from: it.wish.first.to_string(),
            to: it.wish.last.to_string(),
            hours: WaitHoursView { from: clock(it.wish.from), to: clock(it.wish.to.min(DAY_END)) },
            before: it.wish.before,
            moves: it.moves.map(|id| id.0),
            contact_id: it.contact.0,
            conversation_id: it.conversation.0,
            language: it.language.code(),
            appointment_id: it.appointment.map(|id| id.0),
            created_at: it.created_at,
            updated_at: it.updated_at,
        }
    }
}

/// Finds an entry of an address; that of a conversation which the caller does not see is absent.
async fn find(state: &HttpState, who: &AgentPrincipal, id: &str) -> Result<Entry, Problem> {
    let id = Uuid::parse_str(id).map_err(|_error| Problem::not_found())?;
    let found = who.scope(&state.store).waiting_entry(WaitlistId(id)).await?.ok_or_else(Problem::not_found)?;
    let seen = who.scope(&state.store).homes(vec![found.conversation]).await?;
    if seen.is_empty() { Err(Problem::not_found()) } else { Ok(found) }
}

/// Returns the entry of an outcome, and whether anything changed.
fn listed(outcome: Outcome) -> Result<(Entry, bool), Problem> {
    match outcome {
        Outcome::Waiting { entry, changed } => Ok((*entry, changed)),
        Outcome::Refused { why, .. } => Err(create::refusal(why).unwrap_or_else(|| problem(why))),
        Outcome::Shown { .. } | Outcome::Done { .. } => Err(Problem::internal()),
    }
}
