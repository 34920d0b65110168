//! Whom the notes of a step mention: kept with the member, so that a list finds the conversations.

use super::Winner;
use crate::domain::ids::{ConversationId, MemberId, TenantId};
use crate::domain::notice::cause::mentioned;
use crate::domain::time::Timestamp;
use crate::store::rows::{Columns, Kind, Tx};
use sea_orm::DbErr;
use std::collections::BTreeMap;

const MENTIONED: Columns = &[
    ("tenant_id", Kind::Id),
    ("member_id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("mentioned_seq", Kind::Int),
    ("updated_at", Kind::At),
];

const NEWEST: &str = "ON CONFLICT (tenant_id, member_id, conversation_id) DO UPDATE SET mentioned_seq = excluded.mentioned_seq";

pub(super) async fn apply(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    // One row may be touched once only, however often a step mentions somebody.
    let mut newest: BTreeMap<(TenantId, MemberId, ConversationId), (i64, Timestamp)> = BTreeMap::new();
    for winner in winners {
        let step = winner.step;
        newest.extend(mentioned(&step.writes).map(|(seq, _, member)| ((step.key.tenant, member, step.key.id), (seq, step.at))));
    }
    let mut rows = tx.rows(MENTIONED);
    for ((tenant, member, conversation), (seq, at)) in newest {
        rows.push([tenant.into(), member.0.into(), conversation.0.into(), seq.into(), at.into()]);
    }
    tx.put("conversation_member", &rows, NEWEST).await.map(drop)
}
