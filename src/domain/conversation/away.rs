//! The away text: what the business has written for whoever writes outside its hours. The last word of a record step, so that it is not said
//! where the same step has already brought an answer.
//!
//! Never while the assistant holds the conversation: it answers, or says at the hand-over that nobody is there. It is no answer: who
//! speaks, who waits and since when stay as they are.

use crate::domain::away::filled;
use crate::domain::booking::Proviso;
use crate::domain::content::Content;
use crate::domain::conversation::State;
use crate::domain::conversation::draft::{Draft, Origin};
use crate::domain::conversation::effect::OutboxClass;
use crate::domain::conversation::message::Author;
use crate::domain::conversation::standing::Status;
use crate::domain::routing::Hours;
use crate::domain::routing::staffing::Door;
use crate::domain::time::Timestamp;
use crate::domain::when::labels::Labels;
use crate::domain::when::zone::wall;
use std::sync::Arc;
use std::time::Duration;

/// How long it is of use: what could not leave by then would speak of an opening that is near or past.
const OF_USE: Duration = Duration::from_hours(1);

/// How long nothing more is said after one of them, whatever the hours are by then.
const ENOUGH: Duration = Duration::from_hours(6);

/// Who was answered by a person so lately is in the middle of a talk.
const TALKING: Duration = Duration::from_mins(5);

/// Says the away text, if it is due after a message that people hold.
pub(super) fn say(draft: &mut Draft<'_>) {
    let Some(texts) = draft.policy.away.clone() else { return };
    let (at, hours) = (draft.at, Arc::clone(&draft.policy.hours));
    let state = &draft.next.state;
    if state.standing.status() != Status::Open || !draft.inside_window() || talks(state, at) || was_told(state, &hours, at) {
        return;
    }
    let back = match hours.door(at) {
        Door::Closed(back) => back,
        Door::Unsaid | Door::Open => return,
    };
    let Some((language, text)) = texts.for_reader(draft.customer_language(), draft.policy.language) else { return };
    let text = filled(text, &Labels { zone: hours.zone, language, hours: hours.style }, back);
    let until = at.after(OF_USE);
    let proviso = Some(Proviso { until: back.map_or(until, |back| back.min(until)), appointment: None, ended_cycle: None });
    draft.send(Author::Automatic, Content::text(text), OutboxClass::Assistant, Origin { proviso, ..Origin::default() });
    draft.next.state.away_told_at = Some(at);
}

fn talks(state: &State, at: Timestamp) -> bool {
    state.people_spoke_at.is_some_and(|spoke| at.since(spoke) < TALKING)
}

/// Takes it back where it has not left: the assistant answers now, and both together would contradict each other.
pub(super) fn take_back(draft: &mut Draft<'_>) {
    let of_use = |told| draft.at.since(told) <= OF_USE;
    draft.writes.cancel_automatic |= draft.next.state.away_told_at.is_some_and(of_use);
}

/// The customer knows: of this day, which is the business's own, or of all the time until people are back, however many midnights lie in it.
fn was_told(state: &State, hours: &Hours, at: Timestamp) -> bool {
    let day = |at| wall(hours.zone, at).date();
    let closed_since = |told| hours.within(told, at).is_some_and(|open| open.is_zero());
    state.away_told_at.is_some_and(|told| day(told) == day(at) || at.since(told) < ENOUGH || closed_since(told))
}
