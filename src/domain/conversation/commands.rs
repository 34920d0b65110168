//! What people do: reply, assign, set the status, hand back. Every command is a row of the queue with an outcome.

use crate::domain::content::Content;
use crate::domain::conversation::draft::{Draft, Origin};
use crate::domain::conversation::effect::{CommandOutcome, InboundMove, OutboxClass};
use crate::domain::conversation::event::InboundRow;
use crate::domain::conversation::message::Author;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::conversation::{Owed, turn};
use crate::domain::ids::AgentId;
use crate::domain::notes;
use crate::domain::time::Timestamp;
use std::collections::BTreeSet;

pub(super) const fn done(changed: bool) -> CommandOutcome {
    CommandOutcome::Done { changed, seq: None }
}

pub(super) fn refused(code: &str, detail: &str) -> CommandOutcome {
    CommandOutcome::Refused { code: code.to_owned(), detail: detail.to_owned() }
}

/// A person becomes the speaker of a conversation that the assistant or other people hold; nothing else changes its standing.
///
/// In the same step the assistant's turn ends and what it had not begun to send is cancelled.
pub(super) fn take_over(draft: &mut Draft<'_>, human: Human, reason: &'static str) {
    match draft.next.state.standing {
        Standing::Pending => {
            turn::abandon(draft, reason);
            draft.cancel_assistant();
            draft.settle_owed(None, reason);
            draft.stand(Standing::Open(Some(human)), "took_over", Some(human));
        }
        Standing::Open(speaker) => {
            if speaker != Some(human) {
                draft.cancel_assistant();
                draft.stand(Standing::Open(Some(human)), "took_over", Some(human));
            }
        }
        Standing::Snoozed { .. } | Standing::Resolved | Standing::Spam => draft.cancel_assistant(),
    }
}

pub(super) fn reply(draft: &mut Draft<'_>, row: &InboundRow, by: AgentId, content: &Content, private: bool) {
    let human = Human::Agent(by);
    let origin = Origin { inbound: Some(row.id), ..Origin::default() };
    if private {
        let seq = draft.add_message(Author::Note(Some(human)), content.clone(), origin);
        return draft.settle_new(row.id, "note", Some(CommandOutcome::Done { changed: true, seq: Some(seq) }));
    }
    if draft.next.state.standing == Standing::Spam {
        let detail = "mark the conversation as not spam before answering it";
        return draft.settle_new(row.id, "refused", Some(refused("is_spam", detail)));
    }
    take_over(draft, human, "taken_over");
    let seq = draft.send(Author::Human(human), content.clone(), OutboxClass::Agent, origin);
    draft.answered_by_human(human);
    draft.settle_new(row.id, "replied", Some(CommandOutcome::Done { changed: true, seq: Some(seq) }));
}

pub(super) fn assign(draft: &mut Draft<'_>, row: &InboundRow, by: AgentId, assignee: Option<AgentId>) {
    let before = (draft.next.state.assignee, draft.next.state.standing);
    draft.assign(assignee, Some(by));
    match (assignee, draft.next.state.standing.status()) {
        (Some(person), Status::Pending | Status::Open) => {
            take_over(draft, Human::Agent(person), "assigned");
            draft.person_is_due();
        }
        (None, Status::Open) => draft.stand(Standing::Open(None), "set_by_agent", Some(Human::Agent(by))),
        (person, Status::Snoozed) => {
            let until = draft.next.state.standing.snoozed_until();
            let speaker = person.map(Human::Agent);
            draft.stand(Standing::Snoozed { speaker, until }, "set_by_agent", Some(Human::Agent(by)));
        }
        (None, Status::Pending) | (_, Status::Resolved | Status::Spam) => {}
    }
    let changed = before != (draft.next.state.assignee, draft.next.state.standing);
    draft.settle_new(row.id, "assigned", Some(done(changed)));
}

/// Which status a person wishes.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    /// `None` toggles.
    pub status: Option<Status>,
    /// With `snoozed`: until when.
    pub until: Option<Timestamp>,
    /// With `resolved`: ask the customer, or do not.
    pub survey: Option<bool>,
}

