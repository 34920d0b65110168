//! `GET /api/v1/surveys/report`: how satisfied customers were, the assistant's and people's apart.

use super::zone;
use crate::domain::ids::InboxId;
use crate::domain::survey::score::Score;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::booking::moments::{Window, span};
use crate::http::api::v1::booking::read_id;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::store::people::surveys::{Scores, SurveyFilter};
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// The longest time, in days.
const MOST_DAYS: u64 = 366;
/// The time if nobody says.
const MONTH: Duration = Duration::from_hours(24 * 30);

/// Of which time, and of what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportSurveys {
    /// Of what was asked from this instant (RFC 3339), or from the beginning of this local date, on; 30 days before `to` if absent.
    from: Option<String>,
    /// Of what was asked before this instant, or the end of this local date; now if absent. At most 366 days after `from`.
    to: Option<String>,
    /// Only of an inbox.
    #[param(format = Uuid)]
    inbox_id: Option<String>,
    /// Only of what counts for a member.
    #[param(format = Uuid)]
    member_id: Option<String>,
}

/// Figures of answers.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ScoreView {
    /// How many were asked: a question that has left, or of which nobody knows whether it has. One that still waits, or never left, does not
    /// count, unless it was answered.
    asked: u64,
    /// How many of them answered.
    answered: u64,
    /// How many of a hundred answered, to a tenth; null: nobody was asked.
    response_rate: Option<f64>,
    /// The mean rating, to a hundredth; null: nobody answered.
    average: Option<f64>,
    /// How many gave each rating.
    ratings: RatingsView,
}

/// How many gave each rating.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct RatingsView {
    /// The worst.
    #[serde(rename = "1")]
    one: u64,
    /// Bad.
    #[serde(rename = "2")]
    two: u64,
    /// Neither.
    #[serde(rename = "3")]
    three: u64,
    /// Good.
    #[serde(rename = "4")]
    four: u64,
    /// The best.
    #[serde(rename = "5")]
    five: u64,
}

/// Figures of an inbox.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InboxScoreView {
    /// The inbox.
    inbox_id: Uuid,
    /// Of conversations that the assistant held when they were resolved.
    assistant: ScoreView,
    /// Of those that people held.
    people: ScoreView,
}

/// Figures of a member.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MemberScoreView {
    /// The member, or the API key that answered; null: nobody in particular held them.
    member_id: Option<Uuid>,
    /// Of the conversations that count for them.
    score: ScoreView,
}

/// How satisfied customers were.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SurveyReport {
    /// Of what was asked from here ...
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// ... until here.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// The zone by whose calendar dates were read.
    timezone: String,
    /// Of conversations that the assistant held when they were resolved.
    assistant: ScoreView,
    /// Of those that people held.
    people: ScoreView,
    /// By inbox: those in which somebody was asked.
    inboxes: Vec<InboxScoreView>,
    /// By member: those for whom somebody was asked.
    members: Vec<MemberScoreView>,
}

impl From<Score> for ScoreView {
    fn from(score: Score) -> Self {
        let [one, two, three, four, five] = score.ratings();
        Self {
            asked: score.asked(),
            answered: score.answered(),
            response_rate: score.response_rate(),
            average: score.average(),
            ratings: RatingsView { one, two, three, four, five },
        }
    }
}

impl SurveyReport {
    fn new((from, to): (Timestamp, Timestamp), timezone: String, scores: Scores) -> Self {
        let inbox = |(InboxId(inbox_id), (assistant, people)): (InboxId, (Score, Score))| InboxScoreView {
            inbox_id,
            assistant: assistant.into(),
            people: people.into(),
        };
        let member = |(member_id, score): (Option<Uuid>, Score)| MemberScoreView { member_id, score: score.into() };
        Self {
            from,
            to,
            timezone,
            assistant: scores.assistant.into(),
            people: scores.people.into(),
            inboxes: scores.inboxes.into_iter().map(inbox).collect(),
            members: scores.members.into_iter().map(member).collect(),
        }
    }
}

/// Counts what customers answered: how many, how satisfied, for the assistant and for people apart, by inbox and by member. An answer counts
/// for whoever held the conversation when it was resolved, whoever resolved it.
///
/// # Errors
/// 422 naming a wrong parameter.
#[utoipa::path(get, path = "/api/v1/surveys/report", tag = "surveys", params(ReportSurveys),
    responses((status = 200, description = "The figures", body = SurveyReport)))]
pub async fn report_surveys(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ReportSurveys>,
) -> Result<Json<SurveyReport>, Problem> {
    let zone = zone(&state, &who).await?;
    let (from, to) = Window { from: query.from.as_deref(), to: query.to.as_deref() }.ends(zone)?;
    let to = to.unwrap_or_else(|| state.clock.now().max(from.unwrap_or_default().after(Duration::from_micros(1))));
    let within = span(from.unwrap_or_else(|| to.before(MONTH)), to, MOST_DAYS)?;
    let filter = SurveyFilter {
        inbox: query.inbox_id.as_deref().map(|id| read_id("inbox_id", id)).transpose()?,
        member: query.member_id.as_deref().map(|id| read_id("member_id", id)).transpose()?,
        ..SurveyFilter::default()
    };
    let scores = who.scope(&state.store).survey_scores(&filter, within).await?;
    Ok(Json(SurveyReport::new((within.start, within.end), zone.name().to_owned(), scores)))
}
