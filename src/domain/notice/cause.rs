//! What gives cause to tell somebody: read off a step of a conversation that is about to be written. Most steps give none.
//!
//! Names each cause by a key that a repeat of the same cause bears too.

use super::{Kind, Notice};
use crate::domain::conversation::State;
use crate::domain::conversation::effect::{TimelineKind, Writes};
use crate::domain::conversation::message::Author;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::ids::{AgentId, AppointmentId, ConversationId, InboxId, MemberId, WebhookId};
use crate::domain::time::Timestamp;
use uuid::Uuid;

/// Something that somebody may have to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Names it: unique in the business.
    pub key: String,
    /// What is told.
    pub notice: Notice,
}

/// Lists the causes in a step: `state` is the conversation after it.
#[must_use]
pub fn of_step(conversation: ConversationId, inbox: InboxId, writes: &Writes, state: &State, at: Timestamp) -> Vec<Cause> {
    let notice = |kind, to, by| Notice { kind, conversation: Some(conversation), inbox: Some(inbox), home: None, subject: None, to, by };
    let cause =
        |kind: Kind, to, by| Cause { key: format!("{}:{conversation}:{}", kind.as_str(), at.micros()), notice: notice(kind, to, by) };
    let mut causes = Vec::new();
    let wrote = writes.messages.iter().rfind(|message| message.author == Author::Contact);
    let waits = wrote.is_some() && state.waiting_since == Some(at) && state.assignee.is_none();
    if state.standing == Standing::Open(None) && (waits || opened(writes)) {
        causes.push(cause(Kind::HandedOver, state.assignee, None));
    } else if let (Some(message), Some(assignee), Status::Open) = (wrote, state.assignee, state.standing.status()) {
        let key = format!("{}:{conversation}:{}", Kind::Message.as_str(), message.seq);
        causes.push(Cause { key, notice: notice(Kind::Message, Some(assignee), None) });
    }
    if let Some((assignee, by)) = assigned(writes).filter(|(assignee, by)| Some(*assignee) != *by) {
        causes.push(cause(Kind::Assigned, Some(assignee), by));
    }
    for (seq, by, member) in mentioned(writes) {
        let key = format!("{}:{conversation}:{seq}:{member}", Kind::Mentioned.as_str());
        causes.push(Cause { key, notice: notice(Kind::Mentioned, Some(AgentId(member.0)), by) });
    }
    causes
}

/// Lists whom the new notes of a step mention, each with the note's number and its writer; nobody is mentioned to himself.
pub fn mentioned(writes: &Writes) -> impl Iterator<Item = (i64, Option<AgentId>, MemberId)> + '_ {
    writes.messages.iter().flat_map(|message| {
        let (note, by) = match message.author {
            Author::Note(Some(Human::Agent(by))) => (true, Some(by)),
            Author::Note(Some(Human::Phone) | None) => (true, None),
            Author::Contact | Author::Assistant | Author::Human(_) | Author::Automatic | Author::System => (false, None),
        };
        let mentions = message.content.mentions.iter().filter(move |member| note && by.is_none_or(|by| by.0 != member.0));
        mentions.map(move |member| (message.seq, by, *member))
    })
}

/// Tells whether a step gives a conversation to people without anybody's doing.
fn opened(writes: &Writes) -> bool {
    writes.timeline.iter().any(|event| match event {
        TimelineKind::HandedOff { .. } => true,
        TimelineKind::StandingChanged { from, by, .. } => from.status() != Status::Open && by.is_none(),
        TimelineKind::MessageCreated { .. }
        | TimelineKind::MessageChanged { .. }
        | TimelineKind::AssigneeChanged { .. }
        | TimelineKind::Triaged { .. }
        | TimelineKind::TeamChanged { .. }
        | TimelineKind::SurveyAsked { .. }
        | TimelineKind::TurnEnded { .. } => false,
    })
}

/// Returns the person to whom a step assigns, and who did it.
fn assigned(writes: &Writes) -> Option<(AgentId, Option<AgentId>)> {
    writes
        .timeline
        .iter()
        .rev()
        .find_map(|event| match event {
            TimelineKind::AssigneeChanged { assignee, by, .. } => Some((*assignee, *by)),
            TimelineKind::MessageCreated { .. }
            | TimelineKind::MessageChanged { .. }
            | TimelineKind::StandingChanged { .. }
            | TimelineKind::HandedOff { .. }
            | TimelineKind::Triaged { .. }
            | TimelineKind::TeamChanged { .. }
            | TimelineKind::SurveyAsked { .. }
            | TimelineKind::TurnEnded { .. } => None,
        })
        .and_then(|(assignee, by)| Some((assignee?, by)))
}

/// An appointment waits for an approval. `by`: the person who made it.
#[must_use]
pub fn of_approval(id: AppointmentId, version: i64, by: Option<AgentId>) -> Cause {
    let kind = Kind::AppointmentApproval;
    let notice = Notice { kind, conversation: None, inbox: None, home: None, subject: Some(id.0), to: None, by };
    Cause { key: format!("{}:{id}:{version}", kind.as_str()), notice }
}

/// An inbox was stopped because its account needs attention.
#[must_use]
pub fn of_inbox(id: InboxId, at: Timestamp) -> Cause {
    let kind = Kind::InboxAttention;
    let notice = Notice { kind, conversation: None, inbox: Some(id), home: None, subject: Some(id.0), to: None, by: None };
    Cause { key: format!("{}:{id}:{}", kind.as_str(), at.micros()), notice }
}

/// A job for an outside calendar was given up.
#[must_use]
pub fn of_calendar(job: Uuid, appointment: AppointmentId) -> Cause {
    let kind = Kind::CalendarTrouble;
    let notice = Notice { kind, conversation: None, inbox: None, home: None, subject: Some(appointment.0), to: None, by: None };
    Cause { key: format!("{}:{job}", kind.as_str()), notice }
}

/// An endpoint of the business was disabled.
#[must_use]
pub fn of_webhook(id: WebhookId, at: Timestamp) -> Cause {
    let kind = Kind::WebhookDisabled;
    let notice = Notice { kind, conversation: None, inbox: None, home: None, subject: Some(id.0), to: None, by: None };
    Cause { key: format!("{}:{id}:{}", kind.as_str(), at.micros()), notice }
}
