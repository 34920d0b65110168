//! Who of the business is told of what, by which way, and what follows if nobody looks. Pure: who asks hands in members, choices and time.
//!
//! ```text
//! cause ──▶ first rung, at once: the person it is for, else all who see the inbox (in the app)
//!             └─ unopened for N minutes ─▶ second: the same people, by mail
//!                  └─ N minutes more ────▶ third: administrators and owners, in the app and by mail
//! ```
//!
//! Only conversations that nobody holds have this ladder; a mention has its first two rungs, and everything else is told once. Never tells anybody of an own act, never tells a member
//! twice of one cause, never tells who may not see it.

pub mod cause;
pub mod choice;
pub mod letter;
#[cfg(test)]
mod tests;

use crate::domain::conversation::standing::Status;
use crate::domain::ids::{AgentId, ConversationId, InboxId, MemberId};
use crate::domain::membership::{Home, Place};
use crate::domain::permission::{Area, Permission, Role};
use choice::{Channels, Choices};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// Minutes until the next rung, where the business says nothing.
pub const DEFAULT_MINUTES: u16 = 5;
/// Most minutes until the next rung: a day.
pub const MOST_MINUTES: u16 = 1_440;

/// What happened. Words of the database and the API: stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A conversation waits for a person, and nobody holds it.
    HandedOver,
    /// A conversation was assigned to me.
    Assigned,
    /// A customer wrote in a conversation that is mine.
    Message,
    /// An appointment waits for an approval.
    AppointmentApproval,
    /// An inbox sends nothing any more: its account needs attention.
    InboxAttention,
    /// A change could not be written to an outside calendar.
    CalendarTrouble,
    /// A colleague mentioned me in a private note.
    Mentioned,
    /// An endpoint of the business is told nothing any more: it was gone, or did nothing but fail.
    WebhookDisabled,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::HandedOver,
        Self::Assigned,
        Self::Message,
        Self::Mentioned,
        Self::AppointmentApproval,
        Self::InboxAttention,
        Self::CalendarTrouble,
        Self::WebhookDisabled,
    ];

    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HandedOver => "handed_over",
            Self::Assigned => "assigned",
            Self::Message => "message",
            Self::Mentioned => "mentioned",
            Self::AppointmentApproval => "appointment_approval",
            Self::InboxAttention => "inbox_attention",
            Self::CalendarTrouble => "calendar_trouble",
            Self::WebhookDisabled => "webhook_disabled",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Returns what a member must hold to be told: whoever can do nothing about it is left in peace.
    #[must_use]
    pub const fn permission(self) -> Permission {
        match self {
            Self::HandedOver | Self::Assigned | Self::Message | Self::Mentioned => Permission::read(Area::Conversations),
            Self::AppointmentApproval => Permission::write(Area::Appointments),
            Self::InboxAttention => Permission::write(Area::Inboxes),
            Self::CalendarTrouble => Permission::write(Area::Agenda),
            Self::WebhookDisabled => Permission::write(Area::Integrations),
        }
    }
}

/// How far a cause has been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// At once.
    First,
    /// By mail, to the same people.
    Second,
    /// To those who run the house.
    Third,
}

impl Rung {
    /// Returns its number, from 1.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::First => 1,
            Self::Second => 2,
            Self::Third => 3,
        }
    }

    /// Finds a rung by its number.
    #[must_use]
    pub fn numbered(number: i64) -> Option<Self> {
        [Self::First, Self::Second, Self::Third].into_iter().find(|rung| rung.number() == number)
    }

    /// Returns the one above.
    const fn above(self) -> Option<Self> {
        match self {
            Self::First => Some(Self::Second),
            Self::Second => Some(Self::Third),
            Self::Third => None,
        }
    }
}

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub kind: Kind,
    /// The conversation, where it is one's.
    pub conversation: Option<ConversationId>,
    /// The inbox: only who sees it is told.
    pub inbox: Option<InboxId>,
    /// Where the conversation stands now: only who sees it there is told. A cause that is just made does not say.
    pub home: Option<Home>,
    /// What else it is about: a message, an appointment, an inbox.
    pub subject: Option<Uuid>,
    /// Whom it is for; `None`: everybody who may see it.
    pub to: Option<AgentId>,
    /// Who did it: never told.
    pub by: Option<AgentId>,
}

/// A member who may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Who.
    pub member: MemberId,
    /// What the member may do and sees.
    pub place: Place,
    /// What the member wants to be told.
    pub choices: Choices,
    /// True if the member has not yet looked at an earlier notification of the same kind and conversation.
    pub unread: bool,
}

