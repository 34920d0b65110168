//! The kept counts of conversations, moved by the transaction that moves the conversation.
//!
//! Not by triggers: a step that changes neither status nor assignee must cost nothing, a batch moves each count once, and two nodes must not
//! wait for each other crosswise. So the differences of a whole batch are summed here and written by one statement, in the order of their
//! keys, under the locks of the tenants' feeds, which every such transaction takes in one order and as its last.

use crate::domain::conversation::State;
use crate::domain::conversation::standing::Status;
use crate::domain::ids::{AgentId, InboxId, TenantId};
use crate::store::rows::{Columns, Kind, Tx};
use sea_orm::DbErr;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Who stands for nobody: a key cannot be null.
pub(crate) const NOBODY: Uuid = Uuid::nil();

/// As what a conversation is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) struct Counted {
    pub tenant: TenantId,
    pub inbox: InboxId,
    pub status: Status,
    pub assignee: Option<AgentId>,
}

impl Counted {
    /// As what the same conversation is counted in a later state.
    pub const fn after(self, state: &State) -> Self {
        Self { status: state.standing.status(), assignee: state.assignee, ..self }
    }
}

/// What must be added to the counts.
#[derive(Default)]
pub(super) struct Differences(BTreeMap<Counted, i64>);

const COUNTS: Columns =
    &[("tenant_id", Kind::Id), ("inbox_id", Kind::Id), ("status", Kind::Text), ("assignee_id", Kind::Id), ("count", Kind::Int)];

impl Differences {
    pub fn add(&mut self, counted: Counted, by: i64) {
        *self.0.entry(counted).or_default() += by;
    }

    fn real(&self) -> impl Iterator<Item = (&Counted, i64)> {
        self.0.iter().map(|(counted, by)| (counted, *by)).filter(|(_, by)| *by != 0)
    }

    /// Lists the tenants whose feeds must be locked.
    pub fn tenants(&self) -> impl Iterator<Item = TenantId> + '_ {
        self.real().map(|(counted, _)| counted.tenant)
    }

    /// Writes them. The feeds of their tenants must be locked.
    pub async fn write(&self, tx: Tx<'_>) -> Result<(), DbErr> {
        let mut rows = tx.rows(COUNTS);
        for (counted, by) in self.real() {
            let assignee = counted.assignee.map_or(NOBODY, |agent| agent.0);
            rows.push([counted.tenant.into(), counted.inbox.into(), counted.status.as_str().into(), assignee.into(), by.into()]);
        }
        let suffix =
            "ON CONFLICT (tenant_id, inbox_id, status, assignee_id) DO UPDATE SET count = conversation_count.count + excluded.count";
        tx.put("conversation_count", &rows, suffix).await.map(drop)
    }
}
