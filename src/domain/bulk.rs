//! One action over many conversations: what it asks of each, and what came of it. Pure.
//!
//! Every conversation is changed by the same command as by hand. What is decided here is only whether whoever began it still may, and which
//! conversations it concerns: a resolve of a whole list must not let spam out of quarantine.

use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::conversation::event::{Assignee, Happening};
use crate::domain::conversation::standing::Status;
use crate::domain::ids::{AgentId, InboxId, LabelId, TeamId};
use crate::domain::membership::{Home, Place};
use crate::domain::permission::{Area, Permission};
use crate::domain::time::Timestamp;
use crate::domain::triage::{Priority, TriageChange};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[cfg(test)]
mod tests;

/// Most conversations of one action.
pub const MOST_ITEMS: u64 = 10_000;
/// Most actions of one business at work at once.
pub const MOST_AT_WORK: i64 = 5;

/// What is done to each conversation. Stored as JSON: one release reads its predecessor's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum BulkAction {
    /// What is not done yet is done.
    Resolve {
        /// Customers are asked how they were served, as their inboxes say. A whole list that is tidied up asks nobody else.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        survey: bool,
    },
    /// What was done or parked is open.
    Reopen,
    /// It rests.
    Snooze {
        /// Until then; `None`: until the customer writes.
        until: Option<Timestamp>,
    },
    /// It is spam.
    Spam,
    /// What is spam is none.
    NotSpam,
    /// It is given to somebody.
    Assign {
        /// To a person, or to nobody; `None`: whoever has it keeps it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignee: Option<Assignee>,
        /// To a team, or to none; `None`: the team stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team: Option<InTeam>,
    },
    /// Labels come and go.
    Label {
        /// These come.
        add: BTreeSet<LabelId>,
        /// These go.
        remove: BTreeSet<LabelId>,
    },
    /// It is as urgent as this.
    Priority {
        /// How; `None`: nobody says.
        priority: Option<Priority>,
    },
    /// It goes, with all that was said in it.
    Delete,
}

/// To which team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InTeam {
    /// A team, or none.
    pub id: Option<TeamId>,
}

impl BulkAction {
    /// Returns its fixed word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Resolve { .. } => "resolve",
            Self::Reopen => "reopen",
            Self::Snooze { .. } => "snooze",
            Self::Spam => "spam",
            Self::NotSpam => "not_spam",
            Self::Assign { .. } => "assign",
            Self::Label { .. } => "label",
            Self::Priority { .. } => "priority",
            Self::Delete => "delete",
        }
    }

    /// Returns the command for one conversation; `None`: no conversation carries out its own deletion.
    #[must_use]
    pub fn happening(&self, by: AgentId) -> Option<Happening> {
        use Status::{Open, Pending, Resolved, Snoozed, Spam};
        let asking = |status, until, among: &[Status], survey| Happening::AgentSetStatusAmong {
            by,
            status,
            until,
            among: among.iter().copied().collect(),
            survey,
        };
        let status = |status, until, among: &[Status]| asking(status, until, among, None);
        Some(match self {
            Self::Resolve { survey } => asking(Resolved, None, &[Pending, Open, Snoozed], (!survey).then_some(false)),
            Self::Reopen => status(Open, None, &[Resolved, Snoozed]),
            Self::Snooze { until } => status(Snoozed, *until, &[Pending, Open]),
            Self::Spam => status(Spam, None, &[Pending, Open, Snoozed, Resolved]),
            Self::NotSpam => status(Open, None, &[Spam]),
            Self::Assign { assignee, team: Some(team) } => Happening::AgentSetTeam { by, team: team.id, person: *assignee },
            Self::Assign { assignee, team: None } => Happening::AgentAssigned { by, assignee: assignee.and_then(|person| person.id) },
            Self::Label { add, remove } => {
                let changes = vec![TriageChange::RemoveLabels(remove.clone()), TriageChange::AddLabels(add.clone())];
                Happening::AgentTriaged { by, changes }
            }
            Self::Priority { priority } => Happening::AgentTriaged { by, changes: vec![TriageChange::Priority(*priority)] },
            Self::Delete => return None,
        })
    }

    /// Returns the person that it gives conversations to.
    #[must_use]
    pub fn person(&self) -> Option<AgentId> {
        match self {
            Self::Assign { assignee, .. } => assignee.and_then(|person| person.id),
            Self::Resolve { .. }
            | Self::Reopen
            | Self::Snooze { .. }
            | Self::Spam
            | Self::NotSpam
            | Self::Label { .. }
            | Self::Priority { .. }
            | Self::Delete => None,
        }
    }
}

/// What became of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemResult {
    /// Its command is in the queue.
    Given,
    /// It was changed.
    Done,
    /// It stood so already.
    Unchanged,
    /// It could not be done.
    Refused {
        /// A fixed word.
        code: String,
        /// What to do instead.
        detail: String,
    },
    /// It is not there for whoever began the action.
    Absent,
}

impl ItemResult {
    /// Returns the stored word, which also is the API's.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Done => "done",
            Self::Unchanged => "unchanged",
            Self::Refused { .. } => "refused",
            Self::Absent => "absent",
        }
    }

    /// Reads what a command came to.
    #[must_use]
    pub fn of(outcome: CommandOutcome) -> Self {
        match outcome {
            CommandOutcome::Done { changed: true, .. } => Self::Done,
            CommandOutcome::Done { changed: false, .. } => Self::Unchanged,
            CommandOutcome::Refused { code, detail } => Self::Refused { code, detail },
        }
    }

    /// Refuses with a fixed word.
    #[must_use]
    pub fn refused(code: &str, detail: &str) -> Self {
        Self::Refused { code: code.to_owned(), detail: detail.to_owned() }
    }
}

/// Who begins an action and to whom it gives conversations, as they are in the business now.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Who began it.
    pub who: Option<AgentId>,
    /// What that one is; `None`: not of the business any more.
    pub by: Option<Place>,
    /// The person to whom it gives; `None`: not of the business any more.
    pub to: Option<Place>,
    /// Whoever began it is an administrator, or a key that may do everything.
    pub administers: bool,
    /// The labels and the team of the action are there.
    pub known: bool,
}

/// Decides whether an item may be given to the engine, whose conversation stands somewhere or is gone. `Err`: what it comes to instead.
///
/// # Errors
/// What it comes to instead.
pub fn admit(action: &BulkAction, standing: &Standing, home: Option<Home>) -> Result<InboxId, ItemResult> {
    let writes = |place: &Place| place.grants().allow(Permission::write(Area::Conversations));
    let Some(by) = standing.by.as_ref().filter(|place| writes(place)) else {
        return Err(ItemResult::refused("permission", "whoever began this may not change conversations any more"));
    };
    let home = home.filter(|home| by.visibility.sees(home, standing.who)).ok_or(ItemResult::Absent)?;
    if *action == BulkAction::Delete && !standing.administers {
        return Err(ItemResult::refused("administrator", "only administrators delete conversations"));
    }
    if !standing.known {
        return Err(ItemResult::refused("unknown", "a label or the team of this action was removed meanwhile"));
    }
    // Whose it becomes sees it whatever its team: the inbox alone decides.
    let may_answer = |place: &Place| writes(place) && place.visibility.sees_inbox(home.inbox);
    if action.person().is_some() && !standing.to.as_ref().is_some_and(may_answer) {
        return Err(ItemResult::refused("cannot_answer", "must be a member who sees this inbox and may answer in it"));
    }
    Ok(home.inbox)
}
