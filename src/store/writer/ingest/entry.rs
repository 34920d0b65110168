//! One item on its way in, with its cleaned keys and what has become of it so far.

use crate::domain::delivery::{Address, Item};
use crate::domain::ids::{ConversationKey, InboundId, InboxId, TenantId, ThreadId};
use crate::domain::time::Timestamp;
use crate::ports::faults::broken;
use crate::ports::store::Ingest;
use crate::store::rows::Tx;
use crate::store::spelling::key;
use uuid::Uuid;

/// An outside address within an inbox.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Alias {
    pub tenant: TenantId,
    pub inbox: InboxId,
    pub kind: &'static str,
    pub value: String,
}

/// What has become of an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// Nothing yet.
    Open,
    /// Belongs to this conversation; not written yet.
    Placed(ConversationKey),
    /// Its row went in.
    Stored(ConversationKey),
    /// Was there before.
    Repeat,
    /// Belongs nowhere, for this reason.
    Unrouted(&'static str),
}

/// An item on its way in.
pub(super) struct Entry<'a> {
    /// The place of its operation.
    pub op: usize,
    pub ingest: &'a Ingest,
    pub item: &'a Item,
    /// The order within its delivery.
    pub index: i64,
    pub row: InboundId,
    pub external_id: String,
    /// Spellings that are stored.
    pub aliases: Vec<Alias>,
    /// Spellings that are only looked up.
    pub lookup: Vec<Alias>,
    pub thread: Option<ThreadId>,
    pub fate: Fate,
}

impl Entry<'_> {
    /// Returns the time that orders it.
    pub fn occurred_at(&self) -> Timestamp {
        self.item.occurred_at.map_or(self.ingest.received_at, |at| at.min(self.ingest.received_at))
    }
}

/// Prepares every item of the operations, in order.
pub(super) fn all<'a>(tx: Tx<'_>, ingests: &[&'a Ingest]) -> Vec<Entry<'a>> {
    let mut entries = Vec::with_capacity(ingests.iter().map(|ingest| ingest.items.len()).sum());
    for (op, ingest) in ingests.iter().enumerate() {
        for (index, item) in (ingest.first_index..).zip(&ingest.items) {
            let spell = |address: &Address| Alias {
                tenant: ingest.tenant,
                inbox: ingest.inbox,
                kind: address.kind.as_str(),
                value: key(&address.value),
            };
            let mut external_id = key(&item.external_id);
            if broken("dedup") {
                external_id = format!("{external_id}#{}", tx.id::<Uuid>());
            }
            entries.push(Entry {
                op,
                ingest,
                item,
                index,
                row: tx.id(),
                external_id,
                aliases: item.peer.thread.iter().map(spell).collect(),
                lookup: item.peer.lookup.iter().map(spell).collect(),
                thread: None,
                fate: if item.peer.thread.is_empty() { Fate::Unrouted("no_address") } else { Fate::Open },
            });
        }
    }
    entries
}
