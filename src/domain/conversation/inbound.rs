//! The record step: all new rows, in order, become part of the thread. Rows that are owed nothing are settled at once, with the reason.

use crate::domain::content::{Content, truncate};
use crate::domain::conversation::commands::Wish;
use crate::domain::conversation::draft::{Draft, Origin};
use crate::domain::conversation::echo::EchoVerdict;
use crate::domain::conversation::effect::{Change, MessageChange, TimelineKind};
use crate::domain::conversation::event::{Happening, InboundRow, TimerKind};
use crate::domain::conversation::gather::wait_after;
use crate::domain::conversation::message::{Author, MAX_RECENT_ID, MAX_RECENT_TEXT, bound};
use crate::domain::conversation::standing::{Human, Standing};
use crate::domain::conversation::{Owed, away, commands, handoff, learning, news, routing, timer, triage, turn};
use crate::domain::delivery::{Item, ItemBody, WINDOW_CLOSED};
use crate::domain::notes::{self, NotAsked};
use crate::domain::tool::HandoffReason;
use std::time::Duration;

/// What one row brings besides its happening.
#[derive(Clone, Copy)]
pub(super) struct RowFacts<'a> {
    pub row: &'a InboundRow,
    pub item: &'a Item,
}

/// Records the rows, then lets the assistant go on.
pub(super) fn record(draft: &mut Draft<'_>, rows: Vec<InboundRow>) {
    if rows.is_empty() {
        draft.drop_event("no_rows");
        return;
    }
    let mut wait = None;
    for row in &rows {
        match &row.happening {
            Happening::ItemArrived { item, echo } => {
                let asked = arrived(draft, RowFacts { row, item }, *echo);
                wait = asked.or(wait);
            }
            Happening::AgentReplied { by, content, private } => commands::reply(draft, row, *by, content, *private),
            Happening::AgentAssigned { by, assignee } => commands::assign(draft, row, *by, *assignee),
            Happening::AgentSetStatus { by, status, until, survey } => {
                commands::set_status(draft, row, *by, Wish { status: *status, until: *until, survey: *survey });
            }
            Happening::AgentSetStatusAmong { by, status, until, among, survey } => {
                let wish = Wish { status: Some(*status), until: *until, survey: *survey };
                commands::set_status_among(draft, row, *by, wish, among);
            }
            Happening::AgentSetTeam { by, team, person } => {
                routing::set_team(draft, row, *by, (*team, person.map(|person| person.id)));
            }
            Happening::AgentClaimed { by } => routing::claim(draft, row, *by),
            Happening::PlaceFreed => routing::place_freed(draft, row),
            Happening::Forgotten => draft.settle_new(row.id, "deleted", None),
            Happening::AgentHandedBack { by } => commands::hand_back(draft, row, *by),
            Happening::AgentTriaged { by, changes } => triage::triage(draft, row, *by, changes),
            Happening::ContactBlocked { by } => commands::block(draft, row, *by),
            Happening::SummaryMade { text, tokens, cost_micros, changes } => {
                learning::summary(draft, row, (text, *changes), (*tokens, *cost_micros));
            }
            Happening::Learnt(learning) => learning::learn(draft, row, learning),
            Happening::TimerFired { kind, due_at } => timer::fired(draft, row, *kind, *due_at),
            Happening::BookingNews { news, told, .. } => news::heard(draft, row, news, told.as_deref()),
            Happening::DeliveryFailed { seq, code, uncertain, assistant, survey } => {
                if *survey && code == WINDOW_CLOSED {
                    let line = notes::survey_not_sent(draft.policy.language, NotAsked::WindowClosed);
                    draft.add_message(Author::System, Content::text(line), Origin::default());
                }
                delivery_failed(draft, row, (*seq, code), *uncertain, *assistant);
            }
        }
    }
    if draft.people_wanted {
        away::say(draft);
    }
    turn::go_on(draft, wait);
}

