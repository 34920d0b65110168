//! What people sort a conversation by, changed by a command, or by a hand-over. It moves nobody, sends nothing and opens no turn.

use crate::domain::conversation::draft::Draft;
use crate::domain::conversation::effect::{CommandOutcome, TimelineKind};
use crate::domain::conversation::event::InboundRow;
use crate::domain::ids::AgentId;
use crate::domain::tool::HandoffReason;
use crate::domain::triage::{TooMuch, Triage, TriageChange, at_hand_over};

/// Makes the changes, all or none. What changes nothing leaves no trace but the outcome.
pub(super) fn triage(draft: &mut Draft<'_>, row: &InboundRow, by: AgentId, changes: &[TriageChange]) {
    let before = &draft.next.state.triage;
    let after = match before.changed(changes) {
        Ok(after) => after,
        Err(too_much) => return draft.settle_new(row.id, "refused", Some(refused(too_much))),
    };
    let differences = before.differences(&after);
    if differences.is_empty() {
        return draft.settle_new(row.id, "unchanged", Some(CommandOutcome::Done { changed: false, seq: None }));
    }
    let before = std::mem::replace(&mut draft.next.state.triage, after);
    draft.writes.triage_before.get_or_insert_with(|| Box::new(before));
    draft.writes.timeline.push(TimelineKind::Triaged { by: Some(by), differences });
    draft.settle_new(row.id, "triaged", Some(CommandOutcome::Done { changed: true, seq: None }));
}

/// Says how urgent a conversation is that the assistant gives to people, in the step that gives it. What a person has said stands.
pub(super) fn handed_over(draft: &mut Draft<'_>, reason: HandoffReason) {
    let mood = draft.next.state.learnt.mood.as_ref().filter(|_| draft.policy.learning.mood).map(|mood| mood.sentiment);
    let before = &draft.next.state.triage;
    let Some(priority) = at_hand_over(reason, mood).filter(|_| before.priority.is_none()) else { return };
    let after = Triage { priority: Some(priority), ..before.clone() };
    let differences = before.differences(&after);
    let before = std::mem::replace(&mut draft.next.state.triage, after);
    draft.writes.triage_before.get_or_insert_with(|| Box::new(before));
    draft.writes.timeline.push(TimelineKind::Triaged { by: None, differences });
}

fn refused(why: TooMuch) -> CommandOutcome {
    let (code, detail) = match why {
        TooMuch::Labels => ("too_many_labels", "a conversation has at most 20 labels: take one away first"),
        TooMuch::Attributes => ("too_many_attributes", "a conversation has at most 50 attributes, of 8192 bytes of JSON altogether"),
    };
    CommandOutcome::Refused { code: code.to_owned(), detail: detail.to_owned() }
}
