//! Durable timers that fell due. A timer that no longer fits the state is settled as stale and changes nothing.

use crate::domain::content::Content;
use crate::domain::conversation::draft::{Draft, Origin};
use crate::domain::conversation::effect::OutboxClass;
use crate::domain::conversation::event::{InboundRow, TimerKind};
use crate::domain::conversation::handoff::{Handoff, hand_off};
use crate::domain::conversation::message::Author;
use crate::domain::conversation::standing::Standing;
use crate::domain::conversation::{commands, routing};
use crate::domain::idle::{IdleFrom, IdleVerdict, judge};
use crate::domain::notes::{SilentEnd, resolved_by_itself};
use crate::domain::phrases;
use crate::domain::time::Timestamp;
use crate::domain::tool::HandoffReason;
use std::time::Duration;

/// Carries out a due timer.
pub(super) fn fired(draft: &mut Draft<'_>, row: &InboundRow, kind: TimerKind, due_at: Timestamp) {
    let reason = match kind {
        TimerKind::HandBack => match hand_back(draft, row) {
            Some(reason) => reason,
            None => return,
        },
        TimerKind::Snooze => wake(draft, due_at),
        TimerKind::IdleCheck => idle_check(draft),
        TimerKind::IdleResolve => idle_resolve(draft),
        TimerKind::AutoResolve => auto_resolve(draft),
    };
    draft.settle_new(row.id, reason, None);
}

fn wake(draft: &mut Draft<'_>, due_at: Timestamp) -> &'static str {
    match draft.next.state.standing {
        Standing::Snoozed { until: Some(until), .. } if until <= due_at => {
            let speaker = routing::returning(draft);
            draft.stand(Standing::Open(speaker), "timer", None);
            "woken"
        }
        Standing::Snoozed { .. } | Standing::Pending | Standing::Open(_) | Standing::Resolved | Standing::Spam => "stale_timer",
    }
}

/// Returns the rest of the silence that is still to come, if somebody spoke since the timer was set.
fn still_to_wait(draft: &Draft<'_>, silence: Duration) -> Option<Timestamp> {
    let due = draft.next.state.last_activity_at.after(silence);
    (due > draft.at).then_some(due)
}

fn idle_check(draft: &mut Draft<'_>) -> &'static str {
    let Some(silence) = draft.policy.idle_after.filter(|_| draft.next.state.standing == Standing::Pending) else {
        return "stale_timer";
    };
    if draft.next.state.idle_asked {
        return "stale_timer";
    }
    if let Some(due) = still_to_wait(draft, silence) {
        draft.set_timer(TimerKind::IdleCheck, due);
        return "not_idle_yet";
    }
    if !draft.next.owed.is_empty() {
        draft.set_timer(TimerKind::IdleCheck, draft.at.after(silence));
        return "turn_open";
    }
    match judge(&lines(draft)) {
        IdleVerdict::Complete => {
            note(draft, SilentEnd::Complete);
            draft.stand(Standing::Resolved, "idle", None);
            "idle_complete"
        }
        IdleVerdict::OwnQuestion if draft.inside_window() => {
            let content = Content::text(phrases::idle_question(draft.customer_language()));
            draft.send(Author::Assistant, content, OutboxClass::Assistant, Origin::default());
            draft.next.state.idle_asked = true;
            draft.set_timer(TimerKind::IdleResolve, draft.at.after(draft.policy.idle_resolve_after));
            "idle_asked"
        }
        IdleVerdict::OwnQuestion | IdleVerdict::Unclear => {
            hand_off(draft, Handoff::silent(HandoffReason::IdleUnclear));
            "idle_unclear"
        }
    }
}

fn idle_resolve(draft: &mut Draft<'_>) -> &'static str {
    if draft.next.state.standing != Standing::Pending || !draft.next.state.idle_asked {
        return "stale_timer";
    }
    if let Some(due) = still_to_wait(draft, draft.policy.idle_resolve_after) {
        draft.set_timer(TimerKind::IdleResolve, due);
        return "not_idle_yet";
    }
    note(draft, SilentEnd::NoAnswer);
    draft.stand(Standing::Resolved, "idle", None);
    "idle_resolved"
}

fn auto_resolve(draft: &mut Draft<'_>) -> &'static str {
    let open = matches!(draft.next.state.standing, Standing::Open(_));
    let Some(silence) = draft.policy.auto_resolve_after.filter(|_| open) else {
        return "stale_timer";
    };
    if let Some(due) = still_to_wait(draft, silence) {
        draft.set_timer(TimerKind::AutoResolve, due);
        return "not_idle_yet";
    }
    if draft.policy.auto_resolve_skips_waiting && draft.next.state.waiting_since.is_some() {
        draft.set_timer(TimerKind::AutoResolve, draft.at.after(silence));
        return "customer_waits";
    }
    note(draft, SilentEnd::Silence);
    draft.stand(Standing::Resolved, "timer", None);
    "auto_resolved"
}

/// The person who answers has fallen silent. Returns why the row is settled; `None`: the customer waits, and the row is owed an answer.
fn hand_back(draft: &mut Draft<'_>, row: &InboundRow) -> Option<&'static str> {
    let spoken = matches!(draft.next.state.standing, Standing::Open(Some(_)));
    let Some(silence) = draft.policy.handback_after.filter(|_| spoken && draft.policy.assistant) else {
        return Some("stale_timer");
    };
    let recent = draft.next.state.recent.iter().rev();
    let newest = recent.clone().find(|message| matches!(message.author, Author::Human(_))).map(|message| message.occurred_at);
    if let Some(due) = newest.map(|newest| newest.after(silence)).filter(|due| *due > draft.at) {
        draft.set_timer(TimerKind::HandBack, due);
        return Some("not_silent_yet");
    }
    match commands::give_back(draft, row, (None, "person_silent")) {
        Some(_owed) => None,
        None => Some("handed_back"),
    }
}

fn note(draft: &mut Draft<'_>, why: SilentEnd) {
    let text = resolved_by_itself(draft.policy.language, why);
    draft.add_message(Author::Note(None), Content::text(text), Origin::default());
}

fn lines<'a>(draft: &'a Draft<'_>) -> Vec<(IdleFrom, &'a str)> {
    let state = &draft.next.state;
    let current = state.recent.iter().filter(|message| message.cycle == state.cycle);
    current
        .filter_map(|message| match message.author {
            Author::Contact => Some((IdleFrom::Customer, message.text.as_str())),
            Author::Assistant => Some((IdleFrom::Assistant, message.text.as_str())),
            Author::Human(_) => Some((IdleFrom::Human, message.text.as_str())),
            Author::Automatic | Author::Note(_) | Author::System => None,
        })
        .collect()
}