/// Returns the wait that a message asks for, if it is owed an answer.
fn arrived(draft: &mut Draft<'_>, facts: RowFacts<'_>, echo: EchoVerdict) -> Option<Duration> {
    match &facts.item.body {
        ItemBody::Message { content } => {
            let owed = customer_wrote(draft, facts);
            owed.then(|| wait_after(content, draft.policy.gathering))
        }
        ItemBody::Echo { .. } => {
            echoed(draft, facts, echo);
            None
        }
        ItemBody::Edited { target, content } => {
            change(draft, facts.row, target, Change::Edited(content.clone()));
            None
        }
        ItemBody::Deleted { target } => {
            change(draft, facts.row, target, Change::Deleted);
            None
        }
        ItemBody::Reaction { target, emoji } => {
            change(draft, facts.row, target, Change::Reacted(emoji.clone()));
            None
        }
        ItemBody::ContactUpdated => {
            draft.settle_new(facts.row.id, "contact_updated", None);
            None
        }
    }
}

/// Returns true if the message is owed an answer of the assistant.
fn customer_wrote(draft: &mut Draft<'_>, facts: RowFacts<'_>) -> bool {
    let RowFacts { row, item } = facts;
    if draft.next.state.standing == Standing::Spam {
        draft.settle_new(row.id, "quarantined", None);
        return false;
    }
    if draft.policy.blocked {
        add_customer_message(draft, facts);
        draft.settle_new(row.id, "blocked", None);
        return false;
    }
    wake_or_reopen(draft, item);
    let seq = add_customer_message(draft, facts);
    let event_at = row.event_at.unwrap_or(row.occurred_at).min(row.received_at);
    let state = &mut draft.next.state;
    state.last_inbound_at = Some(state.last_inbound_at.map_or(event_at, |last| last.max(event_at)));
    state.waiting_since.get_or_insert(draft.at);
    came_back(draft);
    if draft.next.state.standing != Standing::Pending {
        // Nobody has taken it: it lies with people because the operator has stopped the assistant.
        let stopped = draft.policy.suspended && draft.next.state.standing == Standing::Open(None);
        // Nothing leaves by itself for what is too old, or to a whole room.
        draft.people_wanted |= !item.peer.group && draft.now.since(row.occurred_at) <= draft.policy.too_late_after;
        draft.settle_new(row.id, if stopped { HandoffReason::Suspended.as_str() } else { "people_hold" }, None);
        return false;
    }
    let media = item.body.content().is_some_and(Content::has_media);
    draft.owe(Owed { id: row.id, seq: Some(seq), received_at: row.received_at, media });
    if draft.now.since(row.occurred_at) > draft.policy.too_late_after {
        handoff::hand_off(draft, handoff::Handoff::silent(HandoffReason::LateMessage));
    }
    draft.next.state.standing == Standing::Pending
}

/// The customer has spoken after our idle question: the next silence is looked after again, and nothing is resolved for this one.
fn came_back(draft: &mut Draft<'_>) {
    if draft.next.state.idle_asked {
        draft.next.state.idle_asked = false;
        draft.drop_timer(TimerKind::IdleResolve);
        draft.arm_silence_timer(draft.next.state.standing.status());
    }
}

fn wake_or_reopen(draft: &mut Draft<'_>, item: &Item) {
    match draft.next.state.standing {
        Standing::Snoozed { .. } => {
            let speaker = routing::returning(draft);
            draft.stand(Standing::Open(speaker), "customer_wrote", None);
        }
        Standing::Resolved => {
            let to = if draft.policy.assistant && !item.peer.group {
                draft.assign(None, None);
                Standing::Pending
            } else {
                Standing::Open(routing::returning(draft))
            };
            draft.stand(to, "customer_wrote", None);
        }
        Standing::Pending if item.peer.group => {
            turn::abandon(draft, "group");
            draft.settle_owed(None, "group");
            draft.stand(Standing::Open(None), "group", None);
        }
        Standing::Pending | Standing::Open(_) | Standing::Spam => {}
    }
}

