//! What is made, by number: every fact of conversation `n` follows from the plan, so nothing has to be remembered.

use super::words;
use super::{ASSIGNEES, FilledTenant, INBOXES, MESSAGES, Plan, SMALL, SPAN};
use crate::domain::ids::{PARTITIONS, TenantId};
use crate::domain::time::Timestamp;
use std::time::Duration;
use uuid::Uuid;

/// What an id belongs to.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Tenant,
    Inbox,
    Assignee,
    Contact,
    Thread,
    Conversation,
    Message,
}

/// The whole installation.
pub(super) struct Site {
    plan: Plan,
}

/// A conversation with everything around it.
pub(super) struct Talk {
    pub tenant: TenantId,
    pub id: Uuid,
    pub number: i64,
    pub inbox: Uuid,
    /// The contact and its thread, which this conversation begins if it is the first of them.
    pub contact: Uuid,
    pub thread: Uuid,
    pub first: bool,
    pub name: String,
    pub phone: String,
    pub email: Option<String>,
    pub part: i64,
    pub status: &'static str,
    pub speaker: &'static str,
    pub assignee: Option<Uuid>,
    pub priority: Option<&'static str>,
    pub waits: bool,
    pub at: Timestamp,
    pub messages: Vec<Said>,
}

/// A message.
pub(super) struct Said {
    pub id: Uuid,
    pub direction: &'static str,
    pub author: &'static str,
    pub author_id: Option<Uuid>,
    pub text: String,
    pub at: Timestamp,
}

impl Site {
    pub const fn new(plan: Plan) -> Self {
        Self { plan }
    }

    /// Returns the tenants, the large one first.
    pub fn tenants(&self) -> Vec<FilledTenant> {
        let tenant = |of: u32| FilledTenant {
            id: TenantId(self.id(Of::Tenant, u64::from(of), self.begin())),
            inboxes: (0..inboxes(of)).map(|n| self.inbox(of, n).into()).collect(),
            assignees: (0..assignees(of)).map(|n| self.assignee(of, n)).collect(),
            conversations: (0..self.plan.conversations).filter(|n| owner(*n).0 == of).fold(0, |sum, _| sum + 1),
        };
        (0..=SMALL).map(tenant).collect()
    }

    /// Returns when the installation began.
    pub fn begin(&self) -> Timestamp {
        self.plan.until.before(SPAN)
    }

    /// Returns conversation `n` of the installation, in the order of time.
    pub fn talk(&self, n: u32) -> Talk {
        let (of, ordinal) = owner(n);
        let known = first_of(ordinal);
        let at = self.at(n);
        let dice = self.dice(Of::Conversation, u64::from(n));
        let person = self.dice(Of::Contact, key(of, known));
        let since = self.at(number_of(of, known));
        let (status, speaker) = self.standing(n, dice);
        let assignee = (speaker == "human" || (status == "resolved" && dice.is_multiple_of(3)))
            .then(|| self.assignee(of, pick(dice >> 20, assignees(of))));
        Talk {
            tenant: TenantId(self.id(Of::Tenant, u64::from(of), self.begin())),
            id: self.id(Of::Conversation, u64::from(n), at),
            number: i64::from(ordinal) + 1,
            inbox: self.inbox(of, pick(person >> 8, inboxes(of))),
            contact: self.id(Of::Contact, key(of, known), since),
            thread: self.id(Of::Thread, key(of, known), since),
            first: known == ordinal,
            name: words::name(person),
            phone: format!("+{}{:09}", words::prefix(person), 600_000_000 + u64::from(known) * 10 + u64::from(of)),
            email: person.is_multiple_of(3).then(|| words::email(person, known)),
            part: i64::try_from(person % u64::from(PARTITIONS)).unwrap_or_default(),
            status,
            speaker,
            assignee,
            priority: ["low", "medium", "high", "urgent"].get(at_most(dice >> 50, 8)).copied(),
            waits: matches!(status, "open" | "pending") && (dice >> 30).is_multiple_of(5),
            at,
            messages: self.said(n, person, assignee),
        }
    }

    fn said(&self, n: u32, person: u64, assignee: Option<Uuid>) -> Vec<Said> {
        let begun = self.at(n);
        let said = |which: u32| {
            let dice = self.dice(Of::Message, u64::from(n) * u64::from(MESSAGES) + u64::from(which));
            let at = begun.after(Duration::from_secs(u64::from(which) * (20 + dice % 100)));
            let (direction, author) = match (which, assignee) {
                (1, Some(_)) => ("out", "agent"),
                (1, None) => ("out", "assistant"),
                (2, Some(_)) if dice.is_multiple_of(20) => ("note", "agent"),
                _ => ("in", "contact"),
            };
            Said {
                id: self.id(Of::Message, u64::from(n) * u64::from(MESSAGES) + u64::from(which), at),
                direction,
                author,
                author_id: assignee.filter(|_| author == "agent"),
                text: words::text(person, dice, direction),
                at,
            }
        };
        (0..MESSAGES).map(said).collect()
    }

