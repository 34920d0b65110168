//! What people of a business are told: causes, written in the transaction of what they are about, and the rungs that follow.
//!
//! A cause costs one row, and only where somebody may have to be told; who that is, is found out later, beside everything. This room never
//! decides who is told: [`notice`](crate::domain::notice) does.

mod climb;

pub use climb::NoticeDesk;

use crate::domain::ids::{NoticeId, TenantId};
use crate::domain::notice::Rung;
use crate::domain::notice::cause::Cause;
use crate::domain::time::Timestamp;
use crate::store::rows::{Columns, Kind, Tx};
use sea_orm::DbErr;

const NOTICE: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("kind", Kind::Text),
    ("cause", Kind::Text),
    ("conversation_id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("subject_id", Kind::Id),
    ("to_id", Kind::Id),
    ("by_id", Kind::Id),
    ("rung", Kind::Int),
    ("due_at", Kind::At),
    ("created_at", Kind::At),
];

/// Writes causes inside the transaction of what they are about, due at once. One that is known is there already, and not an error.
///
/// # Errors
/// The database's.
pub(in crate::store) async fn raise(tx: Tx<'_>, causes: &[(TenantId, Cause, Timestamp)]) -> Result<(), DbErr> {
    let mut rows = tx.rows(NOTICE);
    for (tenant, Cause { key, notice }, at) in causes {
        rows.push([
            (*tenant).into(),
            tx.id::<NoticeId>().0.into(),
            notice.kind.as_str().into(),
            key.into(),
            notice.conversation.map(|id| id.0).into(),
            notice.inbox.map(|id| id.0).into(),
            notice.subject.into(),
            notice.to.map(|id| id.0).into(),
            notice.by.map(|id| id.0).into(),
            Rung::First.number().into(),
            (*at).into(),
            (*at).into(),
        ]);
    }
    tx.put("notice", &rows, "ON CONFLICT (tenant_id, cause) DO NOTHING").await.map(drop)
}