fn add_customer_message(draft: &mut Draft<'_>, facts: RowFacts<'_>) -> i64 {
    let RowFacts { row, item } = facts;
    let mut content = item.body.content().cloned().unwrap_or_default();
    let known = |id: &String| draft.next.state.recent.iter().any(|message| message.external_id.as_ref() == Some(id));
    content.reply_to = content.reply_to.filter(known);
    let origin = Origin {
        external_id: Some(item.message_id.clone().unwrap_or_else(|| item.external_id.clone())),
        inbound: Some(row.id),
        late: draft.now.since(row.occurred_at) > draft.policy.late_after,
        occurred_at: Some(row.occurred_at),
        ..Origin::default()
    };
    draft.add_message(Author::Contact, content, origin)
}

/// A person wrote at the business's own phone, or our own send came back.
fn echoed(draft: &mut Draft<'_>, facts: RowFacts<'_>, echo: EchoVerdict) {
    let RowFacts { row, item } = facts;
    match echo {
        EchoVerdict::Own => return draft.settle_new(row.id, "own_echo", None),
        EchoVerdict::Foreign => {}
    }
    if draft.next.state.standing == Standing::Spam {
        return draft.settle_new(row.id, "quarantined", None);
    }
    let content = item.body.content().cloned().unwrap_or_default();
    let origin = Origin {
        external_id: Some(item.message_id.clone().unwrap_or_else(|| item.external_id.clone())),
        inbound: Some(row.id),
        occurred_at: Some(row.occurred_at),
        ..Origin::default()
    };
    commands::take_over(draft, Human::Phone, "phone_echo");
    draft.add_message(Author::Human(Human::Phone), content, origin);
    draft.answered_by_human(Human::Phone);
    draft.settle_new(row.id, "phone_echo", None);
}

/// A message in the thread was changed by its writer.
fn change(draft: &mut Draft<'_>, row: &InboundRow, target: &str, change: Change) {
    let what = match &change {
        Change::Edited(_) => "edited",
        Change::Deleted => "deleted",
        Change::Reacted(_) => "reaction",
    };
    let recent = &mut draft.next.state.recent;
    let place = recent.iter().position(|message| message.external_id.as_deref() == Some(target));
    let seq = place.and_then(|place| recent.get(place)).map(|message| message.seq);
    if let Some(message) = place.and_then(|place| recent.get_mut(place)) {
        let seq = message.seq;
        match &change {
            Change::Edited(content) => {
                truncate(&content.text, MAX_RECENT_TEXT).clone_into(&mut message.text);
                message.kind = content.kind;
                message.reply_to = content.reply_to.clone().filter(|id| id.len() <= MAX_RECENT_ID);
            }
            Change::Deleted => drop(place.map(|place| recent.remove(place))),
            Change::Reacted(_) => {}
        }
        bound(recent);
        let asked = draft.next.owed.iter().any(|owed| owed.seq == Some(seq));
        draft.fresh |= asked && !matches!(change, Change::Reacted(_));
        if change == Change::Deleted {
            turn::forget(draft, seq);
        }
    }
    if !matches!(change, Change::Reacted(_)) {
        learning::forget(draft, seq);
    }
    draft.writes.changes.push(MessageChange { target: target.to_owned(), change });
    draft.writes.timeline.push(TimelineKind::MessageChanged { target: target.to_owned(), what });
    draft.settle_new(row.id, what, None);
}

/// A message of ours will not arrive, or nobody knows: people must see it.
fn delivery_failed(draft: &mut Draft<'_>, row: &InboundRow, (seq, code): (Option<i64>, &str), uncertain: bool, assistant: bool) {
    let reason = if uncertain { HandoffReason::DeliveryUncertain } else { HandoffReason::DeliveryFailed };
    if draft.next.state.standing == Standing::Pending && assistant {
        let summary = Some(format!("{}: {code}{}", reason.as_str(), seq.map_or_else(String::new, |seq| format!(" (#{seq})"))));
        handoff::hand_off(draft, handoff::Handoff { summary, ..handoff::Handoff::silent(reason) });
    }
    draft.settle_new(row.id, reason.as_str(), None);
}
