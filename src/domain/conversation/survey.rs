//! Asking a customer how they were served, at the end of the step that ends a stretch: behind everything else that it says. It moves nobody,
//! opens no turn and touches no clock; a stretch ends once, so it asks once.
//!
//! Who is back within the same step is not asked, nor who said nothing in the stretch.

use crate::domain::booking::Proviso;
use crate::domain::content::{Content, MessageKind, Template};
use crate::domain::conversation::draft::{Draft, Origin};
use crate::domain::conversation::effect::{OutboxClass, TimelineKind};
use crate::domain::conversation::message::Author;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::notes;
use crate::domain::survey::{Ended, Holder, NewSurvey, OF_USE, Resolver, SurveyRules};

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
    let spoken = state.recent.iter().any(|message| message.cycle == state.cycle && message.author == Author::Contact);
    if !spoken || !rules.ask(&ended, &state.triage.labels) {
        return;
    }
    if !draft.inside_window() && rules.template.is_none() {
        draft.add_message(Author::System, Content::text(notes::survey_not_sent(policy.language)), Origin::default());
        return;
    }
    let cycle = state.cycle;
    match policy.survey_link.as_ref().filter(|link| link.cycle == cycle) {
        Some(link) => send(draft, rules, &ended, &link.url),
        None => draft.wants_link = Some(cycle),
    }
}

fn send(draft: &mut Draft<'_>, rules: &SurveyRules, ended: &Ended, link: &str) {
    let words = Content::text(rules.question(ended.language, &draft.policy.business, link));
    let content = match rules.template.clone().filter(|_| !draft.inside_window()) {
        None => words,
        Some(template) => {
            let template =
                Template { name: template.name, language: template.language, parameters: vec![link.to_owned()], payloads: Vec::new() };
            Content { kind: MessageKind::Template, template: Some(template), ..words }
        }
    };
    let cycle = draft.next.state.cycle;
    let proviso = Some(Proviso { until: draft.at.after(OF_USE), appointment: None, ended_cycle: Some(cycle) });
    let seq = draft.send(Author::Assistant, content, OutboxClass::Bulk, Origin { proviso, ..Origin::default() });
    draft.writes.timeline.push(TimelineKind::SurveyAsked { cycle, seq });
    draft.writes.survey = Some(Box::new(NewSurvey { cycle, seq, ended: *ended }));
}