/// That a member is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Who.
    pub member: MemberId,
    /// How.
    pub channels: Channels,
}

/// Decides who is told on a rung, and how. Who was told before by the same way is kept out by the database.
#[must_use]
pub fn told(notice: &Notice, rung: Rung, members: &[Listener]) -> Vec<Told> {
    let may_hear: Vec<&Listener> = members.iter().filter(|one| hears(notice, one)).collect();
    let theirs = |one: &&&Listener| Some(one.member.0) == notice.to.map(|to| to.0);
    let addressed: Vec<&Listener> = may_hear.iter().filter(theirs).copied().collect();
    let audience: Vec<&Listener> = match notice.kind {
        Kind::HandedOver if rung == Rung::Third => may_hear.into_iter().filter(|one| one.place.role >= Role::Administrator).collect(),
        Kind::HandedOver if addressed.is_empty() => may_hear,
        Kind::HandedOver | Kind::Assigned | Kind::Mentioned => addressed,
        // A burst is told once: until the member has looked, the rest is no news.
        Kind::Message => addressed.into_iter().filter(|one| !one.unread).collect(),
        Kind::AppointmentApproval | Kind::InboxAttention | Kind::CalendarTrouble | Kind::WebhookDisabled => may_hear,
    };
    let ways = |one: &Listener| {
        let wanted = one.choices.of(one.place.role, notice.kind);
        let channels = match (notice.kind, rung) {
            (Kind::HandedOver, Rung::First) => Channels { email: false, ..wanted },
            (Kind::HandedOver, Rung::Second) => Channels { in_app: false, ..wanted },
            // In the product at once, by mail if it is not looked at there; at once by mail for those who want nothing else.
            (Kind::Mentioned, Rung::First) => Channels { email: wanted.email && !wanted.in_app, ..wanted },
            (Kind::Mentioned, Rung::Second | Rung::Third) => Channels { in_app: false, email: wanted.email && wanted.in_app },
            // What was not looked at in the product keeps the rest of a burst back: also for those who want mails only.
            (Kind::Message, _) if wanted.email => Channels { in_app: true, ..wanted },
            (_, Rung::First | Rung::Second | Rung::Third) => wanted,
        };
        Told { member: one.member, channels }
    };
    audience.into_iter().map(ways).filter(|told| told.channels.any()).collect()
}

fn hears(notice: &Notice, one: &Listener) -> bool {
    let own = notice.by.is_some_and(|by| by.0 == one.member.0);
    let granted = one.place.grants().allow(notice.kind.permission());
    let limit = &one.place.visibility;
    let seen = notice.inbox.is_none_or(|inbox| limit.sees_inbox(inbox))
        && notice.home.is_none_or(|home| limit.sees(&home, Some(AgentId(one.member.0))));
    !own && granted && seen
}

/// Returns the rung that follows if nobody looks, and after how long. `minutes`: 0 switches the ladder off.
#[must_use]
pub fn climb(kind: Kind, rung: Rung, minutes: u16) -> Option<(Rung, Duration)> {
    let climbs = kind == Kind::HandedOver || (kind == Kind::Mentioned && rung == Rung::First);
    if !climbs || minutes == 0 {
        return None;
    }
    Some((rung.above()?, Duration::from_mins(minutes.into())))
}

/// How the conversation of a notice stands when the next rung is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Its status.
    pub status: Status,
    /// True if a person speaks in it.
    pub held: bool,
    /// Whose it is.
    pub assignee: Option<AgentId>,
    /// Somebody has looked at a notification of this cause.
    pub opened: bool,
    /// It was handed over once more: that cause has a ladder of its own.
    pub again: bool,
}

/// Tells why nobody needs to be told any more, as a fixed word; `None`: it still waits.
#[must_use]
pub fn over(notice: &Notice, now: &Now) -> Option<&'static str> {
    if notice.kind == Kind::Mentioned && now.opened {
        return Some("opened");
    }
    if notice.kind != Kind::HandedOver {
        return None;
    }
    if now.opened {
        return Some("opened");
    }
    if now.again {
        return Some("again");
    }
    match now.status {
        Status::Open if now.held => Some("answered"),
        Status::Open if now.assignee.is_some() && now.assignee != notice.to => Some("assigned"),
        Status::Open => None,
        Status::Pending => Some("handed_back"),
        Status::Snoozed => Some("snoozed"),
        Status::Resolved | Status::Spam => Some("resolved"),
    }
}
