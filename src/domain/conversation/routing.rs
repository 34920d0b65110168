//! Who is given a conversation that has come to wait for people. The last part of every step: what the rest of it did decides whether
//! somebody must be found, and both are one commit.
//!
//! Asks for the front desk only where it matters: the shell reads it and steps anew. Never while the assistant holds the conversation.

use crate::domain::conversation::State;
use crate::domain::conversation::commands::{self, done, refused};
use crate::domain::conversation::draft::Draft;
use crate::domain::conversation::effect::{CommandOutcome, Routed, TimelineKind};
use crate::domain::conversation::event::InboundRow;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::ids::{AgentId, TeamId};

/// Tells whether a conversation waits for somebody to take it.
fn waits(state: &State) -> bool {
    state.standing == Standing::Open(None) && state.assignee.is_none() && state.last_seq > 0
}

/// Returns whose place it takes.
fn place(state: &State) -> Option<AgentId> {
    state.assignee.filter(|_| state.standing.status() == Status::Open)
}

/// Gives a conversation that has just come to wait to whoever is free, and notes what that and the rest of the step do to the desk.
pub(super) fn settle(draft: &mut Draft<'_>) {
    let (before, after) = (&draft.before.state, &draft.next.state);
    let came = !waits(before) || before.team != after.team || draft.place_freed;
    if waits(after) && came {
        give(draft);
    }
    let (was, is) = (place(&draft.before.state), place(&draft.next.state));
    if was != is {
        (draft.writes.desk.freed, draft.writes.desk.taken) = (was, is);
    }
}

fn give(draft: &mut Draft<'_>) {
    let at = draft.at;
    let Some(picture) = draft.desk() else { return };
    if picture.rule.mode == crate::domain::routing::Mode::Off {
        return;
    }
    let to = picture.route(at);
    draft.writes.desk.routed = Some(Routed { seen: picture.version, to });
    if let Some(person) = to {
        draft.assign(Some(person), None);
        draft.stand(Standing::Open(Some(Human::Agent(person))), "routed", None);
    }
}

/// Returns who speaks when people hold it again: its assignee, unless he is not there and the inbox wants somebody else then.
pub(super) fn returning(draft: &mut Draft<'_>) -> Option<Human> {
    let assignee = draft.next.state.assignee?;
    let at = draft.at;
    if draft.desk().is_some_and(|picture| picture.lets_go(assignee, at)) {
        draft.assign(None, None);
        return None;
    }
    Some(Human::Agent(assignee))
}

/// Somebody has become free: whoever is free takes it, if it still waits.
pub(super) fn place_freed(draft: &mut Draft<'_>, row: &InboundRow) {
    draft.place_freed = true;
    let reason = if waits(&draft.next.state) { "place_freed" } else { "not_waiting" };
    draft.settle_new(row.id, reason, None);
}

/// Somebody takes it, unless somebody else has it.
pub(super) fn claim(draft: &mut Draft<'_>, row: &InboundRow, by: AgentId) {
    let state = &draft.next.state;
    let speaker = match state.standing.human() {
        Some(Human::Agent(agent)) => Some(agent),
        Some(Human::Phone) | None => None,
    };
    if let Some(holder) = state.assignee.or(speaker).filter(|holder| *holder != by) {
        let outcome = CommandOutcome::Refused { code: "held".to_owned(), detail: holder.to_string() };
        return draft.settle_new(row.id, "refused", Some(outcome));
    }
    match state.standing.status() {
        Status::Resolved | Status::Spam => {
            let outcome = refused("not_open", "open the conversation before taking it");
            draft.settle_new(row.id, "refused", Some(outcome));
        }
        Status::Pending | Status::Open | Status::Snoozed => commands::assign(draft, row, by, Some(by)),
    }
}

/// Gives it to a team, and perhaps to a person of it. An assignee who is not of the team loses it, one who is keeps it.
pub(super) fn set_team(draft: &mut Draft<'_>, row: &InboundRow, by: AgentId, (team, person): (Option<TeamId>, Option<Option<AgentId>>)) {
    let (was, holder) = (draft.next.state.team, draft.next.state.assignee);
    draft.next.state.team = team;
    let wanted = person.unwrap_or(holder);
    let outside = team.is_some() && wanted.is_some_and(|person| is_outside(draft, team, person));
    if outside && person.is_some() {
        draft.next.state.team = was;
        let outcome = refused("outside_team", "the person is not a member of the team");
        return draft.settle_new(row.id, "refused", Some(outcome));
    }
    if was != team {
        draft.writes.timeline.push(TimelineKind::TeamChanged { team, from: was, by: Some(by) });
    }
    match person {
        Some(person) => commands::assign(draft, row, by, person),
        None if outside => commands::assign(draft, row, by, None),
        None => return draft.settle_new(row.id, "assigned", Some(done(was != team))),
    }
    changed(draft, row, was != team);
}

/// A team of which nothing is known keeps whom it finds.
fn is_outside(draft: &mut Draft<'_>, team: Option<TeamId>, person: AgentId) -> bool {
    draft.desk().is_some_and(|picture| picture.team == team && !picture.team_members.contains(&person))
}

/// Says that a command changed something besides what it has said already.
fn changed(draft: &mut Draft<'_>, row: &InboundRow, something: bool) {
    let mine = draft.writes.inbound.iter_mut().rfind(|moved| moved.id == row.id);
    if let Some(CommandOutcome::Done { changed, .. }) = mine.and_then(|moved| moved.outcome.as_mut()) {
        *changed |= something;
    }
}
