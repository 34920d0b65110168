//! `GET /api/v1/surveys`: those asked last first.

use super::{SurveyView, holder, zone};
use crate::domain::ids::SurveyId;
use crate::domain::survey::Rating;
use crate::http::HttpState;
use crate::http::api::v1::booking::moments::Window;
use crate::http::api::v1::booking::read_id;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, page, place_cursor, read_moment_cursor};
use crate::http::problem::Problem;
use crate::store::people::surveys::{SurveyFilter, SurveyRow};
use actix_web::web::{Data, Json, Query};
use chrono_tz::Tz;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which surveys.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSurveys {
    /// Those of an inbox.
    #[param(format = Uuid)]
    inbox_id: Option<String>,
    /// Those of a conversation.
    #[param(format = Uuid)]
    conversation_id: Option<String>,
    /// Those that count for a member.
    #[param(format = Uuid)]
    member_id: Option<String>,
    /// Those of conversations that were held by `assistant` or `people`.
    held_by: Option<String>,
    /// Those with this rating, 1 to 5.
    rating: Option<String>,
    /// True: those that were answered; false: those that were not; any if absent.
    answered: Option<bool>,
    /// Those asked from this instant (RFC 3339), or from the beginning of this local date, on.
    from: Option<String>,
    /// Those asked before this instant, or the end of this local date.
    to: Option<String>,
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

impl ListSurveys {
    fn filter(&self, zone: Tz) -> Result<SurveyFilter, Problem> {
        let wrong = || Problem::field("rating", "must be from 1 to 5");
        let (from, to) = Window { from: self.from.as_deref(), to: self.to.as_deref() }.ends(zone)?;
        Ok(SurveyFilter {
            inbox: self.inbox_id.as_deref().map(|id| read_id("inbox_id", id)).transpose()?,
            conversation: self.conversation_id.as_deref().map(|id| read_id("conversation_id", id)).transpose()?,
            member: self.member_id.as_deref().map(|id| read_id("member_id", id)).transpose()?,
            held: self.held_by.as_deref().map(holder).transpose()?,
            rating: self.rating.as_deref().map(|text| Rating::parse(text).ok_or_else(wrong)).transpose()?,
            answered: self.answered,
            from,
            to,
        })
    }
}

/// Lists what customers were asked and answered, those asked last first.
///
/// # Errors
/// 422 naming a wrong parameter.
#[utoipa::path(get, path = "/api/v1/surveys", tag = "surveys", params(ListSurveys),
    responses((status = 200, description = "A page", body = Page<SurveyView>)))]
pub async fn list_surveys(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListSurveys>,
) -> Result<Json<Page<SurveyView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_moment_cursor).transpose()?;
    let filter = query.filter(zone(&state, &who).await?)?;
    let after = after.map(|(at, id)| (at, SurveyId(id)));
    let rows = who.scope(&state.store).surveys(&filter, after, limit + 1).await?;
    let cursor = |row: &SurveyRow| place_cursor(row.place().0, row.place().1.0);
    Ok(Json(page(rows, limit, cursor, SurveyView::from)))
}
