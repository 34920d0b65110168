//! What is said of a conversation to whoever has changed it and does not see it any more: what they saw or did, and nothing that has come since.

use crate::domain::conversation::event::{Assignee, Happening};
use crate::domain::conversation::standing::Status;
use crate::domain::ids::AgentId;
use crate::store::people::conversations::ConversationRow;

/// Shows a conversation as its caller saw it last, with what they have just done to it.
pub(super) fn as_left(mut row: ConversationRow, done: &Happening) -> ConversationRow {
    if let Happening::AgentSetTeam { team, .. } = done {
        row.model.team_id = team.map(|team| team.0);
    }
    if let Happening::AgentAssigned { assignee, .. } | Happening::AgentSetTeam { person: Some(Assignee { id: assignee }), .. } = done {
        held_by(&mut row, *assignee);
    }
    if let Happening::AgentClaimed { by } = done {
        held_by(&mut row, Some(*by));
    }
    if let Happening::AgentSetStatus { status: Some(status), .. } = done {
        row.model.status = status.as_str().to_owned();
    }
    row
}

fn held_by(row: &mut ConversationRow, agent: Option<AgentId>) {
    let id = agent.map(|agent| agent.0);
    (row.model.assignee_id, row.model.speaker_id) = (id, id);
    row.model.speaker = if id.is_some() { "human" } else { "nobody" }.to_owned();
}

/// Leaves of a conversation only which one it is: for a request that is repeated when it has long been somebody else's.
pub(super) fn forgotten(mut row: ConversationRow) -> ConversationRow {
    held_by(&mut row, None);
    let model = &mut row.model;
    model.status = Status::Open.as_str().to_owned();
    (model.team_id, model.priority, model.labels, model.attributes) = (None, None, None, None);
    (model.waiting_since, model.snoozed_until, model.first_reply_at) = (None, None, None);
    (model.last_inbound_at, model.resolved_at) = (None, None);
    (model.last_activity_at, model.cycle) = (model.created_at, 1);
    ConversationRow { contact_name: None, last_message: None, labels: Vec::new(), ..row }
}
