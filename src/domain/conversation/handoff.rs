//! The hand-off: one atomic bundle of state, speaker, the one text the customer sees, the note for people, and the wait clock.

use crate::domain::content::Content;
use crate::domain::conversation::books::end;
use crate::domain::conversation::draft::{Draft, Origin};
use crate::domain::conversation::effect::{InboundMove, InboundState, OutboxClass, TimelineKind};
use crate::domain::conversation::learning::mood_told;
use crate::domain::conversation::message::Author;
use crate::domain::conversation::standing::{Human, Standing};
use crate::domain::conversation::triage;
use crate::domain::ids::InboundId;
use crate::domain::notes;
use crate::domain::phrases;
use crate::domain::routing::staffing::Staffing;
use crate::domain::tool::HandoffReason;
use crate::domain::when::labels::Labels;
use std::sync::Arc;

/// What goes into the bundle.
pub(super) struct Handoff {
    pub reason: HandoffReason,
    /// What the customer reads; `None`: nothing (it could not be delivered, or nobody is there to read it).
    pub text: Option<String>,
    /// For people.
    pub summary: Option<String>,
}

impl Handoff {
    /// With the standard text for the customer.
    pub fn told(draft: &Draft<'_>, reason: HandoffReason) -> Self {
        let text = match reason {
            HandoffReason::AssistantFailed | HandoffReason::ToolFailed | HandoffReason::TooManySteps | HandoffReason::Poison => {
                phrases::assistant_failed_handed_to_people(draft.customer_language())
            }
            HandoffReason::CustomerAsked
            | HandoffReason::CustomerUpset
            | HandoffReason::Unknown
            | HandoffReason::MessageTaken
            | HandoffReason::NeedsPerson
            | HandoffReason::PromiseRepaired
            | HandoffReason::AnswerHeldBack
            | HandoffReason::DeliveryFailed
            | HandoffReason::DeliveryUncertain
            | HandoffReason::LateMessage
            | HandoffReason::Suspended
            | HandoffReason::IdleUnclear => phrases::handed_to_people(draft.customer_language()),
        };
        Self { reason, text: Some(text.to_owned()), summary: None }
    }

    /// Without a text for the customer.
    pub const fn silent(reason: HandoffReason) -> Self {
        Self { reason, text: None, summary: None }
    }
}

/// Hands the conversation to people. A no-op unless the assistant holds it: so the customer sees exactly one text.
pub(super) fn hand_off(draft: &mut Draft<'_>, handoff: Handoff) {
    if draft.next.state.standing != Standing::Pending {
        return;
    }
    let reason = handoff.reason;
    let turn_no = end(draft, "handed_off", Some(reason.as_str()));
    if let Some(text) = handoff.text {
        let text = honest(draft, text);
        let origin = Origin { turn_no, ..Origin::default() };
        draft.send(Author::Assistant, Content::text(text), OutboxClass::Assistant, origin);
    }
    let summary = handoff.summary.map_or_else(String::new, |summary| format!("\n{summary}"));
    let language = draft.policy.language;
    let mood = mood_told(draft).map_or_else(String::new, |mood| format!("\n{mood}"));
    let note = format!("{}: {}{summary}{mood}", notes::handed_over_title(language), notes::handed_over(language, reason));
    draft.add_message(Author::Note(None), Content::text(note), Origin { turn_no, ..Origin::default() });
    draft.next.state.waiting_since.get_or_insert(draft.at);
    triage::handed_over(draft, reason);
    draft.settle_owed(None, "handed_off");
    draft.stand(Standing::Open(None), "handed_off", None);
    draft.writes.timeline.push(TimelineKind::HandedOff { reason });
    draft.handed_off();
}

/// Adds whether people are there, as far as the business lets it be known: one text, and no promise that nobody keeps.
fn honest(draft: &mut Draft<'_>, text: String) -> String {
    let (at, language, hours) = (draft.at, draft.customer_language(), Arc::clone(&draft.policy.hours));
    let Some(picture) = draft.desk() else { return text };
    let labels = Labels { zone: hours.zone, language, hours: hours.style };
    let staffing = picture.staffing(&hours, at);
    if matches!(staffing, Staffing::Closed(_)) {
        draft.next.state.away_told_at = Some(at);
    }
    match phrases::staffed(staffing, &labels) {
        Some(staffed) => format!("{} {staffed}", text.trim_end()),
        None => text,
    }
}

/// Takes rows out of the queue that made the actor fail again and again, and gives the conversation to people.
pub(super) fn poisoned(draft: &mut Draft<'_>, rows: &[InboundId]) {
    if rows.is_empty() {
        return draft.drop_event("no_rows");
    }
    for id in rows {
        if draft.writes.inbound.iter().any(|row| row.id == *id) {
            continue;
        }
        let recorded = draft.next.owed.iter().any(|owed| owed.id == *id);
        let from = if recorded { InboundState::Recorded } else { InboundState::New };
        draft.next.owed.retain(|owed| owed.id != *id);
        draft.writes.inbound.push(InboundMove { id: *id, from, to: InboundState::Dead, reason: Some("poison"), outcome: None });
    }
    match draft.next.state.standing {
        Standing::Pending => {
            let bundle = Handoff::told(draft, HandoffReason::Poison);
            hand_off(draft, bundle);
        }
        Standing::Open(_) => say_poisoned(draft),
        Standing::Snoozed { .. } | Standing::Resolved => {
            say_poisoned(draft);
            let speaker = draft.next.state.assignee.map(Human::Agent);
            draft.stand(Standing::Open(speaker), "poison", None);
        }
        Standing::Spam => {}
    }
}

/// What is dead is not in the thread: people who hold the conversation must learn of it there.
fn say_poisoned(draft: &mut Draft<'_>) {
    let note = notes::not_processed(draft.policy.language);
    draft.add_message(Author::Note(None), Content::text(note), Origin::default());
}
