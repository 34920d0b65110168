//! Asking a customer how they were served, at the end of the step that ends a stretch: behind everything else that it says. It moves nobody,
//! opens no turn and touches no clock; a stretch ends once, so it asks once.
//!
//! Who is back within the same step is not asked, nor who said nothing in the stretch.

use crate::domain::booking::Proviso;
use crate::domain::content::{Content, MessageKind, Template};
use crate::domain::conversation::draft::{Draft, Origin};
use crate::domain::conversation::effect::{OutboxClass, TimelineKind};
use crate::domain::conversation::message::Author;
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::language::Language;
use crate::domain::notes::{self, NotAsked};
use crate::domain::survey::{Ended, Holder, NewSurvey, OF_USE, Resolver, SurveyRules, length_addressed, mark};
use std::time::Duration;

/// Tells how a stretch ends that ends now; `None`: such an end asks nobody. The customer's language is read before it is forgotten.
pub(super) fn ended(draft: &Draft<'_>, from: Standing, cause: &str, by: Option<Human>) -> Option<Ended> {
    let held = match from.status() {
        Status::Pending => Holder::Assistant,
        Status::Open | Status::Snoozed => Holder::People,
        Status::Resolved | Status::Spam => return None,
    };
    let person = |human: Human| match human {
        Human::Agent(agent) => Some(agent),
        Human::Phone => None,
    };
    let agent = by.and_then(person);
    let member = draft.next.state.assignee.or(from.human().and_then(person)).or(agent).filter(|_| held == Holder::People);
    Some(Ended { by: Resolver::of_cause(cause)?, agent, held, member, language: draft.customer_language(), wish: None })
}

/// Asks, if the step has ended a stretch and the inbox wants it.
pub(super) fn ask(draft: &mut Draft<'_>) {
    let policy = draft.policy;
    let Some(ended) = draft.ended.take() else { return };
    let Some(rules) = policy.survey.as_deref().filter(|_| !policy.blocked) else { return };
    let state = &draft.next.state;
    if !state.heard() || !rules.ask(&ended, &state.triage.labels) {
        return;
    }
    let content = match question(draft, rules, ended.language) {
        Ok(content) => content,
        Err(why) => {
            draft.add_message(Author::System, Content::text(notes::survey_not_sent(policy.language, why)), Origin::default());
            return;
        }
    };
    let cycle = draft.next.state.cycle;
    let proviso = Some(Proviso { until: draft.at.after(OF_USE), appointment: None, ended_cycle: Some(cycle) });
    let seq = draft.send(Author::Assistant, content, OutboxClass::Bulk, Origin { proviso, ..Origin::default() });
    draft.writes.timeline.push(TimelineKind::SurveyAsked { cycle, seq });
    draft.writes.survey = Some(Box::new(NewSurvey { cycle, seq, ended }));
}

/// A question may wait for as long as it is of use: where the channel's window could close meanwhile, only a template is sure to arrive.
fn question(draft: &Draft<'_>, rules: &SurveyRules, language: Language) -> Result<Content, NotAsked> {
    let template = rules.template(language).filter(|_| draft.policy.templates);
    let wait = if template.is_some() { OF_USE } else { Duration::ZERO };
    if draft.inside_window_after(wait)
        && let Some(content) = fitting(draft, rules, language)
    {
        return Ok(content);
    }
    let Some((template, language)) = template else {
        return Err(if draft.inside_window() { NotAsked::TooShort } else { NotAsked::WindowClosed });
    };
    // The channel sends the template's own words; ours show people of the business in short what it was about.
    let [_, ours, _] = rules.questions(language, &draft.policy.business);
    let template = Template {
        name: template.name.clone(),
        language: template.language.clone(),
        parameters: vec![mark(language).to_owned()],
        payloads: Vec::new(),
    };
    Ok(Content { kind: MessageKind::Template, template: Some(Box::new(template)), ..Content::text(ours) })
}

/// Returns the fullest words that fit into one message of the channel with the address in them: a link that is cut opens nothing, and of two
/// messages the second might be called back.
fn fitting(draft: &Draft<'_>, rules: &SurveyRules, language: Language) -> Option<Content> {
    let Policy { max_text, address_chars, business, .. } = draft.policy;
    let fits = |content: &Content| *max_text == 0 || length_addressed(&content.text, *address_chars) <= *max_text;
    rules.questions(language, business).into_iter().map(|text| draft.disclosed(Content::text(text))).find(fits)
}
