//! What customers said of how they were served.

pub mod get;
pub mod list;
pub mod report;
#[cfg(test)]
mod tests;

use crate::domain::survey::Holder;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::store::people::surveys::SurveyRow;
use crate::store::time::timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// That a customer was asked, and what they answered.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SurveyView {
    /// Its id.
    id: Uuid,
    /// The conversation.
    conversation_id: Uuid,
    /// Which stretch of it, from open to resolved.
    cycle: i64,
    /// The inbox.
    inbox_id: Uuid,
    /// The customer.
    contact_id: Option<Uuid>,
    /// The number of the message that asked.
    message_seq: i64,
    /// The customer's language, in which the page asks: `es`, `en` or `pt`.
    language: String,
    /// Who resolved the conversation: `assistant`, `person` or `silence`.
    resolved_by: String,
    /// The member or API key that resolved it.
    resolver_id: Option<Uuid>,
    /// Who held it then, and for whom the answer counts: `assistant` or `people`.
    held_by: String,
    /// The member for whom it counts: the assignee, or else whoever spoke, or resolved it. Null for the assistant's.
    member_id: Option<Uuid>,
    /// When they were asked.
    #[schema(value_type = String, format = DateTime)]
    asked_at: Timestamp,
    /// How far the question got: `queued` (it has not left yet), `sent`, `uncertain` (nobody knows whether it has left), or `lost` (it never
    /// left, or was refused). Reports count those that are `sent`, `uncertain` or answered.
    state: String,
    /// 1 to 5; null: they have not answered.
    #[schema(minimum = 1, maximum = 5)]
    rating: Option<i16>,
    /// What they wrote.
    comment: Option<String>,
    /// When they first answered.
    #[schema(value_type = Option<String>, format = DateTime)]
    answered_at: Option<Timestamp>,
    /// When they last changed their answer.
    #[schema(value_type = Option<String>, format = DateTime)]
    changed_at: Option<Timestamp>,
}

impl From<SurveyRow> for SurveyView {
    fn from(SurveyRow { survey, contact }: SurveyRow) -> Self {
        Self {
            id: survey.id,
            conversation_id: survey.conversation_id,
            cycle: survey.cycle,
            inbox_id: survey.inbox_id,
            contact_id: contact.map(|contact| contact.0),
            message_seq: survey.message_seq,
            language: survey.language,
            resolved_by: survey.resolved_by,
            resolver_id: survey.resolver_id,
            held_by: survey.held_by,
            member_id: survey.member_id,
            asked_at: timestamp(survey.asked_at),
            state: survey.state,
            rating: survey.rating,
            comment: survey.comment,
            answered_at: survey.answered_at.map(timestamp),
            changed_at: survey.changed_at.map(timestamp),
        }
    }
}

fn holder(text: &str) -> Result<Holder, Problem> {
    Holder::parse(text).ok_or_else(|| Problem::field("held_by", "must be assistant or people"))
}

/// Returns the zone of the business, by whose calendar dates are read.
async fn zone(state: &HttpState, who: &AgentPrincipal) -> Result<chrono_tz::Tz, Problem> {
    let business = who.scope(&state.store).business().await?.ok_or_else(Problem::not_found)?;
    Ok(crate::domain::when::zone::parse_zone(&business.timezone).unwrap_or_default())
}
