//! The words of a step on the timeline: ids and fixed words only, never a text of a customer.

use super::Winner;
use super::changes::Changed;
use super::messages::first_status;
use crate::domain::conversation::effect::TimelineKind;
use crate::domain::conversation::standing::Human;
use crate::store::spelling::{author_columns, key};
use crate::store::writer::feed::{Draft, Feed, Source};
use serde_json::{Value, json};

/// Drafts the events of a step; the feed numbers them.
pub(super) fn draft(winner: &Winner<'_>, changed: &mut Changed, feed: &mut Feed) {
    let step = winner.step;
    for event in &step.writes.timeline {
        let (kind, data) = spell(winner, event, changed);
        let draft = Draft { tenant: step.key.tenant, conversation: step.key.id, kind, data, at: step.at };
        feed.event(Source::Commit(winner.place), draft);
    }
}

fn spell(winner: &Winner<'_>, event: &TimelineKind, changed: &Changed) -> (&'static str, Value) {
    match event {
        TimelineKind::MessageCreated { seq } => ("message.created", created(winner, *seq)),
        TimelineKind::MessageChanged { target, what } => {
            let message = changed.get(&(winner.step.key.id.0, key(target)));
            ("message.changed", json!({ "message_id": message, "what": what }))
        }
        TimelineKind::StandingChanged { from, to, cause, by } => {
            let by = by.map(|by| match by {
                Human::Agent(agent) => agent.to_string(),
                Human::Phone => "phone".to_owned(),
            });
            let data = json!({
                "from": from.status(), "to": to.status(), "status": to.status(), "speaker": to.speaker(),
                "cause": cause, "by": by,
            });
            ("conversation.standing", data)
        }
        TimelineKind::HandedOff { reason } => ("conversation.handed_off", json!({ "reason": reason })),
        TimelineKind::AssigneeChanged { assignee, from, by } => {
            ("conversation.assignee", json!({ "assignee": assignee, "from": from, "by": by }))
        }
        TimelineKind::Triaged { by, differences } => ("conversation.changed", json!({ "by": by, "changes": differences })),
        TimelineKind::TeamChanged { team, from, by } => ("conversation.team", json!({ "team": team, "from": from, "by": by })),
        TimelineKind::SurveyAsked { cycle, seq } => {
            let data = json!({ "survey_id": winner.survey, "cycle": cycle, "seq": seq, "message_id": winner.message(*seq) });
            ("survey.asked", data)
        }
        TimelineKind::TurnEnded { turn_no, outcome } => ("turn.ended", json!({ "turn_no": turn_no, "outcome": outcome })),
    }
}

fn created(winner: &Winner<'_>, seq: i64) -> Value {
    let message = winner.step.writes.messages.iter().find(|message| message.seq == seq);
    let author = message.map(|message| author_columns(message.author).0);
    let status = message.and_then(|message| first_status(winner, message)).map(|(word, _)| word);
    let mut data = json!({
        "message_id": winner.message(seq),
        "seq": seq,
        "direction": message.map(|message| message.author.direction()),
        "author": author,
    });
    if let (Some(status), Some(fields)) = (status, data.as_object_mut()) {
        fields.insert("status".to_owned(), status.into());
    }
    data
}
