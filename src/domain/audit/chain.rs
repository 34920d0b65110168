//! The chain: what a hash covers, and what a break of it tells. Pure.
//!
//! The encoding is canonical: every field with its length before it, so that no two events share an encoding. Changing it breaks every
//! stored chain; a new encoding needs a new [`DOMAIN`] and both must then be tried.

use super::Event;
use crate::domain::ids::TenantId;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What keeps these hashes apart from any other use of the same function.
const DOMAIN: &str = "recado audit 1";

/// An event in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The event.
    pub event: Event,
    /// The hash of the event before; empty for the first.
    pub prev_hash: String,
    /// The hash of this one.
    pub hash: String,
}

impl Link {
    /// Puts an event behind the one whose hash is `prev_hash`.
    #[must_use]
    pub fn forge(event: Event, prev_hash: &str) -> Self {
        let hash = hash(&event, prev_hash);
        Self { event, prev_hash: prev_hash.to_owned(), hash }
    }
}

/// Where a chain begins or ends: a number and the hash that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Anchor {
    /// The number; 0: before the first event.
    pub number: i64,
    /// The hash; empty before the first event.
    pub hash: String,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A number is missing, doubled or out of its order.
    Number,
    /// It does not follow on the hash of the one before: one of them was changed, or something between them is gone.
    Link,
    /// Its fields are not those that were hashed.
    Content,
    /// It belongs to another business.
    Tenant,
    /// The last events are gone, or there are some that were never counted.
    End,
}

impl Fault {
    /// Returns a word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Link => "link",
            Self::Content => "content",
            Self::Tenant => "tenant",
            Self::End => "end",
        }
    }
}

/// Where a chain is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The number at which it was noticed.
    pub number: i64,
    /// How.
    pub fault: Fault,
}

/// Follows a stretch of a business's chain from `from`, oldest first, and returns where it ends. Stretches are joined by handing that in
/// again; whoever has read the last one compares its end with the counted one ([`Anchor`]).
///
/// # Errors
/// [`Broken`] at the first event that does not fit.
pub fn verify(tenant: TenantId, from: Anchor, links: &[Link]) -> Result<Anchor, Broken> {
    links.iter().try_fold(from, |before, link| follow(tenant, &before, link))
}

fn follow(tenant: TenantId, before: &Anchor, link: &Link) -> Result<Anchor, Broken> {
    let number = link.event.number;
    let broken = |fault| Err(Broken { number, fault });
    if link.event.tenant != tenant {
        return broken(Fault::Tenant);
    }
    if number != before.number.saturating_add(1) {
        return broken(Fault::Number);
    }
    if link.prev_hash != before.hash {
        return broken(Fault::Link);
    }
    if link.hash != hash(&link.event, &link.prev_hash) {
        return broken(Fault::Content);
    }
    Ok(Anchor { number, hash: link.hash.clone() })
}

/// Returns SHA-256 over the event and the hash before it, in hex.
fn hash(event: &Event, prev_hash: &str) -> String {
    let Event { tenant, number, at, actor_kind, actor_id, action, target_kind, target_id, ip, user_agent, details } = event;
    let mut all = Sha256::new();
    put(&mut all, Some(DOMAIN.as_bytes()));
    put(&mut all, Some(prev_hash.as_bytes()));
    put(&mut all, Some(tenant.0.as_bytes()));
    put(&mut all, Some(&number.to_be_bytes()));
    put(&mut all, Some(&at.micros().to_be_bytes()));
    put(&mut all, Some(actor_kind.as_bytes()));
    put(&mut all, actor_id.as_ref().map(String::as_bytes));
    for text in [action, target_kind, target_id] {
        put(&mut all, Some(text.as_bytes()));
    }
    put(&mut all, ip.as_ref().map(String::as_bytes));
    put(&mut all, user_agent.as_ref().map(String::as_bytes));
    put(&mut all, Some(details.as_bytes()));
    all.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Adds a field: one byte for whether there is one, eight for its length, then itself.
fn put(all: &mut Sha256, field: Option<&[u8]>) {
    let Some(bytes) = field else { return all.update([0]) };
    all.update([1]);
    all.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
    all.update(bytes);
}
