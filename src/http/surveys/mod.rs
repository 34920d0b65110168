//! `/s/{token}`: the public page on which a customer says how they were served, at an address that is a secret.
//!
//! Reading never changes anything, since scanners of messages follow every link; only a POST answers. No script, no cookie, no other site; what
//! was written before is shown again to whoever has the address, and only as long as it may be changed.

mod words;

use crate::domain::ids::{ConversationId, TenantId};
use crate::domain::inbox::Tenant;
use crate::domain::survey::{Answer, MAX_COMMENT, Open, Rating, changeable_until, comment};
use crate::domain::suspension::Feature;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::body;
use crate::http::problem::Problem;
use crate::http::surveys::words::{Says, says, words};
use crate::store::surveys::{Answered, AskedSurvey};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use std::sync::Arc;

const PAGE: &str = include_str!("page.html.j2");
/// The page may send its own form and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Most bytes of a form: a comment whose every character takes four bytes, each spelled by three.
const MOST_FORM: usize = MAX_COMMENT * 12 + 1_024;

/// What a form says. `Err`: why it cannot be kept, with what stood in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Form {
    rating: Option<Rating>,
    comment: String,
}

/// A survey with its business.
struct Seen {
    tenant: Arc<Tenant>,
    survey: AskedSurvey,
}

/// Shows the page.
///
/// # Errors
/// 404 for an address that is none, 429 for a page that was asked for too often.
pub(super) async fn show_survey(state: Data<HttpState>, token: Path<String>) -> Result<HttpResponse, Problem> {
    let of = admit(&state, &token)?;
    let seen = see(&state, of).await?;
    let first = match (seen.survey.open(state.clock.now()), &seen.survey.answer) {
        (Open::Yes, None) => Says::Asks,
        (Open::Yes, Some(_)) => Says::MayChange,
        (Open::TooLate | Open::TooOften, _) => Says::Closed,
    };
    seen.page(StatusCode::OK, first, None)
}

/// Keeps what a form says, and shows the page again.
///
/// # Errors
/// As [`show_survey`]; 422 for a form that is none of ours. A form without a rating, with too long a comment, or one that comes too late, is
/// answered by the page itself with the status 422.
pub(super) async fn answer_survey(
    state: Data<HttpState>,
    token: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let of = admit(&state, &token)?;
    let bytes = body::read(&request, payload, state.limits.body(MOST_FORM), state.clock.as_ref()).await?;
    let form = read_form(&bytes).ok_or_else(|| Problem::unprocessable("the form is none of this page"))?;
    let seen = see(&state, of).await?;
    let refuse = |says| seen.page(StatusCode::UNPROCESSABLE_ENTITY, says, Some(&form));
    if let Some(closed) = seen.closed(state.clock.now()) {
        return refuse(closed);
    }
    let Some(rating) = form.rating else { return refuse(Says::NoRating) };
    let Ok(comment) = comment(&form.comment) else { return refuse(Says::TooLong) };
    let (tenant, conversation, cycle) = of;
    let scope = state.store.tenant(tenant);
    match scope.answer_survey(conversation, cycle, Answer { rating, comment }, state.clock.now()).await? {
        Answered::Kept { survey, published } => {
            state.engine.publish(published);
            let seen = Seen { survey: *survey, ..seen };
            let says = if seen.closed(state.clock.now()).is_none() { Says::Thanks } else { Says::LastThanks };
            seen.page(StatusCode::OK, says, None)
        }
        Answered::Closed(survey) => {
            let seen = Seen { survey: *survey, ..seen };
            let says = seen.closed(state.clock.now()).unwrap_or(Says::TooLate);
            seen.page(StatusCode::UNPROCESSABLE_ENTITY, says, None)
        }
        Answered::Absent => Err(Problem::not_found()),
    }
}