pub(super) fn set_status(draft: &mut Draft<'_>, row: &InboundRow, by: AgentId, wish: Wish) {
    let Wish { status, until, survey } = wish;
    let from = draft.next.state.standing;
    let target = status.unwrap_or(if from.status() == Status::Open { Status::Resolved } else { Status::Open });
    if until.is_some_and(|until| until <= draft.at) && target == Status::Snoozed {
        let outcome = refused("snooze_in_past", "snoozed_until must lie in the future");
        return draft.settle_new(row.id, "refused", Some(outcome));
    }
    if target == Status::Pending {
        return hand_back(draft, row, by);
    }
    let same_snooze = from.snoozed_until() == until;
    if from.status() == target && (target != Status::Snoozed || same_snooze) {
        return draft.settle_new(row.id, "unchanged", Some(done(false)));
    }
    let person = Human::Agent(by);
    let speaker = draft.next.state.assignee.map(Human::Agent).or(from.human());
    let to = match target {
        Status::Open => Standing::Open(speaker.or(Some(person))),
        Status::Snoozed => Standing::Snoozed { speaker, until },
        Status::Resolved => Standing::Resolved,
        Status::Spam | Status::Pending => Standing::Spam,
    };
    if from == Standing::Pending {
        turn::abandon(draft, "set_by_agent");
        draft.settle_owed(None, "set_by_agent");
    }
    draft.cancel_assistant();
    draft.stand(to, "set_by_agent", Some(person));
    if let Some(ended) = &mut draft.ended {
        ended.wish = survey;
    }
    match target {
        Status::Spam => draft.next.state.waiting_since = None,
        Status::Open | Status::Snoozed | Status::Resolved | Status::Pending => {}
    }
    if from == Standing::Spam {
        draft.writes.release_quarantine = true;
    }
    draft.settle_new(row.id, "set_by_agent", Some(done(true)));
}

/// Sets a status that was wished for many conversations, where this one stands as whoever wished it meant.
pub(super) fn set_status_among(draft: &mut Draft<'_>, row: &InboundRow, by: AgentId, wish: Wish, among: &BTreeSet<Status>) {
    let from = draft.next.state.standing.status();
    if wish.status == Some(from) || among.contains(&from) {
        return set_status(draft, row, by, wish);
    }
    let outcome = refused("other_status", &format!("the conversation is {}: this does not concern it", from.as_str()));
    draft.settle_new(row.id, "refused", Some(outcome));
}

/// Ends a conversation whose customer was blocked, with one line that says so. What is done already stays as it is, and so does everything
/// if they were let go on meanwhile.
pub(super) fn block(draft: &mut Draft<'_>, row: &InboundRow, by: AgentId) {
    let from = draft.next.state.standing;
    if !draft.policy.blocked || matches!(from.status(), Status::Resolved | Status::Spam) {
        return draft.settle_new(row.id, "unchanged", Some(done(false)));
    }
    if from == Standing::Pending {
        turn::abandon(draft, "blocked");
        draft.settle_owed(None, "blocked");
    }
    draft.cancel_assistant();
    draft.stand(Standing::Resolved, "blocked", Some(Human::Agent(by)));
    let text = notes::customer_blocked(draft.policy.language);
    let seq = draft.add_message(Author::System, Content::text(text), Origin { inbound: Some(row.id), ..Origin::default() });
    draft.settle_new(row.id, "blocked", Some(CommandOutcome::Done { changed: true, seq: Some(seq) }));
}

/// Gives the conversation back to the assistant. If the customer waits, the row itself is owed an answer.
pub(super) fn hand_back(draft: &mut Draft<'_>, row: &InboundRow, by: AgentId) {
    if !draft.policy.assistant {
        let outcome = refused("no_assistant", "this inbox has no assistant; set \"assistant\": true in its configuration");
        return draft.settle_new(row.id, "refused", Some(outcome));
    }
    match draft.next.state.standing {
        Standing::Pending => return draft.settle_new(row.id, "unchanged", Some(done(false))),
        Standing::Spam => {
            let outcome = refused("is_spam", "mark the conversation as not spam first");
            return draft.settle_new(row.id, "refused", Some(outcome));
        }
        Standing::Open(_) | Standing::Snoozed { .. } | Standing::Resolved => {}
    }
    match give_back(draft, row, (Some(by), "handed_back")) {
        Some(owed) => owed.outcome = Some(done(true)),
        None => draft.settle_new(row.id, "handed_back", Some(done(true))),
    }
}

/// Makes the assistant the speaker again. If the customer waits, the row itself is owed an answer and returned.
pub(super) fn give_back<'d>(
    draft: &'d mut Draft<'_>,
    row: &InboundRow,
    (by, cause): (Option<AgentId>, &'static str),
) -> Option<&'d mut InboundMove> {
    draft.assign(None, by);
    draft.stand(Standing::Pending, cause, by.map(Human::Agent));
    draft.next.state.waiting_since?;
    draft.owe(Owed { id: row.id, seq: None, received_at: row.received_at, media: false });
    draft.writes.inbound.last_mut()
}
