//! Webhooks to a business's own systems: which events an endpoint gets, what becomes of a delivery after each try, when an endpoint is
//! given up. Pure: who calls, and when, is the engine's.
//!
//! ```text
//! event ─▶ pending ─▶ delivered            2xx
//!             │  ▲
//!             ├──┘  again, up to ten times  anything else; the waits grow
//!             ├─▶ failed                    the tenth try
//!             ├─▶ expired                   too old: nobody waits for it
//!             └─▶ dropped                   what it tells of is gone
//! ```
//!
//! An event may arrive twice, under one name; never not at all, but for what expires, which is counted.

pub mod body;
pub mod kind;
pub mod tries;

pub use body::Happened;
pub use kind::{KINDS, Kinds, TEST, UnknownKind};
pub use tries::{Answer, Attempt, Next, Streak, TRIES, Verdict};

use crate::domain::ids::{InboxId, TenantId, WebhookDeliveryId, WebhookId};
use crate::domain::membership::Visibility;
use std::time::Duration;

/// Most endpoints of a business.
pub const MOST: usize = 20;
/// Most deliveries of an endpoint that wait at once; further events wait on the timeline.
pub const MOST_OPEN: i64 = 2_000;
/// How long an event is of use: what is older is passed over and counted.
pub const KEPT: Duration = Duration::from_hours(7 * 24);
/// How long both secrets sign after a change.
pub const BOTH_SECRETS: Duration = Duration::from_hours(24);
/// Most calls of one endpoint that are under way at once.
pub const PARALLEL: i64 = 2;

/// What an endpoint wants to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wishes {
    /// Which kinds.
    pub kinds: Kinds,
    /// Of which inboxes.
    pub inboxes: Visibility,
    /// Private notes too.
    pub notes: bool,
}

/// An event, as far as somebody may want it or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sketch<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// The inbox of its conversation.
    pub inbox: InboxId,
    /// It shows a private note.
    pub note: bool,
}

impl Wishes {
    /// Tells whether an event is delivered.
    #[must_use]
    pub fn want(&self, event: Sketch<'_>) -> bool {
        self.kinds.hold(event.kind) && self.inboxes.sees_inbox(event.inbox) && (self.notes || !event.note)
    }
}

/// Names what a delivery is unique by: equal for equal things, whoever derives it, and whatever happened meanwhile.
#[must_use]
pub fn name_of_event(tenant: TenantId, endpoint: WebhookId, number: i64) -> String {
    format!("webhook/{tenant}/{endpoint}/{number}")
}

/// As [`name_of_event`], for a sample, which has no number.
#[must_use]
pub fn name_of_test(tenant: TenantId, endpoint: WebhookId, delivery: WebhookDeliveryId) -> String {
    format!("webhook/{tenant}/{endpoint}/test/{delivery}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn inbox(number: u128) -> InboxId {
        InboxId(Uuid::from_u128(number))
    }

    #[test]
    fn an_endpoint_gets_the_kinds_and_inboxes_that_it_asked_for_and_no_other() {
        let kinds = Kinds::parse(&["message.created", "turn.ended"]).unwrap();
        let wishes = Wishes { kinds, inboxes: Visibility::of([inbox(1)]), notes: false };
        let event = |kind, number, note| Sketch { kind, inbox: inbox(number), note };
        assert!(wishes.want(event("message.created", 1, false)));
        assert!(!wishes.want(event("message.created", 2, false)), "another inbox");
        assert!(!wishes.want(event("message.status", 1, false)), "another kind");
        assert!(!wishes.want(event("message.created", 1, true)), "a private note");
        let all = Wishes { kinds: Kinds::parse(&["*"]).unwrap(), inboxes: Visibility::everything(), notes: true };
        assert!(all.want(event("message.created", 2, true)) && all.want(event("of.tomorrow", 2, false)));
    }

    #[test]
    fn a_name_is_the_same_for_the_same_event_and_differs_for_any_other() {
        let (a, b) = (TenantId(Uuid::from_u128(1)), TenantId(Uuid::from_u128(2)));
        let (x, y) = (WebhookId(Uuid::from_u128(3)), WebhookId(Uuid::from_u128(4)));
        let names = [name_of_event(a, x, 1), name_of_event(a, x, 2), name_of_event(a, y, 1), name_of_event(b, x, 1)];
        let unique: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!((unique.len(), &names[0]), (4, &name_of_event(a, x, 1)));
        assert!(!names.contains(&name_of_test(a, x, WebhookDeliveryId(Uuid::from_u128(1)))));
    }
}