    /// Most old conversations are resolved; of the newest twentieth most are not.
    fn standing(&self, n: u32, dice: u64) -> (&'static str, &'static str) {
        let new = u64::from(n) * 20 >= u64::from(self.plan.conversations) * 19;
        let held = if dice.is_multiple_of(4) { "nobody" } else { "human" };
        match (new, (dice >> 8) % 100) {
            (true, 0..=19) => ("pending", "assistant"),
            (true, 20..=54) | (false, 0..=1) => ("open", held),
            (true, 55..=64) | (false, 2) => ("snoozed", held),
            (_, 97..) => ("spam", "nobody"),
            _ => ("resolved", "nobody"),
        }
    }

    fn inbox(&self, of: u32, n: u32) -> Uuid {
        self.id(Of::Inbox, key(of, n), self.begin())
    }

    fn assignee(&self, of: u32, n: u32) -> Uuid {
        self.id(Of::Assignee, key(of, n), self.begin())
    }

    fn at(&self, n: u32) -> Timestamp {
        let share = SPAN.as_micros() * u128::from(n) / u128::from(self.plan.conversations.max(1));
        self.begin().after(Duration::from_micros(u64::try_from(share).unwrap_or_default()))
    }

    /// Returns an id as it would have been made at that time.
    fn id(&self, of: Of, n: u64, at: Timestamp) -> Uuid {
        let millis = u64::try_from(at.micros() / 1_000).unwrap_or_default();
        let (high, low) = (self.dice(of, n), mix(self.dice(of, n)));
        let head = (u128::from(millis) << 80) | (7 << 76) | (u128::from(high & 0xfff) << 64);
        Uuid::from_u128(head | (0b10 << 62) | u128::from(low >> 2))
    }

    fn dice(&self, of: Of, n: u64) -> u64 {
        mix(mix(self.plan.seed ^ ((of as u64) << 56)) ^ n)
    }
}

/// Returns whose conversation `n` is, and which of theirs: one in ten is a small tenant's.
const fn owner(n: u32) -> (u32, u32) {
    if n % 10 == 9 { (1 + (n / 10) % SMALL, n / 10 / SMALL) } else { (0, n / 10 * 9 + n % 10) }
}

/// Returns the number of conversation `ordinal` of a tenant: the reverse of [`owner`].
const fn number_of(of: u32, ordinal: u32) -> u32 {
    if of == 0 { ordinal / 9 * 10 + ordinal % 9 } else { (ordinal * SMALL + of - 1) * 10 + 9 }
}

/// Returns the conversation with which the contact of conversation `ordinal` came: one in three is somebody who comes back.
const fn first_of(ordinal: u32) -> u32 {
    let mut known = ordinal;
    while known > 0 && known.is_multiple_of(3) {
        known /= 2;
    }
    known
}

const fn inboxes(of: u32) -> u32 {
    if of == 0 { INBOXES } else { 2 }
}

const fn assignees(of: u32) -> u32 {
    if of == 0 { ASSIGNEES } else { 2 }
}

fn key(of: u32, n: u32) -> u64 {
    (u64::from(of) << 32) | u64::from(n)
}

fn pick(dice: u64, count: u32) -> u32 {
    u32::try_from(dice % u64::from(count.max(1))).unwrap_or_default()
}

/// Draws a place of a list.
pub(super) fn at_most(dice: u64, count: usize) -> usize {
    usize::try_from(dice % u64::try_from(count.max(1)).unwrap_or(1)).unwrap_or_default()
}

/// Splitmix64's finaliser: neighbours in, unrelated numbers out.
pub(super) const fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_found_by_its_owner_and_their_ordinal() {
        for n in 0..10_000 {
            let (of, ordinal) = owner(n);
            assert_eq!(number_of(of, ordinal), n);
        }
    }

    #[test]
    fn the_same_plan_makes_the_same_conversation_and_another_seed_another() {
        let plan = Plan { conversations: 1_000, seed: 7, until: Timestamp::from_secs(1_760_000_000) };
        let (one, two) = (Site::new(plan).talk(500), Site::new(plan).talk(500));
        assert_eq!((one.id, &one.name, &one.messages[0].text), (two.id, &two.name, &two.messages[0].text));
        assert_ne!(Site::new(Plan { seed: 8, ..plan }).talk(500).id, one.id);
        assert_eq!(one.id.get_version_num(), 7);
    }

    #[test]
    fn contacts_come_with_their_first_conversation() {
        let site = Site::new(Plan { conversations: 1_000, seed: 7, until: Timestamp::from_secs(1_760_000_000) });
        let mut known = std::collections::BTreeSet::new();
        for talk in (0..1_000).map(|n| site.talk(n)) {
            assert_eq!(known.insert(talk.contact), talk.first);
        }
        assert!(known.len() < 800, "some come back: {}", known.len());
    }
}