fn admit(state: &HttpState, token: &str) -> Result<(TenantId, ConversationId, i64), Problem> {
    let (tenant, conversation, cycle) = state.links.read_survey(token).ok_or_else(Problem::not_found)?;
    if state.visits.admit(conversation.0, state.clock.moment()) {
        Ok((tenant, conversation, cycle))
    } else {
        Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "this page was asked for too often; try again in a minute"))
    }
}

/// Nothing is shown of a business that the operator has stopped altogether.
async fn see(state: &HttpState, (tenant, conversation, cycle): (TenantId, ConversationId, i64)) -> Result<Seen, Problem> {
    let survey = state.store.tenant(tenant).asked_survey(conversation, cycle).await?.ok_or_else(Problem::not_found)?;
    let tenant = state.directory.tenant(tenant).await?.filter(|tenant| tenant.stopped.lets(Feature::All));
    Ok(Seen { tenant: tenant.ok_or_else(Problem::not_found)?, survey })
}

/// Reads a form. A rating that is none is as none at all: the page asks for one.
fn read_form(bytes: &[u8]) -> Option<Form> {
    let mut form = Form { rating: None, comment: String::new() };
    for (key, value) in url::form_urlencoded::parse(bytes) {
        match key.as_ref() {
            "rating" => form.rating = Rating::parse(&value),
            "comment" => form.comment = value.into_owned(),
            _ => return None,
        }
    }
    Some(form)
}

impl Seen {
    /// Says why the survey takes no answer any more.
    fn closed(&self, now: Timestamp) -> Option<Says> {
        match self.survey.open(now) {
            Open::Yes => None,
            Open::TooLate => Some(Says::TooLate),
            Open::TooOften => Some(Says::TooOften),
        }
    }

    /// Renders the page; `form` is what was refused, to be mended.
    fn page(&self, status: StatusCode, first: Says, form: Option<&Form>) -> Result<HttpResponse, Problem> {
        let language = self.survey.language;
        let open = !matches!(first, Says::Closed | Says::TooLate | Says::TooOften | Says::LastThanks);
        let kept = self.survey.answer.as_ref().filter(|_| open);
        let chosen = form.map_or_else(|| kept.map(|answer| answer.rating), |form| form.rating);
        let written = form.map_or_else(|| kept.and_then(|answer| answer.comment.as_deref()), |form| Some(form.comment.as_str()));
        let until = self.survey.answered_at.map(|at| words::day(language, changeable_until(at), &self.tenant.timezone));
        let values = context! {
            language => language.code(),
            business => self.tenant.name.as_str(),
            words => Serde(words(language)),
            says => says(language, first),
            refused => matches!(first, Says::NoRating | Says::TooLong | Says::TooLate | Says::TooOften),
            until => until.filter(|_| matches!(first, Says::MayChange | Says::Thanks)),
            asks => open && first != Says::Thanks,
            thanks => first == Says::Thanks,
            chosen => chosen.map(Rating::number),
            comment => written.unwrap_or_default(),
            most => MAX_COMMENT,
        };
        let mut pages = Environment::new();
        pages.set_undefined_behavior(UndefinedBehavior::Strict);
        pages.set_auto_escape_callback(|_| AutoEscape::Html);
        let html = pages.render_str(PAGE, values).map_err(|error| {
            tracing::error!(error = %error, "the page of a survey could not be rendered");
            Problem::internal()
        })?;
        Ok(HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(html))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_form_of_the_page_is_read() {
        let form = |rating, comment: &str| Some(Form { rating: Rating::new(rating), comment: comment.to_owned() });
        assert_eq!(read_form(b"rating=4&comment=Muy+bien%0D%0A"), form(4, "Muy bien\r\n"));
        assert_eq!(read_form(b"rating=9"), form(9, ""), "no rating at all");
        assert_eq!(read_form(b""), form(0, ""));
        assert_eq!(read_form(b"rating=4&next=https%3A%2F%2Fx"), None);
    }
}
